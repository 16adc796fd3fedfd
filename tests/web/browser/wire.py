"""Stands in front of the site: a plain TCP relay that counts, headers and workers too, and one that is the next deploy."""

import contextlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx

CHUNK = 65_536


class Wire:
    """Relays to the site and counts the bytes that come back to the browser.

    Its pages are the site's own: where they say by what address they came, they say the site's, so that a WebSocket is let in.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.site = url
        self.target = (str(parts.hostname), int(parts.port or 80))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.received = 0
        self.last = 0.0
        self.ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.target)
                self.ends += (near, far)
                threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(CHUNK):
                if counted:
                    self.received += len(part)
                    self.last = time.monotonic()
                else:
                    part = part.replace(self.url.encode(), self.site.encode())
                sink.sendall(part)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self) -> None:
        """Every connection ends now, as when a process is killed; new ones are taken."""
        ends, self.ends = self.ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Starts counting anew."""
        self.received = 0
        self.last = time.monotonic()

    def settled(self, *, quiet: float = 0.4) -> int:
        """The count, once nothing has come for a moment."""
        while time.monotonic() - self.last < quiet:
            time.sleep(0.05)
        return self.received

    def close(self) -> None:
        """Takes no more connections."""
        self.listener.close()


class Passing:
    """Passes requests on to the site; when told to, it shows a browser the next deploy's worker, and holds, changes or fails pages."""

    def __init__(self, url: str) -> None:
        self.target = url
        self.worker: tuple[str, str] | None = None
        self.is_closed = False
        self.held: dict[str, threading.Event] = {}
        self.changed: dict[str, str] = {}
        self.faults: dict[str, int] = {}
        self.asked: list[str] = []
        passing = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                passing.answer(self)

            def do_HEAD(self) -> None:
                passing.answer(self)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """The site's answer, but for the worker's once there is another."""
        if self.is_closed:  # also on a connection that the browser still holds
            handler.close_connection = True
            return
        self.asked.append(f"{handler.command} {handler.path}")
        if handler.command in self.faults:
            self.fail(handler, self.faults[handler.command])
            return
        if held := self.held.get(handler.path):
            held.wait(60)
        kept_back = {"host", "accept-encoding", "connection"} | ({"if-none-match"} if handler.path in self.changed else set())
        given = {name: value for name, value in handler.headers.items() if name.lower() not in kept_back}
        found = httpx.request(handler.command, f"{self.target}{handler.path}", headers={**given, "accept-encoding": "identity"})
        body = found.content
        if self.worker is not None and handler.path == "/sw.js":
            body = body.replace(*(name.encode() for name in self.worker))
        if handler.path in self.changed:
            body = body.replace(b"</h1>", f" {self.changed[handler.path]}</h1>".encode())
        handler.send_response(found.status_code)
        for name, value in found.headers.multi_items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                handler.send_header(name, value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def fail(self, handler: BaseHTTPRequestHandler, status: int) -> None:
        """No answer at all, or one with a status that says no."""
        handler.close_connection = True
        if status:
            handler.send_response(status)
            handler.send_header("content-length", "0")
            handler.end_headers()

    def hold(self, *paths: str) -> None:
        """Pages that are answered only once they are let go."""
        self.held = {path: threading.Event() for path in paths}

    def let_go(self) -> None:
        """The answers that were held come now, and later ones at once."""
        held, self.held = self.held, {}
        for each in held.values():
            each.set()

    def next_deploy(self, name: str, *, former: str) -> None:
        """From now on the worker calls its shell otherwise."""
        self.worker = (former, name)

    def close(self) -> None:
        """Answers nothing any more."""
        self.is_closed = True
        self.server.shutdown()
        self.server.server_close()
