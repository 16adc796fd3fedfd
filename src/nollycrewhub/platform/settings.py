"""One typed object for everything that differs between a laptop, a small cloud and the industry.

Read from the environment once, at start. Production refuses what is missing, short or a placeholder.
"""

import os
import re
import secrets as randomness
import socket
from collections.abc import Mapping
from typing import Literal, get_args, get_type_hints

import msgspec

from nollycrewhub.platform.addresses import MOST_PORT, address_faults, is_port, parsed
from nollycrewhub.platform.wording import sentence_of

PLACEHOLDER = re.compile(
    r"change.?me|dummy|example|placeholder|secret.?key|password|your.?(?:secret|key|token)|^insert|^replace|^(.{1,16}?)\1+.{0,15}$",
    re.IGNORECASE,
)
SECRET_LENGTH = 32
LEAST_DIFFERENT = 12  # characters; 32 random ones of hexadecimal's sixteen have fewer once in a thousand times
TOKEN_LENGTH = 16
OPTIONAL = (
    "host",
    "port",
    "public_url",
    "mail_url",
    "mail_from",
    "google_client_id",
    "google_client_secret",
    "google_issuer",
    "metrics_token", "metrics_port",
    "hash_workers",
    "media_folder",
    "write_pool",
    "write_overflow",
    "read_pool_least",
    "read_pool_most",
    "pool_wait",
    "primary_share",
    "prepared_statements",
    "pooler_connections",
    "web_processes",
    "worker_processes",
    "replica_lag_bytes",
    "replica_lag_seconds",
    "region",
    "region_routing",
    "most_in_flight",
    "drain_wait",
    "shared_caches",
    "cache_memory",
    "cloudflare_api_url",
    "cloudflare_zone",
    "cloudflare_token",
    "body_limit",
    "upload_limit",
    "mail_bounces", "mail_webhook_secret",
    "sms_api_url", "sms_api_key", "sms_sender", "sms_webhook_secret", "sms_part_kobo",
    "whatsapp_api_url", "whatsapp_phone_id", "whatsapp_token", "whatsapp_template", "whatsapp_template_kobo",
    "whatsapp_verify_token", "whatsapp_app_secret",
    "vapid_private_key", "vapid_subject", "push_hosts",
    "spend_person_naira", "spend_fleet_naira", "spend_codes_naira",
    "alert_mail", "alert_sms", "alert_webhook_url", "alert_webhook_secret", "alert_quiet_minutes", "alertmanager_token",
    "alert_heartbeat_url",
    "otel_exporter_otlp_endpoint", "otel_exporter_otlp_headers", "otel_service_name", "otel_traces_sampler_arg",
    "scaling_actuator", "scaling_most_web", "scaling_most_workers",
    "render_api_url", "render_api_key", "render_web_service", "render_worker_service",
    "kubernetes_api_url", "kubernetes_token", "kubernetes_token_file", "kubernetes_ca_file", "kubernetes_namespace",
    "kubernetes_web", "kubernetes_workers", "kubernetes_handed_over",
    "fleet_socket",
)  # fmt: skip
# What each number may be. The most is where a slip of the hand begins, not where the program ends.
BOUNDS = {
    "port": (1, MOST_PORT), "metrics_port": (0, MOST_PORT), "hash_workers": (1, 256), "write_pool": (0, 1_000), "write_overflow": (0, 1_000),
    "read_pool_least": (1, 1_000), "read_pool_most": (1, 1_000), "pool_wait": (0, 60), "primary_share": (0, 1),
    "pooler_connections": (0, 100_000), "web_processes": (1, 10_000), "worker_processes": (0, 10_000),
    "replica_lag_bytes": (0, 10**12), "replica_lag_seconds": (0, 86_400), "most_in_flight": (1, 100_000), "drain_wait": (0, 600),
    "cache_memory": (1, 10**11), "body_limit": (1, 10**9), "upload_limit": (1, 10**9), "sms_part_kobo": (0, 10**6),
    "whatsapp_template_kobo": (0, 10**6), "spend_person_naira": (0, 10**9), "spend_fleet_naira": (0, 10**9), "spend_codes_naira": (0, 10**9),
    "scaling_most_web": (1, 10_000), "scaling_most_workers": (1, 10_000), "alert_quiet_minutes": (0, 10_080),
    "otel_traces_sampler_arg": (0, 1),
}  # fmt: skip


