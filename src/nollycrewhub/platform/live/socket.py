"""A WebSocket as uvicorn hands it over: no ASGI task, no queue, and the same bytes for everybody.

The handshake and every incoming frame are read by the websockets library's own protocol; what goes out is written to
the transport as it was encoded once. uvicorn makes one of these for each connection that asks to be upgraded.
"""

import asyncio
import socket
import time
from typing import Any, cast

from uvicorn import Config
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Frame as Received
from websockets.frames import Opcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from nollycrewhub.platform.live import frames
from nollycrewhub.platform.live.client import Client
from nollycrewhub.platform.live.cutting import cut
from nollycrewhub.platform.live.doorway import Doorway, Refused
from nollycrewhub.platform.live.frames import LARGEST_FRAME, Closed, Frame

PATH = "/ws"
HIGH_WATER = 65_536  # bytes unsent, past which a reader is called slow
MOST_UNSENT = 1_048_576
SLOW_SECONDS = 10.0
KERNEL_BUFFER = 65_536  # bytes; left alone it grows to megabytes for a reader that does not read
LINGER = 3.0  # how long the other side may take to hear a goodbye, and to end the line from its side
MOST_AFTER = 1_048_576  # bytes read after it; what still comes then stays where it is until the line is cut
PING = frames.head(0x9, 0)


