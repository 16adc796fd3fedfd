"""A real socket: no body follows HEAD and the connection answers on; what is no HTTP is refused in our own words."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from nollycrewhub.platform.settings import Settings
from tests.served import Served, environment

PATHS = (
    "/livez", "/readyz", "/metrics", "/docs", "/docs/auth", "/schema/openapi.json", "/robots.txt", "/sitemap-jobs.xml", "/sitemap-talent.xml", "/register",
    "/signin", "/jobs", "/talent", "/api/jobs", "/api/jobs?view=tiny", "/api/profile", "/api/nothing", "/nothing", "/me",
    "/media/photos/nothing.webp", "/assets/nothing.css",
)  # fmt: skip


class Line:
    """One kept-alive connection, read byte by byte as a strict client does."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.stream = self.socket.makefile("rb")

    def ask(self, method: str, path: str) -> tuple[int, dict[str, str]]:
        """Status and headers of an answer; the body, if the method has one, is read and left."""
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        first = self.stream.readline()
        assert first.startswith(b"HTTP/1.1 "), f"{method} {path}: {first!r} instead of an answer"
        headers: dict[str, str] = {}
        while (line := self.stream.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        if method != "HEAD":
            self._pass_body(headers)
        return int(first.split()[1]), headers

    def _pass_body(self, headers: dict[str, str]) -> None:
        if headers.get("transfer-encoding") != "chunked":
            self.stream.read(int(headers.get("content-length", "0")))
            return
        while size := int(self.stream.readline(), 16):
            self.stream.read(size + 2)
        self.stream.readline()

    def close(self) -> None:
        """Hangs up."""
        self.stream.close()
        self.socket.close()


@pytest.fixture(scope="module")
def served(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A started web process."""
    found = Served(tmp_path_factory.mktemp("web"), ["serve"], environment(settings)).ready()
    yield found
    found.stop()


def test_after_head_the_connection_answers_on(served: Served) -> None:
    for path in PATHS:
        line = Line(served.port)
        try:
            head, said = line.ask("HEAD", path)
            again, _ = line.ask("HEAD", path)
            got, _ = line.ask("GET", path)
            assert head == again == got, path
            assert "connection" not in said, path
            assert line.ask("GET", "/livez")[0] == 200, path
        finally:
            line.close()
    assert "Exception in ASGI application" not in served.said()
    assert [one for one in served.lines() if one.get("level") == "error"] == []


def raw(port: int, request: bytes) -> tuple[bytes, dict[str, str], bytes]:
    """What comes back on a connection until its end: the first line, the headers, the body."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(request)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.split(b"\r\n")
    headers = dict(one.decode().split(": ", 1) for one in rest)
    return first, headers, body


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /api/jobs HTTP/1.1\r\nHost: a\r\nX-Odd: a\x01b\r\n\r\n", b"GET /api/jobs HTTP/1.1\r\nHost: a\r\nX-Odd: a\x00b\r\n\r\n",
        b"GET /api/jobs HTTP/1.1\r\nHo st: a\r\n\r\n", b"NOTHING\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
        b"POST /api/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
    ],
    ids=["a control character", "a zero", "a name with a space", "no request line", "TLS", "a length that is none"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_as_a_problem(served: Served, request_: bytes) -> None:
    first, headers, body = raw(served.port, request_)
    assert first == b"HTTP/1.1 400 Bad Request"
    assert headers["content-type"] == "application/problem+json"
    assert (headers["connection"], headers["cache-control"], int(headers["content-length"])) == ("close", "private, no-store", len(body))
    assert headers["content-security-policy"].startswith("default-src 'none'")
    told = json.loads(body)
    assert (told["type"], told["status"], told["request_id"]) == ("/problems/bad-request", 400, headers["x-request-id"])
    assert "control character" in told["detail"]
    with closing(Line(served.port)) as line:
        assert line.ask("GET", "/livez")[0] == 200
