"""What is wrong with the addresses among the settings, as sentences; an address is not repeated, it may hold a password."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

POSTGRESQL = ("postgresql", "postgres")
VALKEY = ("redis", "rediss", "valkey", "valkeys", "unix")
MAIL = ("smtp", "smtps")
WEB = ("https", "http")
SCHEMES = {
    "database_url": POSTGRESQL, "database_direct_url": POSTGRESQL, "database_owner_url": POSTGRESQL,
    "database_reader_url": POSTGRESQL, "read_replica_urls": POSTGRESQL, "session_url": VALKEY, "cache_url": VALKEY,
    "mail_url": MAIL, "public_url": WEB, "google_issuer": WEB, "cloudflare_api_url": WEB, "sms_api_url": WEB,
    "whatsapp_api_url": WEB, "render_api_url": WEB, "kubernetes_api_url": WEB, "alert_webhook_url": WEB, "alert_heartbeat_url": WEB,
    "otel_exporter_otlp_endpoint": WEB,
}  # fmt: skip
EXAMPLES = {
    POSTGRESQL: "postgresql://role:password@host:5432/name",
    VALKEY: "redis://:password@host:6379/0",
    MAIL: "smtp://user:key@host:587",
}
MOST_PORT = 65_535
HOST = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9])?", re.IGNORECASE)
KEY_BYTES = 32
NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
FLY_REGION = re.compile(r"[a-z]{3}")
NO_FLY_REGION = (
    "REGION_URLS holds something that is no region of Fly's, which REGION_ROUTING=fly-replay sends to: three lower-case letters each, "
    "such as africa=jnb,europe=fra."
)


def address_faults(values: Mapping[str, object]) -> list[str]:
    """A sentence for each setting whose address, port, network or key cannot be one."""
    wrong = []
    for name, schemes in SCHEMES.items():
        given = values.get(name)
        for address in given.values() if isinstance(given, dict) else (given,):
            fault = url_fault(str(address or ""), schemes) if address else ""
            if fault:
                wrong.append(f"{name.upper()} {fault}")
    port = str(values.get("port", "8000"))
    if port.isascii() and port.isdigit() and not is_port(port):
        wrong.append(f"PORT is a number from 1 to {MOST_PORT}.")
    public = parsed(str(values.get("public_url") or ""))
    if public is not None and public.hostname and (public.path or public.query or public.fragment or public.username):
        wrong.append("PUBLIC_URL has more than a host in it: write https:// and the host, with no path and no slash after it.")
    return wrong + region_url_faults(values) + list(other_faults(values)) + list(alert_faults(values))


def url_fault(address: str, schemes: tuple[str, ...]) -> str:
    """What is wrong with one address, to be written after the setting's name; empty when nothing is."""
    if not address.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        return f"is no address of such a server: it starts with {schemes[0]}://."
    places = places_of(address) if schemes is POSTGRESQL else [address]
    example = EXAMPLES.get(schemes, "https://host")
    if any(parsed(place) is None for place in places):
        return f"cannot be read as an address: write {example}; in a password / is %2F, @ is %40, # is %23, ? is %3F and : is %3A."
    if schemes is POSTGRESQL:
        if len(places) > 1 and "target_session_attrs=primary" not in address:
            return "names several servers: add ?target_session_attrs=primary, so that a standby is never taken for it."
        return ""
    if not HOST.fullmatch(host_of(address)) and not address.startswith("unix://") and ":" not in host_of(address):
        return f"names no host: write {example}."
    return ""


def parsed(address: str) -> SplitResult | None:
    """The address in its parts; None when host or port cannot be read."""
    try:
        parts = urlsplit(address)
        _ = parts.port, parts.hostname
    except ValueError:
        return None
    return parts


def places_of(address: str) -> list[str]:
    """One address for each server that a PostgreSQL address names."""
    scheme, _, rest = address.partition("://")
    end = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    identity, at, hosts = rest[:end].rpartition("@")
    return [f"{scheme}://{identity}{at}{host}{rest[end:]}" for host in hosts.split(",")]


def host_of(address: str) -> str:
    """The host's name or number; empty when there is none."""
    parts = parsed(address)
    return (parts.hostname or "") if parts else ""


def region_url_faults(values: Mapping[str, object]) -> list[str]:
    """Regions are sent to by address, except where Fly is told their code."""
    urls = values.get("region_urls")
    if not isinstance(urls, dict):
        return []
    if values.get("region_routing") == "fly-replay":
        return [] if all(FLY_REGION.fullmatch(str(code)) for code in urls.values()) else [NO_FLY_REGION]
    if values.get("region_routing") != "redirect":
        return []
    return [f"REGION_URLS {fault}" for fault in (url_fault(str(url), WEB) for url in urls.values()) if fault]


def other_faults(values: Mapping[str, object]) -> Iterator[str]:
    """Networks, addresses of mail, push services and the key that signs for them."""
    edges = values.get("edge_addresses") or ()
    if isinstance(edges, tuple) and not all(is_network(str(edge)) for edge in edges):
        yield "EDGE_ADDRESSES holds something that is no address or network: write 10.0.0.0/8,192.0.2.7."
    for name in ("mail_from", "mail_bounces"):
        if (given := str(values.get(name) or "")) and not is_mail(given):
            yield f"{name.upper()} is no e-mail address: write name@host."
    subject = str(values.get("vapid_subject") or "")
    if subject and not (subject.startswith("mailto:") and is_mail(subject.removeprefix("mailto:"))) and url_fault(subject, ("https",)):
        yield "VAPID_SUBJECT tells push services whom to write to: mailto:ops@host, or an https:// page."
    if (key := str(values.get("vapid_private_key") or "")) and not is_key(key):
        yield f"VAPID_PRIVATE_KEY is not {KEY_BYTES} bytes in base64url. A wrong one would lose every browser's consent."
    hosts = [host.strip() for host in str(values.get("push_hosts") or "").split(",") if host.strip()]
    if not all(HOST.fullmatch(host) and "." in host for host in hosts):
        yield "PUSH_HOSTS holds something that is no host: write names with commas, such as fcm.googleapis.com."


def alert_faults(values: Mapping[str, object]) -> Iterator[str]:
    """Whom an alert would not reach: addresses that are none, and a webhook that anybody between us could read."""
    mail = [part.strip() for part in str(values.get("alert_mail") or "").split(",") if part.strip()]
    if not all(part == "operators" or (part == "none" and len(mail) == 1) or is_mail(part) for part in mail):
        yield "ALERT_MAIL names who is told when something is wrong: operators, addresses with commas, or none."
    if not all(NUMBER.fullmatch(part.strip()) for part in str(values.get("alert_sms") or "").split(",") if part.strip()):
        yield "ALERT_SMS holds something that is no number: write +2348030000000, several with commas."
    for name in ("alert_webhook_url", "alert_heartbeat_url"):
        url = str(values.get(name) or "")
        if url.startswith("http://") and not is_loopback(host_of(url)):
            yield f"{name.upper()} must be an https:// address, unless it is on this machine."


def is_loopback(host: str) -> bool:
    """Whether this is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_port(text: str) -> bool:
    """Whether this is the number of a port."""
    return text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_PORT


def is_network(text: str) -> bool:
    """Whether this is an address or a network of addresses."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def is_mail(text: str) -> bool:
    """Whether mail could be sent from or to it: `name@host`, with or without words before it."""
    name, at, host = parseaddr(text)[1].rpartition("@")
    return bool(name and at and HOST.fullmatch(host))


def is_key(text: str) -> bool:
    """Whether this is a private key of web push."""
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return False
    return len(raw) == KEY_BYTES and any(raw)