class Socket(Client, asyncio.Protocol):
    """One connection, from the upgrade to its end."""

    __slots__ = ("after", "cutting", "doorway", "is_open", "parser", "partial", "reason", "slow_since", "state", "transport")
    transport_name = "websocket"

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None) -> None:
        self.doorway: Doorway = cast(Any, config.app).doorway
        super().__init__(self.doorway.hub, time.monotonic())
        self.state = server_state
        self.parser = ServerProtocol(max_size=LARGEST_FRAME)
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self.partial: list[bytes] | None = None
        self.is_open = False
        self.slow_since = 0.0
        self.reason = "left"
        self.after = 0
        self.cutting: asyncio.TimerHandle | None = None

    # what the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is ours now."""
        self.transport = cast(asyncio.Transport, transport)
        self.state.connections.add(cast(Any, self))

    def connection_lost(self, exc: Exception | None) -> None:
        """Its end, whoever wanted it."""
        self.state.connections.discard(cast(Any, self))
        if self.cutting is not None:
            self.cutting.cancel()
        self.is_open = False
        self.hub.exit(self, self.reason)

    def pause_writing(self) -> None:
        """More is unsent than a reader that keeps up ever leaves."""
        self.slow_since = time.monotonic()
        self.hub.slow[self] = None

    def resume_writing(self) -> None:
        """It has caught up."""
        self.slow_since = 0.0
        self.hub.slow.pop(self, None)

    def data_received(self, data: bytes) -> None:
        """Bytes of the other side; after the last word they are read only so that TCP does not throw it away."""
        if self.cutting is not None:
            self.after += len(data)
            if self.after > MOST_AFTER:
                self.transport.pause_reading()
                return
        self.parser.receive_data(data)
        for event in self.parser.events_received():
            if isinstance(event, Request):
                self._greet(event)
            elif isinstance(event, Received):
                self._take(event)
        self._flush()
        if self.parser.parser_exc is not None and not self.is_over:
            self.reason = "malformed"
            self.hub.exit(self, self.reason)

    def shutdown(self) -> None:
        """uvicorn leaves; the hub has said goodbye already, unless there was no time for it."""
        self.close(Closed.RESTART, "restart", retry=self.hub.spread())

    # the handshake

    def _greet(self, request: Request) -> None:
        """Nothing more is read until it is known who this is, in a task that ends with the handshake."""
        headers = {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in request.headers.raw_items()}
        found = self.transport.get_extra_info("peername")
        peer = found[0] if isinstance(found, tuple) else ""
        region = self.doorway.edge.region(peer, headers.items())
        if request.path.partition("?")[0] != PATH:
            self._reject(Refused(404, "Live connections are at /ws."), region)
            return
        response = self.parser.accept(request)
        response.headers["X-Region"] = region
        if response.status_code != 101:
            self._answer(response)
            return
        self.transport.pause_reading()
        self.hub.spawn(self._arrive(response, headers, peer=peer, region=region))

    async def _arrive(self, response: Response, headers: dict[bytes, bytes], *, peer: str, region: str) -> None:
        try:
            await self.doorway.admit(self, headers, peer)
        except Refused as refused:
            self._reject(refused, region)
            return
        if self.transport.is_closing():
            self.doorway.release(self)
            return
        self.parser.send_response(response)
        self._flush()
        self.transport.set_write_buffer_limits(high=HIGH_WATER)
        kernel: socket.socket | None = self.transport.get_extra_info("socket")
        if kernel is not None:
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        self.is_open = True
        self.hub.enter(self)
        self.transport.resume_reading()

    def _reject(self, refused: Refused, region: str) -> None:
        response = self.parser.reject(refused.status, refused.sentence + "\n")
        response.headers["X-Region"] = region
        if refused.retry:
            response.headers["Retry-After"] = str(refused.retry)
        self._answer(response)

    def _answer(self, response: Response) -> None:
        self.parser.send_response(response)
        self._flush()
        self.is_over = True
        self.transport.resume_reading()

    # frames

    def _take(self, event: Received) -> None:
        if event.opcode is Opcode.CLOSE:
            self.hub.exit(self, self.reason)
        if self.is_over:
            return
        now = time.monotonic()
        if event.opcode is Opcode.TEXT or event.opcode is Opcode.CONT:
            self._gather(event, now)
        elif event.opcode is Opcode.BINARY:
            self.close(Closed.NO_TEXT, "text-only")
        elif self.pay(1, now):
            self.heard = now

    def _gather(self, event: Received, now: float) -> None:
        """One message, however many pieces it came in; the parser bounds them all together."""
        data = bytes(event.data)
        if event.opcode is Opcode.CONT or not event.fin:
            self.partial = [*(self.partial or ()), data]
            if not self.pay(1, now) or not event.fin:
                return
            data, self.partial = b"".join(self.partial), None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.close(Closed.NOT_UTF8, "not-utf-8")
            return
        self.hear(text, now)

    def send(self, frame: Frame) -> None:
        """Writes the frame; a reader with too much unsent is let go."""
        if self.is_open:
            self.transport.write(frame.wire)
            if self.slow_since and self.transport.get_write_buffer_size() > MOST_UNSENT:
                self.close(Closed.SLOW, "slow", retry=self.hub.spread())

    def close(self, code: int, why: str, *, retry: float | None = None) -> None:
        """Says why, and when to come again, and goes."""
        if not self.is_open:
            self.transport.close()
            return
        self.is_open = False
        self.reason = why
        self.hub.exit(self, why)
        self.transport.write(frames.bye(code, why, retry).wire)
        try:
            self.parser.send_close(int(code), why)
        except InvalidState:
            self.transport.close()
            return
        self._flush()
        self._linger()

    def _linger(self) -> None:
        """Nothing more is said; the other side ends the line, or it is cut."""
        self.is_open = False
        if self.cutting is None:
            self.cutting = asyncio.get_running_loop().call_later(LINGER, cut, self.transport)

    def _flush(self) -> None:
        """Writes what the parser has to say. After its last word only this half is closed: closed whole, with bytes of the other
        side unread, TCP would throw away what they have not heard yet."""
        out = self.parser.data_to_send()
        if not out or self.transport.is_closing():
            return
        self.transport.write(b"".join(out))
        if out[-1] == b"":
            self._linger()
            self.transport.write_eof()

    def look(self, now: float) -> None:
        """Lets a reader go that has not caught up in time."""
        if self.slow_since and now - self.slow_since > SLOW_SECONDS:
            self.close(Closed.SLOW, "slow", retry=self.hub.spread())

    def poke(self) -> None:
        """A ping: browsers answer it by themselves."""
        if self.is_open:
            self.transport.write(PING)
