"""The whole program twice over one set of servers: two instances that share a Valkey, as behind a balancer."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.journeys.conftest import Join, join

__all__ = ["Join", "join"]


async def eventually(true: Callable[[], bool], *, within: float = 10.0) -> bool:
    """Waits for something in the background; the answer, not the time, is what a test asserts."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if true():
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.fixture
async def clean(process: Process) -> AsyncIterator[Process]:
    """The program with empty caches and a channel that is heard."""
    client = connect(process.runtime.settings.cache_url, patience=10.0)
    await client.flushdb()
    await client.aclose()
    assert await eventually(lambda: process.runtime.caches.channel.trusted_until > time.monotonic())
    process.runtime.caches.memory.clear()
    yield process


@pytest.fixture
async def other(settings: Settings, clean: Process) -> AsyncIterator[Process]:
    """A second instance."""
    found = monolith.create_app(settings)
    await found.runtime.start()
    assert await eventually(lambda: found.runtime.caches.channel.trusted_until > time.monotonic())
    yield found
    await found.runtime.stop()


def visitor(process: Process, **headers: str) -> httpx.AsyncClient:
    """Somebody without any cookie, at one instance."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=process.runtime.settings.public_url, headers=headers)
