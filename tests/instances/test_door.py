"""While there is no room a connection turns requests away itself: over real sockets, and only those that memory cannot answer."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import msgspec
import pytest
import uvicorn
from litestar import get, post

from nollycrewhub.cli.serving import server_config
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform.app import Process, build
from nollycrewhub.platform.module import Module
from nollycrewhub.platform.settings import Settings


@get("/api/while", access="public")
async def a_while() -> dict[str, str]:
    """Takes longer than a connection is kept idle."""
    await asyncio.sleep(0.6)
    return {"done": "yes"}


@get("/api/auth/quick", access="public")
async def quick() -> dict[str, str]:
    """Stands for signing in."""
    return {"done": "yes"}


@post("/api/echo", access="public")
async def echo(data: dict[str, int]) -> dict[str, int]:
    """Says what it is told."""
    return data


class Line:
    """One connection, read as a strict client does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *requests: str, version: str = "1.1", headers: str = "", body: str = "") -> None:
        """All in one packet."""
        extra = headers + (f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n" if body else "")
        self.writer.write("".join(f"{one} HTTP/{version}\r\nHost: here\r\n{extra}\r\n{body}" for one in requests).encode())

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, body."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        return int(head[0].split()[1]), headers, await self.reader.readexactly(int(headers.get("content-length", "0")))

    async def ask(self, request: str, *, version: str = "1.1", headers: str = "", body: str = "") -> tuple[int, dict[str, str], bytes]:
        """One request and its answer."""
        self.send(request, version=version, headers=headers, body=body)
        return await self.answer()

    async def has_ended(self) -> bool:
        """Whether the server hangs up."""
        return await asyncio.wait_for(self.reader.read(1), 10) == b""


class Serving(uvicorn.Server):
    """uvicorn without its own handlers of signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@asynccontextmanager
async def served(process: Process, *, keep_alive: float = 75) -> AsyncIterator[int]:
    """The process behind a real socket."""
    config = server_config(process)
    config.timeout_keep_alive, config.lifespan = keep_alive, "off"  # type: ignore[assignment]
    config.port = free_port()
    server = Serving(config)
    serving = asyncio.create_task(server._serve())
    await server.is_up.wait()
    yield config.port
    server.should_exit = True
    await serving


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    """A connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Line(reader, writer)
    writer.close()


@pytest.fixture
async def small(settings: Settings) -> AsyncIterator[Process]:
    """A process of its own."""
    trusting = msgspec.structs.replace(settings, edge_addresses=("127.0.0.1/32",))
    process = build(trusting, [Module(name="slow", routes=(a_while, quick, echo))], hearers={})
    await process.runtime.start()
    yield process
    await process.runtime.stop()


@contextmanager
def full(process: Process) -> Iterator[None]:
    """As many under way as there may be."""
    process.gate.admission.under_way += process.gate.admission.most
    yield
    process.gate.admission.under_way -= process.gate.admission.most


async def test_it_says_what_the_gate_says(small: Process) -> None:
    async with served(small) as port, line(port) as one:
        with full(small):
            status, headers, body = await one.ask("GET /api/nothing", headers="CF-IPCountry: GB\r\n")
            _, by_gate, same = await one.ask("GET /api/%6eothing", headers="CF-IPCountry: GB\r\n")
            assert (status, body) == (503, same)
            assert 1 <= int(headers.pop("retry-after")) <= 3
            del by_gate["retry-after"], by_gate["date"], headers["date"]
            assert headers == by_gate
            assert headers["x-region"] == "europe"
            assert "script-src 'self'" in headers["content-security-policy"]
        assert (await one.ask("GET /api/nothing"))[0] == 404, "the connection goes on"
    assert small.gate.admission.under_way == 0


async def test_who_has_room_of_their_own_comes_in(small: Process) -> None:
    async with served(small) as port, line(port) as one:
        with full(small):
            assert (await one.ask("GET /api/auth/quick"))[0] == 200
            assert (await one.ask("GET /livez"))[0] == 200
            assert (await one.ask("POST /api/echo", body='{"a":1}'))[0] == 503
            assert (await one.ask("GET /api/while", body="{}"))[0] == 503
            for alike in ("/opsnothing", "/signinnothing", "/live/nothing"):
                assert (await one.ask(f"GET {alike}"))[0] == 503, "no room is kept for what only begins alike"
        assert (await one.ask("POST /api/echo", body='{"a":1}'))[0] == 201, "no byte of a refused body is taken for the next request"


async def test_several_in_one_packet(small: Process) -> None:
    async with served(small) as port, line(port) as one:
        with full(small):
            one.send("GET /api/while", "GET /api/auth/quick", "GET /api/while", "GET /livez")
            assert [(await one.answer())[0] for _ in range(4)] == [503, 200, 503, 200]


async def test_who_wants_to_leave_leaves(small: Process) -> None:
    async with served(small) as port:
        with full(small):
            async with line(port) as old:
                status, headers, _ = await old.ask("GET /api/while", version="1.0")
                assert (status, headers["connection"]) == (503, "close") and await old.has_ended()
            async with line(port) as polite:
                assert (await polite.ask("GET /api/while", headers="Connection: close\r\n"))[0] == 503
                assert await polite.has_ended()
            small.gate.readiness.draining = True
            async with line(port) as late:
                assert (await late.ask("GET /api/while"))[1]["connection"] == "close" and await late.has_ended()
            async with line(port) as later:
                status, headers, _ = await later.ask("POST /api/echo", body='{"a":1}')
                assert (status, headers["connection"]) == (503, "close") and await later.has_ended()


async def test_an_idle_line_ends_and_a_waiting_one_does_not(small: Process) -> None:
    async with served(small, keep_alive=0.2) as port:
        async with line(port) as idle:
            with full(small):
                assert (await idle.ask("GET /api/while"))[0] == 503
            assert await idle.has_ended()
        async with line(port) as waiting:
            with full(small):
                waiting.send("GET /api/nothing", "GET /api/auth/quick")
                assert [(await waiting.answer())[0] for _ in range(2)] == [503, 200]
                waiting.send("GET /api/nothing")
                assert (await waiting.answer())[0] == 503
            assert (await waiting.ask("GET /api/while"))[0] == 200, "an answer that takes longer than an idle line lives is not cut"


async def test_what_memory_may_answer_comes_in(process: Process) -> None:
    async with served(process) as port, line(port) as one:
        assert (await one.ask("GET /jobs?kind=casting"))[0] == 200
        assert (await one.ask("GET /api/jobs?limit=7"))[0] == 200
        with full(process):
            assert (await one.ask("GET /api/jobs?limit=7"))[1]["x-cache"] == "hit"
            assert (await one.ask("GET /jobs?kind=casting&fbclid=once"))[1]["x-cache"] == "hit", "shared links are spelt anew each time"
            assert (await one.ask("GET /api/jobs?limit=8"))[0] == 503
            assert (await one.ask("GET /jobs?kind=crew"))[0] == 503
            assert (await one.ask("GET /api/profile"))[0] == 503
        assert (await one.ask("GET /api/jobs?limit=8"))[0] == 200
