"""HEAD on a real socket: no body follows, and the same connection answers the next request."""

import socket
from collections.abc import Iterator
from pathlib import Path

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


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Iterator[Served]:
    """A started web process."""
    found = Served(tmp_path, ["serve"], environment(settings)).ready()
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
