"""The program behind the simulated edge, and people in front of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn

from nollycrewhub.devstack.cdn import EdgeSimulator
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.httpcache.cdn import Cloudflare
from tests.cache.conftest import clean
from tests.journeys.conftest import Join, join

__all__ = ["Join", "clean", "join"]


@contextlib.asynccontextmanager
async def listening(application: Any) -> AsyncIterator[str]:
    """An ASGI application on a real port of this machine."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(application, host="127.0.0.1", port=port, lifespan="off", interface="asgi3", log_config=None, access_log=False)
    )
    server.install_signal_handlers = lambda: None
    serving = asyncio.create_task(server.serve())
    for _ in range(500):
        if server.started:
            break
        await asyncio.sleep(0.01)
    assert server.started
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def edge(clean: Process) -> AsyncIterator[EdgeSimulator]:
    """An edge in front of the program, whose purges travel over real HTTP."""
    transport = httpx.ASGITransport(app=clean)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=clean.runtime.settings.public_url) as origin:
        simulator = EdgeSimulator(origin)
        async with listening(simulator.api) as url:
            caches = clean.runtime.caches
            caches.cdn, before = Cloudflare(api_url=url, zone=simulator.zone, token=simulator.token), caches.cdn
            yield simulator
            await caches.cdn.stop()
            caches.cdn = before


def at_edge(edge: EdgeSimulator, process: Process, **headers: str) -> httpx.AsyncClient:
    """A client of the edge."""
    url = process.runtime.settings.public_url
    transport = httpx.ASGITransport(app=edge.proxy)
    return httpx.AsyncClient(transport=transport, base_url=url, headers={"origin": url, **headers}, timeout=60)
