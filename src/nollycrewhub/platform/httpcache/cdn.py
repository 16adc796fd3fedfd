"""The edge's cache behind a port: Cloudflare's purge by tag and its counts of answers over HTTP, or none.

Source of the protocol: Cloudflare API v4. POST /zones/{zone}/purge_cache with {"tags": […]} and a bearer token; at
most 30 tags a call; 429 answers carry Retry-After. POST /graphql with {"query": …, "variables": {…}}: the node
httpRequestsAdaptiveGroups, which every plan has, by its dimension cacheStatus; a refusal is a 200 with `errors`.
"""

from datetime import datetime
from typing import Protocol

import httpx
import msgspec

from nollycrewhub.kit.foreign import read_json
from nollycrewhub.kit.time import rfc3339
from nollycrewhub.platform import tracing
from nollycrewhub.platform.edge import Counted
from nollycrewhub.platform.queue import Retry
from nollycrewhub.platform.settings import Settings

MOST_TAGS = 30
SECONDS = 5.0
PATIENCE = 30.0
LONGEST = 300.0
BUSY = 429


# Answers to people; a purge, a health check of the provider's own and the like are requests to it too.
COUNTS = """
query Answers($zone: string, $since: Time, $until: Time) {
  viewer {
    zones(filter: {zoneTag: $zone}) {
      httpRequestsAdaptiveGroups(limit: 100, filter: {requestSource: "eyeball", datetime_geq: $since, datetime_lt: $until}) {
        count
        dimensions {
          cacheStatus
        }
      }
    }
  }
}
"""
FROM_COPY = frozenset({"hit", "stale", "updating", "revalidated"})  # as Cloudflare's own hit ratio has it
OF_ORIGIN = frozenset({"miss", "expired"})
LONGEST_REASON = 200


class CountsUnknown(RuntimeError):
    """The CDN did not say what it answered; the text says why."""


class PurgeRefused(RuntimeError):
    """The CDN did not take the purge; the status says why."""


class Cdn(Protocol):
    """Whoever can make the edge forget."""

    async def purge(self, tags: list[str]) -> bool:
        """Forgets every answer with one of the tags; False where there is no edge. Raises Retry or what a retry may heal."""

    async def counted(self, since: datetime, until: datetime) -> Counted | None:
        """What it answered from `since` to before `until`; None where there is no edge. Raises CountsUnknown."""

    async def stop(self) -> None:
        """Closes connections."""


class NoCdn:
    """A laptop, or an installation without an edge."""

    async def purge(self, tags: list[str]) -> bool:
        """There is nothing to forget."""
        return False

    async def counted(self, since: datetime, until: datetime) -> Counted | None:
        """Nobody answers but the program."""
        return None

    async def stop(self) -> None:
        """Nothing is open."""


class Cloudflare:
    """Cloudflare's API, or a simulator that speaks it."""

    def __init__(self, *, api_url: str, zone: str, token: str) -> None:
        self.zone = zone
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

    async def counted(self, since: datetime, until: datetime) -> Counted | None:
        """Its analytics' counts of the whole zone; estimates where the zone is so busy that they are sampled."""
        variables = {"zone": self.zone, "since": rfc3339(since), "until": rfc3339(until)}
        try:
            answer = await self.client.post("/graphql", json={"query": COUNTS, "variables": variables})
        except httpx.HTTPError as error:
            raise CountsUnknown(type(error).__name__) from error
        if answer.status_code >= 400:
            raise CountsUnknown(f"status {answer.status_code}")
        return counted_in(answer.content)

    async def stop(self) -> None:
        """Closes connections."""
        await self.client.aclose()


class Dimensions(msgspec.Struct, frozen=True, rename="camel"):
    """What a group of answers has in common: how they were found, in lower case."""

    cache_status: str


class Group(msgspec.Struct, frozen=True):
    """So many answers that were found alike."""

    count: int
    dimensions: Dimensions


class Zone(msgspec.Struct, frozen=True):
    """A zone's groups."""

    groups: list[Group] = msgspec.field(name="httpRequestsAdaptiveGroups")


class Viewer(msgspec.Struct, frozen=True):
    """Whoever holds the token; no zone where the token is not for it."""

    zones: list[Zone]


class Told(msgspec.Struct, frozen=True):
    """The data of an answer."""

    viewer: Viewer


class Fault(msgspec.Struct, frozen=True):
    """Why there is none."""

    message: str


class Analytics(msgspec.Struct, frozen=True):
    """An answer of the analytics, by GraphQL's rules: data, or errors, or both."""

    data: Told | None = None
    errors: list[Fault] | None = None


def counted_in(body: bytes) -> Counted:
    """The counts of an answer; CountsUnknown when it is a refusal, incomplete, or no answer of the analytics."""
    try:
        told = read_json(body, Analytics)
    except msgspec.MsgspecError as error:
        raise CountsUnknown("no answer of the analytics") from error
    if told.errors:
        raise CountsUnknown(told.errors[0].message[:LONGEST_REASON])
    if told.data is None or len(told.data.viewer.zones) != 1:
        raise CountsUnknown("the token is for another zone")
    groups = [(one.dimensions.cache_status.lower(), one.count) for one in told.data.viewer.zones[0].groups]
    hits = sum(count for status, count in groups if status in FROM_COPY)
    misses = sum(count for status, count in groups if status in OF_ORIGIN)
    return Counted(hits=hits, misses=misses, passed=sum(count for _, count in groups) - hits - misses)


def is_done(answer: httpx.Response) -> bool:
    """Whether the edge says that it has purged; what is no JSON of its own (a proxy's page) has not."""
    try:
        return answer.json().get("success") is True
    except (ValueError, AttributeError):
        return False


def has_cdn(settings: Settings) -> bool:
    """Whether an edge is in front that can be purged and asked."""
    return bool(settings.cloudflare_zone and settings.cloudflare_token)


def cdn_of(settings: Settings) -> Cdn:
    """Cloudflare where a zone and token are set, else none."""
    if has_cdn(settings):
        return Cloudflare(api_url=settings.cloudflare_api_url, zone=settings.cloudflare_zone, token=settings.cloudflare_token)
    return NoCdn()
