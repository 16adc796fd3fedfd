"""Our script on lines that die without a word, and what a part of a page is told that comes when the line is there already.

A server of our own gives the script as it stands in the source, says hello, and then nothing any more. The browser's waits and
its clock run a hundred times as fast.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from tests.served import wait_until
from tests.web.browser.test_coming_back import LIVE

FAST = 100
QUICK = f"""(() => {{
    const every = setInterval.bind(window), later = setTimeout.bind(window), now = Date.now.bind(Date), begun = now();
    window.setInterval = (work, wait) => every(work, wait / {FAST});
    window.setTimeout = (work, wait = 0) => later(work, wait / {FAST});
    Date.now = () => begun + (now() - begun) * {FAST};
    window.heard = [];
}})();"""
ONE = 'import { on } from "/live.js"; window.on = on; on("jobs", ({ kind }) => heard.push(["first", kind]));'
HELLO = {"op": "hello", "v": 1, "who": None, "beat": 25, "spread": 0.1}


class Quiet:
    """Answers a stream or a poll once, and then holds the line; `says` something in between where it is well."""

    def __init__(self, *, is_well: bool = False) -> None:
        self.asked: list[list[str]] = []
        self.over = threading.Event()
        self.is_well = is_well
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with suppress(ConnectionError):
                    outer.answer(self)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """A page, the script, or a line."""
        parts = urlsplit(handler.path)
        pages = {"/": ("text/html", '<!doctype html><script type="module" src="/one.js"></script>'), "/one.js": ("text/javascript", ONE)}
        pages["/live.js"] = ("text/javascript", LIVE.read_text())
        if parts.path in pages:
            kind, body = pages[parts.path]
            self.head(handler, kind)
            handler.wfile.write(body.encode())
        elif parts.path.startswith("/live/"):
            names = [one["ch"] for one in msgspec.json.decode(parse_qs(parts.query)["to"][0])]
            self.asked.append(names)
            entries = [{"ch": name, "e": "1.1.1", "n": 7, "at": "1/1"} for name in names]
            self.follow(handler, parts.path, [HELLO, {"op": "sub", "id": 0, "on": entries, "no": []}])
        else:
            handler.send_error(404)

    def follow(self, handler: BaseHTTPRequestHandler, path: str, frames: list[dict[str, object]]) -> None:
        """The first frames, and after them a long silence."""
        if path == "/live/poll":
            if len(self.asked) > 1:
                self.over.wait(20)
            self.head(handler, "application/json")
            handler.wfile.write(msgspec.json.encode({"frames": frames}))
            return
        self.head(handler, "text/event-stream")
        handler.wfile.write(b"".join(b"data: " + msgspec.json.encode(frame) + b"\n\n" for frame in frames))
        handler.wfile.flush()
        while not self.over.wait(15 / FAST):
            if self.is_well:
                handler.wfile.write(b'data: {"op":"pong","id":0,"spread":0.1}\n\n')
                handler.wfile.flush()

    def head(self, handler: BaseHTTPRequestHandler, kind: str) -> None:
        """A plain answer."""
        handler.send_response(200)
        handler.send_header("content-type", kind)
        handler.end_headers()

    def stop(self) -> None:
        """Lets every line go."""
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def opened(chromium: Browser, transport: str, *, is_well: bool = False) -> Iterator[tuple[Quiet, Page]]:
    """A page that has its line."""
    quiet = Quiet(is_well=is_well)
    context = chromium.new_context()
    context.add_init_script(f'{QUICK} sessionStorage.setItem("live", "{transport}");')
    page = context.new_page()
    page.goto(quiet.url)
    wait_until(lambda: page.evaluate("heard.length"), what="the page has no line")
    yield quiet, page
    context.close()
    quiet.stop()


@pytest.mark.parametrize("transport", ["events", "poll"])
def test_a_line_that_dies_without_a_word_is_given_up(chromium: Browser, transport: str) -> None:
    with opened(chromium, transport) as (quiet, page):
        before = len(quiet.asked)
        wait_until(lambda: (page.wait_for_timeout(50), len(quiet.asked) > before + 1)[1], within=8, what="the page waits for ever")


def test_a_stream_that_says_that_somebody_is_there_is_kept(chromium: Browser) -> None:
    with opened(chromium, "events", is_well=True) as (quiet, page):
        began = time.monotonic()
        page.wait_for_timeout(2_000)
        assert (time.monotonic() - began) * FAST > 120 and quiet.asked == [["jobs"]]


def test_what_comes_late_is_told_that_the_line_is_there(chromium: Browser) -> None:
    """A part of the page whose script comes late does not know what was told before it; and each further channel is asked for."""
    with opened(chromium, "events", is_well=True) as (quiet, page):
        page.evaluate("""() => {
            on("jobs", ({ kind, at, standing }) => heard.push(["late", kind, at, standing]));
            on("one", ({ kind }) => heard.push(["one", kind]));
            setTimeout(() => on("two", ({ kind }) => heard.push(["two", kind])), 0);
        }""")
        wait_until(lambda: len(page.evaluate("heard")) >= 4, within=5, what="not everything was told")
        assert page.evaluate("heard") == [["first", "open"], ["late", "open", "1/1", "1.1.1 7"], ["one", "open"], ["two", "open"]]
        assert quiet.asked[-1] == ["jobs", "one", "two"]
