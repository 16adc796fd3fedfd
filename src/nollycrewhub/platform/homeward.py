"""A request that arrived in the wrong region can be sent home: by Fly's proxy, or by a redirect.

Only a country that a trusted edge named counts: who says nothing, or comes past the edge, is served where they are.
Nobody is sent twice: Fly marks what it has replayed, and a region's own address always serves.
"""

from urllib.parse import urlsplit

from nollycrewhub.platform.settings import Settings

SAFE = frozenset({"GET", "HEAD"})
REPLAYED = b"fly-replay-src"
MOST_REPLAYED = 1_000_000  # bytes of a body that Fly's proxy keeps for a replay
OWN = ("/livez", "/readyz", "/metrics", "/assets/")
Headers = list[tuple[bytes, bytes]]


class Homeward:
    """Decides for one process; `settings.region` is where it runs."""

    def __init__(self, settings: Settings) -> None:
        self.mode = settings.region_routing
        self.here = settings.region
        self.urls = settings.region_urls
        self.own_hosts = frozenset(urlsplit(url).netloc.encode() for url in settings.region_urls.values())

    def answer(self, method: str, target: str, region: str, headers: dict[bytes, bytes]) -> tuple[int, Headers] | None:
        """The status and headers that send it home, or None to serve it here. `target` is the path with its query."""
        if self.mode == "off" or region == self.here or region not in self.urls or target.startswith(OWN):
            return None
        if self.mode == "fly-replay":
            if REPLAYED in headers or not is_short(method, headers):
                return None
            return 409, [(b"fly-replay", f"region={self.urls[region]}".encode())]
        if method not in SAFE or headers.get(b"host", b"") in self.own_hosts or not target.startswith("/") or target.startswith("//"):
            return None
        return 307, [(b"location", f"{self.urls[region].rstrip('/')}{target}".encode("ascii", "ignore"))]


def is_short(method: str, headers: dict[bytes, bytes]) -> bool:
    """Whether the body (if there is one) is announced and small enough to be sent again by the proxy."""
    if method in SAFE:
        return True
    length = headers.get(b"content-length", b"" if b"transfer-encoding" in headers else b"0")
    return length.isdigit() and int(length) <= MOST_REPLAYED