class SettingsError(Exception):
    """The environment cannot start the program; `sentences` says all that is wrong, not just the first."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting. docs/SETTINGS.md describes each field, and a test holds the two together."""

    shape: Literal["laptop", "test", "production"] = "laptop"
    database_url: str
    database_direct_url: str
    database_owner_url: str
    database_reader_url: str
    read_replica_urls: dict[str, str] = {}
    session_url: str
    cache_url: str
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    secret: str
    mail_url: str = ""
    mail_from: str = "NollyCrewHub <no-reply@nollycrewhub.example>"
    google_client_id: str = ""
    google_client_secret: str = ""
    google_issuer: str = "https://accounts.google.com"
    edge_addresses: tuple[str, ...] = ()
    metrics_token: str = ""
    metrics_port: int = 0
    instance_id: str = "local"
    hash_workers: int = 1
    media_folder: str = "media"
    write_pool: int = 5
    write_overflow: int = 5
    read_pool_least: int = 5
    read_pool_most: int = 20
    pool_wait: float = 0.2
    primary_share: float = 0.5
    prepared_statements: bool = True
    pooler_connections: int = 0
    web_processes: int = 2
    worker_processes: int = 1
    replica_lag_bytes: int = 8_000_000
    replica_lag_seconds: float = 30.0
    region: Literal["", "africa", "europe", "north-america"] = ""
    region_urls: dict[str, str] = {}
    region_routing: Literal["off", "fly-replay", "redirect"] = "off"
    most_in_flight: int = 100
    drain_wait: float = 3.0
    shared_caches: bool = True
    cache_memory: int = 32_000_000
    cloudflare_api_url: str = "https://api.cloudflare.com/client/v4"
    cloudflare_zone: str = ""
    cloudflare_token: str = ""
    body_limit: int = 1_000_000
    upload_limit: int = 6_000_000
    mail_bounces: str = ""
    mail_webhook_secret: str = ""
    sms_api_url: str = "https://api.ng.termii.com"
    sms_api_key: str = ""
    sms_sender: str = "NollyCrew"
    sms_webhook_secret: str = ""
    sms_part_kobo: int = 500
    whatsapp_api_url: str = "https://graph.facebook.com/v21.0"
    whatsapp_phone_id: str = ""
    whatsapp_token: str = ""
    whatsapp_template: str = "notice"
    whatsapp_template_kobo: int = 1_000
    whatsapp_verify_token: str = ""
    whatsapp_app_secret: str = ""
    vapid_private_key: str = ""
    vapid_subject: str = ""
    push_hosts: str = "fcm.googleapis.com,updates.push.services.mozilla.com,web.push.apple.com,*.notify.windows.com"
    spend_person_naira: int = 100
    spend_fleet_naira: int = 50_000
    spend_codes_naira: int = 20_000
    alert_mail: str = "operators"
    alert_sms: str = ""
    alert_webhook_url: str = ""
    alert_webhook_secret: str = ""
    alert_quiet_minutes: int = 60
    alert_heartbeat_url: str = ""
    alertmanager_token: str = ""
    otel_exporter_otlp_endpoint: str = ""
    otel_exporter_otlp_headers: str = ""
    otel_service_name: str = "nollycrewhub"
    otel_traces_sampler_arg: float = 0.1
    scaling_actuator: Literal["", "local", "render", "kubernetes"] = ""
    scaling_most_web: int = 10
    scaling_most_workers: int = 10
    render_api_url: str = "https://api.render.com/v1"
    render_api_key: str = ""
    render_web_service: str = ""
    render_worker_service: str = ""
    kubernetes_api_url: str = ""
    kubernetes_token: str = ""
    kubernetes_token_file: str = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a place, not a token
    kubernetes_ca_file: str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
    kubernetes_namespace: str = ""
    kubernetes_web: str = "web"
    kubernetes_workers: str = "worker"
    kubernetes_handed_over: str = ""
    fleet_socket: str = ""

    @property
    def is_production(self) -> bool:
        """Whether simulators, sample accounts and /dev pages must not exist."""
        return self.shape == "production"

    @property
    def is_secure(self) -> bool:
        """Whether people reach us over TLS, so cookies can be `__Host-`."""
        return self.public_url.startswith("https://")


