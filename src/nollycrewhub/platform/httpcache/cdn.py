"""The edge's cache behind a port: Cloudflare's purge by tag over HTTP, or none.

Source of the protocol: Cloudflare API v4, POST /zones/{zone}/purge_cache with {"tags": […]} and a bearer token; at
most 30 tags a call; 429 answers carry Retry-After.
"""

from typing import Protocol

import httpx

from nollycrewhub.platform import tracing
from nollycrewhub.platform.queue import Retry
from nollycrewhub.platform.settings import Settings

MOST_TAGS = 30
SECONDS = 5.0
PATIENCE = 30.0
LONGEST = 300.0
BUSY = 429


class PurgeRefused(RuntimeError):
    """The CDN did not take the purge; the status says why."""


class Cdn(Protocol):
    """Whoever can make the edge forget."""

    async def purge(self, tags: list[str]) -> bool:
        """Forgets every answer with one of the tags; False where there is no edge. Raises Retry or what a retry may heal."""

    async def stop(self) -> None:
        """Closes connections."""


class NoCdn:
    """A laptop, or an installation without an edge."""

    async def purge(self, tags: list[str]) -> bool:
        """There is nothing to forget."""
        return False

    async def stop(self) -> None:
        """Nothing is open."""


class Cloudflare:
    """Cloudflare's API, or a simulator that speaks it."""

    def __init__(self, *, api_url: str, zone: str, token: str) -> None:
        self.path = f"/zones/{zone}/purge_cache"
        self.client = tracing.http_client(base_url=api_url, timeout=SECONDS, headers={"authorization": f"Bearer {token}"})

    async def purge(self, tags: list[str]) -> bool:
        """Purges in calls of at most thirty tags; Retry with the edge's own wish when it is busy."""
        for start in range(0, len(tags), MOST_TAGS):
            answer = await self.client.post(self.path, json={"tags": tags[start : start + MOST_TAGS]})
            if answer.status_code == BUSY:
                wish = answer.headers.get("retry-after", "")
                raise Retry(min(float(wish), LONGEST) if wish.isdigit() else PATIENCE)
            if answer.status_code >= 400 or not is_done(answer):
                raise PurgeRefused(f"status {answer.status_code}")
        return True

    async def stop(self) -> None:
        """Closes connections."""
        await self.client.aclose()


def is_done(answer: httpx.Response) -> bool:
    """Whether the edge says that it has purged; what is no JSON of its own (a proxy's page) has not."""
    try:
        return answer.json().get("success") is True
    except (ValueError, AttributeError):
        return False


def cdn_of(settings: Settings) -> Cdn:
    """Cloudflare where a zone and token are set, else none."""
    if settings.cloudflare_zone and settings.cloudflare_token:
        return Cloudflare(api_url=settings.cloudflare_api_url, zone=settings.cloudflare_zone, token=settings.cloudflare_token)
    return NoCdn()
