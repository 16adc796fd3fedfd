"""A browser's own cache in front of a transport: what it may keep it keeps, and asks again with the ETag it has."""

import re
import time
from typing import Any

import httpx

AGE = re.compile(r"\bmax-age=(\d+)")


class PrivateCache(httpx.AsyncBaseTransport):
    """One browser. Counts how often it was told that nothing had changed, and how often it asked nobody."""

    def __init__(self, application: Any) -> None:
        self.network = httpx.ASGITransport(app=application)
        self.kept: dict[str, tuple[float, httpx.Headers, bytes]] = {}
        self.unchanged = self.unasked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """From what is kept if that is fresh, else asked, with the ETag if there is one."""
        if request.method != "GET":
            return await self.network.handle_async_request(request)
        address = str(request.url)
        until, headers, body = self.kept.get(address, (0.0, httpx.Headers(), b""))
        if time.monotonic() < until:
            self.unasked += 1
            return httpx.Response(200, headers=headers, content=body)
        if "etag" in headers:
            request.headers["if-none-match"] = headers["etag"]
        answer = await self.network.handle_async_request(request)
        if answer.status_code == 304:
            self.unchanged += 1
            return httpx.Response(200, headers=headers, content=body)
        control = answer.headers.get("cache-control", "")
        if answer.status_code == 200 and "no-store" not in control:
            body = await answer.aread()
            plain = httpx.Headers([pair for pair in answer.headers.multi_items() if pair[0] != "content-encoding"])
            age = AGE.search(control)
            self.kept[address] = (time.monotonic() + (float(age[1]) if age else 0.0), plain, body)
            return httpx.Response(200, headers=plain, content=body)
        return answer