REGION_NAMES = ("africa", "europe", "north-america")


def replicas(text: str) -> dict[str, str]:
    """`africa=postgresql://…,africa=…,europe=…` as a table; a bare address is a replica of africa.

    The second of one region is named `africa-2`, and so on.
    """
    found: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, address = part.partition("=")
        if not equals or "://" in name:
            name, address = "africa", part
        name = name.strip()
        nth = 1 + sum(known.removeprefix(name).lstrip("-").isdigit() or known == name for known in found if known.startswith(name))
        found[name if nth == 1 else f"{name}-{nth}"] = address.strip()
    return found


def region_faults(values: Mapping[str, object]) -> list[str]:
    """What is wrong with names of regions, and with sending requests home."""
    wrong = []
    for setting in ("read_replica_urls", "region_urls"):
        table = values.get(setting) or {}
        for name in table if isinstance(table, dict) else ():
            plain = name.rpartition("-")[0] if name.rpartition("-")[2].isdigit() else name
            if plain not in REGION_NAMES:
                wrong.append(f"{setting.upper()} names the region {plain!r}; the regions are {', '.join(REGION_NAMES)}.")
    if values.get("region_routing", "off") != "off" and not (values.get("region") and values.get("region_urls")):
        wrong.append("REGION_ROUTING needs REGION (where this process runs) and REGION_URLS (where the others are).")
    return wrong


ACTUATORS = {
    "render": ("render_api_key", "render_web_service", "render_worker_service"),
    "kubernetes": ("kubernetes_api_url",),
}
"""What each actuator cannot do without."""
SERVICE = re.compile(r"srv-[0-9a-z]{4,64}")
LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
HANDED_OVER = ("web", "worker")


def in_cluster(env: Mapping[str, str]) -> str:
    """The API of the cluster that a pod runs in."""
    host = env["KUBERNETES_SERVICE_HOST"]
    return f"https://{f'[{host}]' if ':' in host else host}:{env.get('KUBERNETES_SERVICE_PORT') or '443'}"


def scaling_faults(values: Mapping[str, object]) -> list[str]:
    """What is wrong with how the fleet is scaled: an actuator without what belongs to it, or a name that cannot be one."""
    actuator = str(values.get("scaling_actuator") or "")
    missing = [name.upper() for name in ACTUATORS.get(actuator, ()) if not values.get(name)]
    wrong = (
        [f"SCALING_ACTUATOR is {actuator}, and {' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not set."] if missing else []
    )
    for name in ("render_web_service", "render_worker_service"):
        if (given := str(values.get(name) or "")) and not SERVICE.fullmatch(given):
            wrong.append(f"{name.upper()} is no id of a Render service: it starts with srv-, and stands in the service's address.")
    if values.get("render_web_service") and values.get("render_web_service") == values.get("render_worker_service"):
        wrong.append("RENDER_WEB_SERVICE and RENDER_WORKER_SERVICE are the same service. Workers are a service of their own.")
    for name in ("kubernetes_namespace", "kubernetes_web", "kubernetes_workers"):
        if (given := str(values.get(name) or "")) and not LABEL.fullmatch(given):
            wrong.append(f"{name.upper()} is no name that Kubernetes takes: small letters, digits and hyphens, 63 at most.")
    handed = [part.strip() for part in str(values.get("kubernetes_handed_over") or "").split(",") if part.strip()]
    if not set(handed) <= set(HANDED_OVER):
        wrong.append("KUBERNETES_HANDED_OVER names what KEDA or an HPA scales: web, worker, or both with a comma.")
    return wrong


