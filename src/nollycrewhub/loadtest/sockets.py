"""Open pages beside the requests: WebSockets that listen to the job board, and whether each heard of every job that was posted."""

import asyncio
from array import array
from dataclasses import dataclass, field
from random import Random
from time import monotonic

import msgspec
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from nollycrewhub.loadtest.generator import LOST, PATIENCE
from nollycrewhub.loadtest.line import Lines, somewhere
from nollycrewhub.loadtest.tally import part
from nollycrewhub.platform.ending import ended

BEAT = 20.0
SUBSCRIBE = msgspec.json.encode({"op": "sub", "id": 1, "to": [{"ch": "jobs"}]})
PING = b'{"op":"ping"}'
SETTLE = 3.0
NEWCOMER = 1.0  # s: whoever was let in later than that before a job's answer may have come after the job


class Heard(msgspec.Struct, kw_only=True):
    """What the open pages saw. Times in milliseconds, from the answer to who posted to the message at a page."""

    wanted: int
    opened: int
    refused: int
    broken: int
    connect_p95_ms: float
    told: int
    missed: int
    lag_p95_ms: float


@dataclass
class Crowd:
    """Open pages that are opened over some seconds, and stay."""

    lines: Lines
    wanted: int
    seed: int = 1
    opened: int = 0
    refused: int = 0
    broken: int = 0
    connecting: "array[float]" = field(default_factory=lambda: array("d"))
    posted: dict[int, float] = field(default_factory=dict)
    heard: dict[int, list[float]] = field(default_factory=dict)
    listening: dict[int, int] = field(default_factory=dict)
    let_in: "array[float]" = field(default_factory=lambda: array("d"))
    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    def post(self, job: int) -> None:
        """A job was posted just now: everybody who listened before should hear of it."""
        now = self.posted[job] = monotonic()
        self.listening[job] = sum(at <= now - NEWCOMER for at in self.let_in) - self.broken

    async def open(self, seconds: float) -> None:
        """Opens all, spread over the time."""
        rng = Random(self.seed)  # noqa: S311 - addresses of a load test
        for _ in range(self.wanted):
            self.tasks.add(asyncio.create_task(self._stay(somewhere(rng))))
            await asyncio.sleep(seconds / self.wanted)

    async def close(self) -> Heard:
        """Lets the last messages arrive, then ends all."""
        await asyncio.sleep(SETTLE if self.posted else 0)
        await ended(*self.tasks)
        lags = sorted(max(0.0, at - self.posted[job]) for job, times in self.heard.items() if job in self.posted for at in times)
        missed = sum(max(0, many - len(self.heard.get(job, ()))) for job, many in self.listening.items())
        return Heard(
            wanted=self.wanted, opened=self.opened, refused=self.refused, broken=self.broken,
            connect_p95_ms=part(sorted(self.connecting), 0.95), told=len(lags), missed=missed, lag_p95_ms=part(lags, 0.95),
        )  # fmt: skip

    async def _stay(self, comes_from: str) -> None:
        began, is_open = monotonic(), False
        writer = None
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self.lines.connect()
                speech = await self._handshake(reader, writer, comes_from)
            if speech is None:
                self.refused += 1
                return
            self.connecting.append(monotonic() - began)
            self.opened += 1
            is_open = True
            await self._listen(reader, writer, speech)
            self.broken += 1
        except LOST:
            self.broken += is_open
            self.refused += not is_open
        finally:
            if writer is not None:
                writer.close()

    async def _handshake(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, comes_from: str) -> ClientProtocol | None:
        """The protocol once it is open and subscribed; None when the door stays shut, or points elsewhere."""
        target = self.lines.target
        scheme = "wss" if target.scheme == "https" else "ws"
        speech = ClientProtocol(parse_uri(f"{scheme}://{target.authority}/ws"), max_size=1 << 20)
        request = speech.connect()
        request.headers["X-Forwarded-For"] = comes_from
        speech.send_request(request)
        writer.write(b"".join(speech.data_to_send()))
        while speech.state.name == "CONNECTING":
            told = await reader.read(65536)
            if not told:
                return None
            speech.receive_data(told)
            if speech.handshake_exc is not None:
                return None
        speech.send_text(SUBSCRIBE)
        writer.write(b"".join(speech.data_to_send()))
        return speech

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, speech: ClientProtocol) -> None:
        """Until the line ends."""
        self._take(speech, monotonic())
        while True:
            told = b""
            try:
                async with asyncio.timeout(BEAT):
                    told = await reader.read(65536)
                    if not told:
                        return
            except TimeoutError:
                speech.send_text(PING)
            if told:
                speech.receive_data(told)
                self._take(speech, monotonic())
            writer.write(b"".join(speech.data_to_send()))
            if speech.state.name != "OPEN":
                return

    def _take(self, speech: ClientProtocol, now: float) -> None:
        for event in speech.events_received():
            if not isinstance(event, Frame) or event.opcode is not Opcode.TEXT:
                continue
            told = bytes(event.data)
            if b'"posted"' in told or b'"sub"' in told:
                said = msgspec.json.decode(told)
                if said["op"] == "msg" and said["k"] == "posted":
                    self.heard.setdefault(int(said["d"]["id"]), []).append(now)
                elif said["op"] == "sub":
                    self.let_in.extend(now for entry in said["on"] if entry["ch"] == "jobs")
