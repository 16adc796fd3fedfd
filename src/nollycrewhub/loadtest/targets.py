"""Who may be fired at: this machine, or exactly the one host that whoever runs the test says is theirs.

A name is looked up once, here, and only the addresses that were judged are ever connected to, so a name that answers
otherwise a second later changes nothing. Redirects are not followed by anything in this package.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}
NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
Resolve = Callable[[str, int], Sequence[str]]


class TargetRefused(ValueError):
    """This is nothing to fire at; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server: what is said to it (scheme, host, port), and the address that is connected to."""

    scheme: str
    host: str
    port: int
    address: str
    is_here: bool

    @property
    def authority(self) -> str:
        """The Host header."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def url(self) -> str:
        """Its origin."""
        return f"{self.scheme}://{self.authority}"


def looked_up(host: str, port: int) -> list[str]:
    """All addresses of a name."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own loopback; one of IPv4 that is written in IPv6 counts as what it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL that is an origin and nothing more; TargetRefused for all else."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise TargetRefused(f"{url!r} has letters that no address of a server has. Write it like http://127.0.0.1:8000.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetRefused(f"{url} is not an address ({error}).") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise TargetRefused(f"{url} is not an address of a server. Write it like http://127.0.0.1:8000.")
    if "@" in parts.netloc or "%" in parts.netloc:
        raise TargetRefused(f"{url} holds a name and password, or a zone, before or in the host. Leave it out.")
    if parts.path not in ("", "/") or "?" in url or "#" in url:
        raise TargetRefused(f"{url} has more than scheme, host and port. The scenario knows the paths.")
    if port == 0 or parts.netloc.endswith(":"):
        raise TargetRefused(f"{url} has no usable port.")
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme]


def allowed(url: str, *, owned: str = "", resolve: Resolve = looked_up) -> Target:
    """The target, if it is this machine or the host that is named as one's own; TargetRefused otherwise."""
    scheme, host, port = origin(url)
    try:
        addresses: Sequence[str] = [str(ipaddress.ip_address(host))]
    except ValueError:
        if not NAME.fullmatch(host) or is_number(host):
            raise TargetRefused(f"{host} is neither a host's name nor an address as it is usually written.") from None
        try:
            addresses = resolve(host, port)
        except OSError as error:
            raise TargetRefused(f"{host} cannot be looked up ({error}).") from error
    is_here = bool(addresses) and all(is_loopback(one) for one in addresses)
    if not addresses or not (is_here or (owned and host == owned.lower())):
        raise TargetRefused(refusal(host, owned))
    return Target(scheme, host, port, addresses[0], is_here)


def is_number(host: str) -> bool:
    """Whether the system might read a name as an address (127.1, 2130706433, 0x7f.1): its last part begins with a digit."""
    return host.rpartition(".")[2][:1].isdigit()


def refusal(host: str, owned: str) -> str:
    """Why not, and what would make it a target."""
    if owned:
        return f"{host} is not on this machine, and not the host you named as yours ({owned}). Both must be the same name."
    return (
        f"{host} is not on this machine. A load test against somebody else's server is an attack; if it is yours, say so: "
        f"--i-own-this-host {host}"
    )