def from_environ(environ: Mapping[str, str] | None = None, *, serves: bool = True) -> Settings:
    """The settings, or SettingsError with a sentence for each thing that is wrong.

    Who does not serve people (the scaler) needs no mail, no sessions and no key to sign with, and need not be given them.
    """
    env = dict(os.environ if environ is None else environ)
    wrong: list[str] = []
    shape = shape_of(env)
    database = needed(env, wrong, "DATABASE_URL")
    session = env.get("SESSION_URL") or env.get("REDIS_URL") or ("" if serves else env.get("CACHE_URL", ""))
    session = session or needed(env, wrong, "SESSION_URL" if serves else "CACHE_URL")
    values: dict[str, object] = {
        "shape": shape,
        "database_url": database,
        "database_direct_url": env.get("DATABASE_DIRECT_URL") or database,
        "database_owner_url": env.get("DATABASE_OWNER_URL") or env.get("DATABASE_DIRECT_URL") or database,
        "database_reader_url": env.get("DATABASE_READER_URL") or database,
        "read_replica_urls": replicas(env.get("READ_REPLICA_URLS") or env.get("READ_REPLICA_URL") or ""),
        "region_urls": replicas(env.get("REGION_URLS") or ""),
        "session_url": session,
        "cache_url": env.get("CACHE_URL") or env.get("REDIS_URL") or session,
        "secret": secret(env, wrong, production=serves and shape == "production"),
        "instance_id": env.get("INSTANCE_ID") or env.get("RENDER_INSTANCE_ID") or socket.gethostname(),
        "edge_addresses": tuple(filter(None, (a.strip() for a in env.get("EDGE_ADDRESSES", "").split(",")))),
    }
    if env.get("KUBERNETES_SERVICE_HOST"):  # set by Kubernetes in every pod
        values["kubernetes_api_url"] = in_cluster(env)
    for name in OPTIONAL:
        if (given := env.get(name.upper())) not in (None, ""):
            values[name] = given
    if is_port(str(values.get("port", ""))) and "public_url" not in values and shape != "production":
        values["public_url"] = f"http://127.0.0.1:{values['port']}"
    wrong += region_faults(values) + address_faults(values) + scaling_faults(values)
    wrong += production_faults(values, serves=serves) if shape == "production" else []
    made = converted(values, wrong)
    if wrong := list(dict.fromkeys([*wrong, *number_faults(made)])):
        raise SettingsError(wrong)
    return made


def shape_of(env: Mapping[str, str]) -> str:
    """The shape that is asked for, whether there is one of that name or not."""
    return env.get("NOLLYCREWHUB_SHAPE") or ("production" if env.get("RENDER") else "laptop")


def converted(values: dict[str, object], wrong: list[str]) -> Settings:
    """The settings; what is of the wrong kind is left at its default, and a sentence added to `wrong`."""
    while True:
        try:
            return msgspec.convert(values, Settings, strict=False)
        except msgspec.ValidationError as error:
            wrong.append(kind_fault(str(error)))
            values.pop(sentence_of(str(error))[0])


def kind_fault(message: str) -> str:
    """A value of the wrong kind: which variable, and what it takes."""
    name, told = sentence_of(message)
    choices = [str(choice) for choice in get_args(get_type_hints(Settings).get(name)) if choice]
    told = f"It is one of {', '.join(choices)}." if choices else told
    variable = "NOLLYCREWHUB_SHAPE" if name == "shape" else name.upper()
    return f"{variable} has a value of the wrong kind. {told}"


def number_faults(made: Settings) -> list[str]:
    """Numbers that are none, or that nobody can mean."""
    wrong = [
        f"{name.upper()} is a number from {least} to {most}."
        for name, (least, most) in BOUNDS.items()
        if not least <= getattr(made, name) <= most
    ]
    if not wrong and made.read_pool_least > made.read_pool_most:
        wrong.append(f"READ_POOL_LEAST ({made.read_pool_least}) is more than READ_POOL_MOST ({made.read_pool_most}). Lower it too.")
    return wrong


def needed(env: Mapping[str, str], wrong: list[str], name: str) -> str:
    """The value, or a sentence added to `wrong`."""
    value = env.get(name, "")
    if not value:
        wrong.append(f"{name} is not set. On a laptop use `make up`, which sets it; in the cloud set it in the service.")
    return value


