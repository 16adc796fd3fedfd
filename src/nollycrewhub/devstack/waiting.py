"""/dev/waiting: a page that waits on a provider, so that a load can fill processes without filling processors.

The provider is simulated: its answer comes after 150 ms, whoever asks and however many ask at once. Registered by the command
line in the laptop and test shapes only.
"""

import asyncio

import msgspec
from litestar import get

ANSWERS_AFTER = 0.15


class Waited(msgspec.Struct):
    """How long the provider took, in milliseconds."""

    waited_ms: float


class SlowProvider:
    """Answers after a while; it never refuses and is never busy."""

    def __init__(self, seconds: float = ANSWERS_AFTER) -> None:
        self.seconds = seconds

    async def answer(self) -> Waited:
        """Its answer."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        await asyncio.sleep(self.seconds)
        return Waited(round(1000 * (loop.time() - asked), 1))


PROVIDER = SlowProvider()


@get("/dev/waiting", access="public", include_in_schema=False)
async def waiting() -> Waited:
    """What the provider said, after waiting for it."""
    return await PROVIDER.answer()


ROUTES = (waiting,)
