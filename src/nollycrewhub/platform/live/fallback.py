"""The same frames where a WebSocket does not get through: as server-sent events, or by asking again and again.

Nothing is kept between two polls: each says the last message it has, and gets what came after it.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from typing import Annotated, cast

import msgspec
from litestar import Response, get
from litestar.params import Parameter
from litestar.response import Stream

from nollycrewhub.platform import errors
from nollycrewhub.platform.context import LINE, AnyRequest, RequestContext
from nollycrewhub.platform.live import frames
from nollycrewhub.platform.live.client import Client
from nollycrewhub.platform.live.cutting import cut
from nollycrewhub.platform.live.doorway import Doorway, Refused
from nollycrewhub.platform.live.frames import Closed, Frame, Last

PONG_EVERY = 15.0  # a client that hears nothing for longer than it was told to wait comes again
LONGEST_POLL = 25
SETTLE = 0.05  # what comes together with the first message goes out with it
MOST_UNSENT = 262_144
SLOW_SECONDS, KERNEL_BUFFER = 10.0, 65_536  # as of a socket
LINGER = 3.0  # how long a reader who is let go may take to read the reason
QUIET = (b'{"op":"hello"', b'{"op":"sub"')
NO_STORE = {"cache-control": "private, no-store", "x-accel-buffering": "no"}
REFUSALS: dict[int, type[errors.Problem]] = {401: errors.SignInNeeded, 403: errors.Forbidden, 503: errors.Unavailable}


class Reading(Client):
    """A listener over plain HTTP: frames wait here until they are written out."""

    __slots__ = ("line", "news", "slow_since", "texts", "transport_name", "unsent")

    def __init__(self, doorway: Doorway, transport_name: str, line: asyncio.Transport | None = None) -> None:
        super().__init__(doorway.hub, time.monotonic())
        self.transport_name = transport_name
        self.line = line
        self.texts: list[bytes] = []
        self.unsent = 0
        self.slow_since = 0.0
        self.news = asyncio.Event()

    def send(self, frame: Frame) -> None:
        """Keeps the frame; a reader with too much unread is let go."""
        if self.is_over:
            return
        self.texts.append(frame.text)
        self.unsent += len(frame.text)
        self.news.set()
        if self.unsent > MOST_UNSENT:
            self.close(Closed.SLOW, "slow", retry=self.hub.spread())

    def close(self, code: int, why: str, *, retry: float | None = None) -> None:
        """The reason is the last frame."""
        if not self.is_over:
            self.texts.append(frames.bye(code, why, retry).text)
            self.hub.exit(self, why)
            self.news.set()
            if self.line is not None:
                asyncio.get_running_loop().call_later(LINGER, self.cut)

    def cut(self) -> None:
        """Ends the connection of a reader who has not read to the end; one who has is left their connection."""
        if self.line is not None:
            cut(self.line)

    def take(self) -> list[bytes]:
        """What waits, which then waits no more."""
        texts, self.texts, self.unsent = self.texts, [], 0
        self.news.clear()
        self.heard = time.monotonic()
        return texts

    def gives(self, *, is_done: bool = False) -> None:
        """What was taken is being written, which takes long only where the reader is slow; or it is written."""
        self.slow_since = 0.0 if is_done else time.monotonic()
        if is_done:
            self.hub.slow.pop(self, None)
        elif not self.is_over:
            self.hub.slow[self] = None

    def look(self, now: float) -> None:
        """Lets a reader go to whom no more could be written for too long."""
        if self.slow_since and now - self.slow_since > SLOW_SECONDS:
            self.close(Closed.SLOW, "slow", retry=self.hub.spread())

    async def wait(self, seconds: float) -> None:
        """Until there is news, or the time is over."""
        try:
            async with asyncio.timeout(seconds):
                await self.news.wait()
        except TimeoutError:
            return


def wanted(to: str) -> list[Last]:
    """The channels as the query names them; Invalid says how."""
    try:
        found = frames.WANTED.decode(to)
    except (msgspec.DecodeError, RecursionError):
        found = []
    if not 0 < len(found) <= frames.MOST_AT_ONCE:
        raise errors.Invalid(f'Name 1 to {frames.MOST_AT_ONCE} channels: to=[{{"ch": "jobs"}}].', field="to")
    return found


async def enter(doorway: Doorway, context: RequestContext, client: Reading, to: list[Last], *, peer: str) -> None:
    """Lets the reader in and subscribes them, or raises the refusal."""
    try:
        await doorway.admit(client, context.headers, peer, is_page=True)
    except Refused as refused:
        if refused.status == 429:
            raise errors.TooMany(refused.sentence, retry_after=refused.retry) from refused
        raise REFUSALS[refused.status](refused.sentence) from refused
    doorway.hub.enter(client)
    try:
        await doorway.hub.subscribe(client, to, number=0)
    except BaseException:
        doorway.hub.exit(client, "left")
        raise


def line_of(request: AnyRequest) -> asyncio.Transport | None:
    """The connection under a request, which holds little for a reader who does not read; None where there is none."""
    line = cast("asyncio.Transport | None", request.scope.get(LINE))
    kernel: socket.socket | None = line.get_extra_info("socket") if line is not None else None
    if kernel is not None:
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
    return line


@get("/live/events", access="public", include_in_schema=False)
async def live_events(
    request: AnyRequest, context: RequestContext, doorway: Doorway, to: Annotated[str, Parameter(max_length=16_384)]
) -> Stream:
    """Server-sent events: one frame each."""
    asked = wanted(to)
    client = Reading(doorway, "events", line_of(request))
    await enter(doorway, context, client, asked, peer=request.client.host if request.client else "")

    async def events() -> AsyncIterator[bytes]:
        try:
            while True:
                await client.wait(PONG_EVERY)
                texts = client.take() or [frames.pong(doorway.hub.spread()).text]
                client.gives()
                yield b"".join(b"data: " + text + b"\n\n" for text in texts)
                client.gives(is_done=True)
                if client.is_over and not client.texts:
                    return
        finally:
            client.line = None
            doorway.hub.exit(client, "left")

    return Stream(events(), media_type="text/event-stream", headers=NO_STORE)


@get("/live/poll", access="public", include_in_schema=False)
async def live_poll(
    request: AnyRequest,
    context: RequestContext,
    doorway: Doorway,
    to: Annotated[str, Parameter(max_length=16_384)],
    wait: Annotated[int, Parameter(ge=0, le=LONGEST_POLL)] = LONGEST_POLL,
) -> Response[bytes]:
    """What there is: at once where a channel's last message is not given, else as soon as there is something to say."""
    asked = wanted(to)
    client = Reading(doorway, "poll")
    await enter(doorway, context, client, asked, peer=request.client.host if request.client else "")
    try:
        texts = client.take()
        until = time.monotonic() + wait
        while not is_worth_saying(texts, asked) and not client.is_over and (left := until - time.monotonic()) > 0:
            await client.wait(left)
            await asyncio.sleep(SETTLE)
            texts += client.take()
    finally:
        doorway.hub.exit(client, "left")
    return Response(b'{"frames":[' + b",".join(texts) + b"]}", media_type="application/json", headers=NO_STORE)


def is_worth_saying(texts: list[bytes], asked: list[Last]) -> bool:
    """Whether the asker does not know it yet."""
    if any(last.n is None for last in asked) or any(not text.startswith(QUIET) for text in texts):
        return True
    return any(b'"fresh":true' in text or b'"no":[{' in text for text in texts)


ROUTES = (live_events, live_poll)