def secret(env: Mapping[str, str], wrong: list[str], *, production: bool) -> str:
    """SECRET (or the plan's SESSION_SECRET); a laptop without one gets a random one for this process."""
    value = env.get("SECRET") or env.get("SESSION_SECRET") or ""
    if not value and not production:
        return randomness.token_urlsafe(48)
    if len(value) < SECRET_LENGTH:
        wrong.append(
            f"SECRET is missing or shorter than {SECRET_LENGTH} characters. Make one: python -c "
            "'import secrets; print(secrets.token_urlsafe(48))'."
        )
    elif PLACEHOLDER.search(value) or (production and len(set(value)) < LEAST_DIFFERENT):
        wrong.append("SECRET looks like a placeholder. Use a random value that nobody has seen.")
    return value


CARRIER_SECRETS = (
    "mail_webhook_secret", "sms_api_key", "sms_webhook_secret", "whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token",
    "vapid_private_key", "alert_webhook_secret", "alertmanager_token",
)  # fmt: skip
BELONGS = {
    "sms_api_key": ("sms_webhook_secret",),
    "whatsapp_token": ("whatsapp_phone_id", "whatsapp_app_secret", "whatsapp_verify_token"),
    "vapid_private_key": ("vapid_subject",),
    "mail_bounces": ("mail_webhook_secret",),
    "alert_webhook_url": ("alert_webhook_secret",),
}


def carrier_faults(values: Mapping[str, object]) -> list[str]:
    """What is wrong with the ways out: a simulator's address, or a key without what belongs to it."""
    wrong = [
        f"{name.upper()} is not an https:// address: a simulator delivers nothing here. Remove it."
        for name in ("sms_api_url", "whatsapp_api_url")
        if not str(values.get(name, "https://")).startswith("https://")
    ]
    for name, others in BELONGS.items():
        missing = [other.upper() for other in others if not values.get(other)]
        if values.get(name) and missing:
            wrong.append(f"{name.upper()} is set without {' and '.join(missing)}. Set all of them, or none.")
    return wrong


def production_faults(values: Mapping[str, object], *, serves: bool) -> list[str]:
    """What only production insists on: mail, TLS, keys that are real, and no simulator behind any address."""
    wrong = []
    if serves and not values.get("mail_url"):
        wrong.append("MAIL_URL is not set. Without mail nobody can confirm an account: smtp://user:key@host:587.")
    if not str(values.get("public_url", "")).startswith("https://"):
        wrong.append("PUBLIC_URL must be the https:// address people use.")
    if not str(values.get("google_issuer", "https://")).startswith("https://"):
        wrong.append("GOOGLE_ISSUER is not an https:// address: a simulator signs nobody in here. Remove it.")
    if values.get("google_client_id") and not values.get("google_client_secret"):
        wrong.append("GOOGLE_CLIENT_ID is set without GOOGLE_CLIENT_SECRET. Set both, or neither.")
    wrong += carrier_faults(values)
    for name in ("render_api_url", "kubernetes_api_url"):
        if not str(values.get(name) or "https://").startswith("https://"):
            wrong.append(f"{name.upper()} is not an https:// address: a simulator scales nothing here. Remove it.")
    for name in ("google_client_secret", "metrics_token", "cloudflare_token", "render_api_key", "kubernetes_token", *CARRIER_SECRETS):
        value = str(values.get(name, ""))
        if value and (PLACEHOLDER.search(value) or len(value) < TOKEN_LENGTH):
            wrong.append(f"{name.upper()} looks like a placeholder, or is short. Set the real one or remove it.")
    for name in (
        "database_url",
        "database_direct_url",
        "database_owner_url",
        "database_reader_url",
        "session_url",
        "cache_url",
        "mail_url",
    ):
        parts = parsed(str(values.get(name, "")))
        password = parts.password if parts else None
        if password and PLACEHOLDER.search(password):
            wrong.append(f"{name.upper()} holds a password that looks like a placeholder. Set the real one.")
    return wrong
