"""The listeners: thousands of WebSockets in one process on raw epoll, so that they cost the machine little.

Speaks just enough of RFC 6455: a handshake, masked texts out, unmasked texts in.
"""

import select
import socket
import time
from array import array
from collections import defaultdict
from collections.abc import Mapping

import msgspec

MOST_OPENING = 100
PATIENCE = 60.0
MASK = b"\0\0\0\0"
BEAT = 25.0  # each sends a ping as often as the program's own client does
PING = b'{"op":"ping"}'


class Listener:
    """One connection."""

    __slots__ = ("buffer", "due", "hello", "last", "ready", "socket", "wanted")

    def __init__(self, hello: bytes, wanted: bytes) -> None:
        self.hello = hello
        self.wanted = wanted
        self.buffer = b""
        self.ready = False
        self.due = 0.0
        self.last: dict[bytes, int] = {}
        self.socket: socket.socket | None = None


def masked(text: bytes) -> bytes:
    """A text frame as a client must send it; a mask of zeros leaves the bytes as they are."""
    length = len(text)
    head = bytes((0x81, 0x80 | length)) if length < 126 else bytes((0x81, 0xFE)) + length.to_bytes(2, "big")
    return head + MASK + text


def handshake(port: int, token: str) -> bytes:
    """As a browser on one of our pages asks."""
    return (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://127.0.0.1:{port}\r\nCookie: session={token}\r\n\r\n"
    ).encode()


def subscription(channels: list[str]) -> bytes:
    """The one frame a page sends when it is open."""
    return masked(msgspec.json.encode({"op": "sub", "id": 1, "to": [{"ch": name} for name in channels]}))


class Crowd:
    """Opens them all, and notes how long that took each, when each message came, and whether any was missed."""

    def __init__(self, port: int, listeners: list[Listener]) -> None:
        self.port = port
        self.listeners = listeners
        self.poll = select.epoll()
        self.by_number: dict[int, Listener] = {}
        self.heard: defaultdict[bytes, array[float]] = defaultdict(lambda: array("d"))  # kind and payload: when it was read, by each
        self.connected: list[float] = []  # seconds from the moment each was due until it had its channels
        self.open = 0
        self.broken = 0
        self.missed = 0
        self.beaten = time.monotonic()
        self.next_beat = 0

    def connect_all(self, per_second: float) -> float:
        """Opens every connection at a rate; the seconds until the last one had its channels."""
        began = time.monotonic()
        waiting = list(reversed(self.listeners))
        started = 0
        while self.open + self.broken < len(self.listeners):
            due = int((time.monotonic() - began) * per_second) + 1
            while waiting and started < due and started - self.open - self.broken < MOST_OPENING:
                self._begin(waiting.pop(), began + started / per_second)
                started += 1
            self.step(0.005)
            if time.monotonic() - began > PATIENCE:
                break
        return time.monotonic() - began

    def _begin(self, listener: Listener, due: float) -> None:
        listener.due = due
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.connect_ex(("127.0.0.1", self.port))
        listener.socket = made
        self.by_number[made.fileno()] = listener
        self.poll.register(made.fileno(), select.EPOLLOUT | select.EPOLLONESHOT)

    def step(self, seconds: float) -> None:
        """Reads whatever has come."""
        for number, event in self.poll.poll(seconds, 512):
            listener = self.by_number.get(number)
            if listener is None or listener.socket is None:
                continue
            try:
                if event & select.EPOLLOUT:
                    listener.socket.send(listener.hello)
                    self.poll.modify(number, select.EPOLLIN)
                else:
                    self._read(listener)
            except OSError:
                self._lose(listener, number)
        self._beat()

    def _beat(self) -> None:
        """Each in turn, spread evenly over the time between two beats."""
        due = int((time.monotonic() - self.beaten) * len(self.listeners) / BEAT)
        for _ in range(due):
            listener = self.listeners[self.next_beat % len(self.listeners)]
            self.next_beat += 1
            if listener.ready and listener.socket is not None:
                listener.socket.send(masked(PING))
        self.beaten += due * BEAT / len(self.listeners)

    def close(self) -> None:
        """Ends every connection."""
        for listener in self.listeners:
            if listener.socket is not None:
                listener.socket.close()
        self.poll.close()

    def _lose(self, listener: Listener, number: int) -> None:
        self.by_number.pop(number, None)
        if listener.socket is not None:
            listener.socket.close()
            listener.socket = None
        self.broken += 1
        self.open -= listener.ready
        listener.ready = False

    def _read(self, listener: Listener) -> None:
        made = listener.socket
        if made is None:
            return
        data = made.recv(65_536)
        if not data:
            raise ConnectionResetError
        now = time.time()
        if listener.buffer:
            data = listener.buffer + data
        if data.startswith(b"HTTP/1.1 "):
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                listener.buffer = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                raise ConnectionResetError
            made.send(listener.wanted)
        listener.buffer = self._frames(listener, data, now)

    def _frames(self, listener: Listener, data: bytes, now: float) -> bytes:
        """Reads whole frames; the rest of the last one is kept."""
        place, size = 0, len(data)
        while size - place >= 2:
            length, start = data[place + 1], place + 2
            if length == 126:
                length, start = int.from_bytes(data[place + 2 : place + 4], "big"), place + 4
            end = start + length
            if end > size:
                break
            self._take(listener, data, start, end=end, now=now, opcode=data[place] & 15)
            place = end
        return data[place:]

    def _take(self, listener: Listener, data: bytes, start: int, *, end: int, now: float, opcode: int) -> None:
        if opcode == 9 and listener.socket is not None:
            listener.socket.send(bytes((0x8A, 0x80)) + MASK)
        elif opcode == 1 and data.startswith(b'{"op":"msg"', start):
            self._message(listener, data, start, end=end, now=now)
        elif opcode == 1 and data.startswith(b'{"op":"sub"', start):
            self.open += not listener.ready
            if not listener.ready:
                self.connected.append(time.monotonic() - listener.due)
            listener.ready = True

    def _message(self, listener: Listener, data: bytes, start: int, *, end: int, now: float) -> None:
        """When it came, and whether the one before it had."""
        channel = data[start + 18 : data.index(b'"', start + 18, end)]
        at = data.index(b'"n":', start, end) + 4
        n = int(data[at : data.index(b",", at, end)])
        last = listener.last.get(channel)
        if last is not None and n != last + 1:
            self.missed += 1
        listener.last[channel] = n
        kind = data.index(b'"k":"', at, end) + 5
        stop = data.index(b'"', kind, end)
        self.heard[data[kind:stop] + data[data.index(b'"d":', stop, end) + 4 : end - 1]].append(now)

    def late(self, due: Mapping[str, float]) -> list[float]:
        """How late these messages were, from the moment each was due, at everybody who heard them."""
        return [now - moment for heard, moment in due.items() for now in self.heard.get(heard.encode(), ())]
