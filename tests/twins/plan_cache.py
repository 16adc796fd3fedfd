"""BAD TWINS of our caches, on purpose: the plan's section 4 as its sample code has it. Never import this from the program.

`PlanCache` is its `CacheService` (a key of JSON, no lock, a fill whatever was invalidated meanwhile, KEYS and DEL).
`PlanHttp` is its `/api/jobs` (public for a quarter of an hour, an ETag that nobody reads, a body by User-Agent without Vary).
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import redis.asyncio as valkey

TTL = 900
Load = Callable[[Mapping[str, Any]], Awaitable[Any]]


def plan_key(filters: Mapping[str, Any]) -> str:
    """The plan's ``jobs:${JSON.stringify(filters)}``."""
    return f"jobs:{json.dumps(filters, separators=(',', ':'))}"


class PlanCache:
    """`getCachedJobs` and `invalidateJobsCache`."""

    def __init__(self, client: "valkey.Redis", load: Load) -> None:
        self.client = client
        self.load = load

    async def jobs(self, filters: Mapping[str, Any]) -> Any:
        """From Valkey, or loaded and stored for a quarter of an hour."""
        key = plan_key(filters)
        cached = await self.client.get(key)
        if cached:
            return json.loads(cached)
        found = await self.load(filters)
        await self.client.set(key, json.dumps(found), ex=TTL)
        return found

    async def invalidate(self) -> None:
        """Looks for all keys of jobs and deletes them by name."""
        keys = await self.client.keys("jobs:*")
        if keys:
            await self.client.delete(*keys)


class PlanHttp:
    """The plan's two handlers of `/api/jobs` in one, so that the second is not dead code, to be fair."""

    async def __call__(self, scope: Any, _: Any, send: Any) -> None:
        """Answers; only GET has a body in the plan, and its framework answers HEAD with the same headers."""
        headers = dict(scope["headers"])
        jobs = [
            {"id": n, "title": f"Job {n}", "description": "…" * 200, **dict(parse_qsl(scope["query_string"].decode()))} for n in range(3)
        ]
        agent = headers.get(b"user-agent", b"").decode().lower()
        if any(word in agent for word in ("mobile", "android", "iphone")):
            jobs = [{"id": job["id"], "title": job["title"]} for job in jobs]
        body = json.dumps({"jobs": jobs}).encode()
        tag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        sent = [(b"cache-control", b"public, max-age=900"), (b"etag", f'"{tag}"'.encode()), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": [*sent, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
