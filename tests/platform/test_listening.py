"""A listener hears every message, says when it may have missed some, and is not believed once its Valkey is silent."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
import redis.asyncio as valkey

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.listening import Listener
from nollycrewhub.platform.settings import Settings
from tests.cache.conftest import eventually

CHANNEL = "nch:test-listening"


class Ear:
    """What a listener heard, and how often it may have missed something; the message `?` cannot be read."""

    def __init__(self, client: "valkey.Redis") -> None:
        self.heard: list[bytes] = []
        self.missed = 0
        self.listener = Listener(client, CHANNEL, take=self.take, missed=self.miss, instead="nothing")

    def take(self, data: bytes) -> None:
        if data == b"?":
            raise ValueError(data)
        self.heard.append(data)

    def miss(self) -> None:
        self.missed += 1


@pytest.fixture
async def speaker(settings: Settings) -> AsyncIterator["valkey.Redis"]:
    """A client that publishes."""
    async with connect(settings.cache_url, patience=5.0) as client:
        yield client


@pytest.fixture
async def ear(settings: Settings) -> AsyncIterator[Ear]:
    """One that listens already."""
    async with connect(f"{settings.cache_url}?client_name=ear", patience=5.0) as client:
        found = Ear(client)
        found.listener.start()
        assert await eventually(lambda: found.listener.is_heard)
        yield found
        await found.listener.stop()


async def test_a_message_that_cannot_be_read_deafens_nobody_and_counts_as_missed(ear: Ear, speaker: "valkey.Redis") -> None:
    assert ear.missed == 1, "what was said before one listened"
    for message in ("one", "?", "two"):
        await speaker.publish(CHANNEL, message)
    assert await eventually(lambda: ear.heard == [b"one", b"two"])
    assert (ear.missed, ear.listener.is_heard) == (2, True)


async def test_a_line_that_broke_is_made_anew_and_counts_as_missed(ear: Ear, speaker: "valkey.Redis") -> None:
    for one in await speaker.client_list():
        if one["name"] == "ear":
            await speaker.client_kill_filter(_id=one["id"])
    assert await eventually(lambda: ear.missed == 2)
    await speaker.publish(CHANNEL, "after")
    assert await eventually(lambda: ear.heard == [b"after"])


async def test_a_silent_valkey_is_not_believed_until_it_speaks_again(ear: Ear, stack: Stack) -> None:
    server = stack.valkeys[1]
    os.kill(server._pid(), signal.SIGSTOP)
    try:
        assert await eventually(lambda: not ear.listener.is_heard)
    finally:
        os.kill(server._pid(), signal.SIGCONT)
    assert await eventually(lambda: ear.listener.is_heard and ear.missed >= 2)
