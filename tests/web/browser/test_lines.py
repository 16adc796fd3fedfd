"""Our script on lines that die without a word or come back as somebody else's, and what a part of a page is told that comes late.

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
from tests.web.browser.test_making_way import LOOKED_AT

FAST = 100
QUICK = f"""(() => {{
    const every = setInterval.bind(window), later = setTimeout.bind(window), now = Date.now.bind(Date), begun = now();
    window.setInterval = (work, wait) => every(work, wait / {FAST});
    window.setTimeout = (work, wait = 0) => later(work, wait / {FAST});
    Date.now = () => begun + (now() - begun) * {FAST};
    window.heard = [];
}})();"""
ONE = 'import { on } from "/live.js"; window.on = on; on("jobs", ({ kind }) => heard.push(["first", kind]));'
HELLO = {"op": "hello", "v": 1, "beat": 25, "spread": 0.1}
ADA, BOLA = "ada", "bola"


class Quiet:
    """Answers a stream or a poll once, and then holds the line; `says` something in between where it is well."""

    def __init__(self, *, is_well: bool = False) -> None:
        self.asked: list[list[str]] = []
        self.lines: set[BaseHTTPRequestHandler] = set()
        self.over = threading.Event()
        self.is_well = is_well
        self.is_away = False
        self.in_vain = 0
        self.who: str | None = ADA
        self.closed: set[str] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with suppress(ConnectionError):
                    outer.answer(self)
                outer.lines.discard(self)

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
        if self.is_away and parts.path not in pages:
            self.in_vain += 1
            handler.connection.close()
        elif parts.path in pages:
            kind, body = pages[parts.path]
            self.head(handler, kind)
            handler.wfile.write(body.encode())
        elif parts.path.startswith("/live/"):
            asked = parse_qs(parts.query)
            names = [one["ch"] for one in msgspec.json.decode(asked["to"][0])]
            if asked.get("wait") == ["0"]:  # the page wants to know whether anybody is here
                self.head(handler, "application/json")
                return
            self.asked.append(names)
            self.lines.add(handler)
            self.follow(handler, parts.path, [{**HELLO, "who": self.who}, self.standing(names)])
        else:
            handler.send_error(404)

    def standing(self, names: list[str]) -> dict[str, object]:
        """Where each channel stands; a stranger has none of their own."""
        mine = {"ch": f"person:{self.who}", "as": "person:me"}
        may = [name for name in names if name not in self.closed and (name != "person:me" or self.who)]
        entries = [{"e": "1.1.1", "n": 7, "at": "1/1", **(mine if name == "person:me" else {"ch": name})} for name in may]
        return {"op": "sub", "id": 0, "on": entries, "no": [{"ch": name, "why": "forbidden"} for name in names if name not in may]}

    def follow(self, handler: BaseHTTPRequestHandler, path: str, frames: list[dict[str, object]]) -> None:
        """The first frames, and after them a long silence."""
        if path == "/live/poll":
            if len(self.asked) > 1 and self.who == ADA and not self.closed & set(self.asked[-1]):
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


def test_a_site_that_is_away_is_no_reason_to_do_without_sockets(chromium: Browser) -> None:
    """A page that a phone had kept comes without the site. Sockets are given up for the tab's life where the site answers and they do not."""
    quiet = Quiet(is_well=True)
    quiet.is_away = True
    context = chromium.new_context()
    context.add_init_script(QUICK)
    page = context.new_page()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(quiet.url)
    wait_until(lambda: (page.wait_for_timeout(50), len(sockets) >= 5)[1], within=8, what="sockets are given up")
    assert quiet.in_vain >= 5 and page.evaluate("sessionStorage.getItem('live')") is None
    quiet.is_away = False
    wait_until(lambda: page.evaluate("heard.length"), within=8, what="the page has no line though the site answers")
    assert page.evaluate("sessionStorage.getItem('live')") == "events"
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


def test_pages_that_nobody_looks_at_leave_the_browser_its_connections(chromium: Browser) -> None:
    """It has six to a host that speaks HTTP/1.1, and a stream keeps one: with six such pages the seventh would never come."""
    with opened(chromium, "events", is_well=True) as (quiet, page):
        others = [page.context.new_page() for _ in range(2)]
        for other in others:
            other.goto(quiet.url)
        wait_until(lambda: len(quiet.lines) == 3, within=5, what="not each page has its line")
        for one in (page, others[0]):
            one.evaluate(LOOKED_AT, False)
        wait_until(lambda: len(quiet.lines) == 1, within=1.5, what="a page keeps its line behind another")
        before = len(quiet.asked)
        page.evaluate(LOOKED_AT, True)
        wait_until(lambda: len(quiet.asked) > before, within=5, what="a page that is looked at again asks for nothing")


@pytest.mark.parametrize("transport", ["socket", "events", "poll"])
def test_a_page_that_opens_behind_another_asks_for_a_stream_when_it_is_looked_at(chromium: Browser, transport: str) -> None:
    """A socket it may have at once, and one that never opens leads to a stream."""
    with opened(chromium, "events", is_well=True) as (quiet, page):
        sockets: list[str] = []
        behind = page.context.new_page()
        behind.add_init_script(f'sessionStorage.setItem("live", "{transport}");')
        behind.add_init_script('Object.defineProperty(document, "hidden", { configurable: true, get: () => true });')
        behind.on("websocket", lambda socket: sockets.append(socket.url))
        before = len(quiet.asked)
        behind.goto(quiet.url, wait_until="load")
        behind.wait_for_timeout(500)
        assert (len(quiet.asked) - before, bool(sockets)) == (0, transport == "socket")
        behind.evaluate(LOOKED_AT, True)
        wait_until(lambda: len(quiet.asked) > before, within=5, what="it asks for nothing when it is looked at")


@pytest.mark.parametrize("transport", ["events", "poll"])
@pytest.mark.parametrize("who", [None, BOLA])
def test_a_page_that_comes_back_as_nobody_or_somebody_else_says_so_once_and_asks_no_more(chromium: Browser, transport: str, who: str | None) -> None:  # fmt: skip
    with opened(chromium, transport) as (quiet, page):
        page.evaluate("""() => { on("person:me", ({ kind }) => heard.push(["own", kind])); }""")
        wait_until(lambda: quiet.asked[-1] == ["jobs", "person:me"], within=5, what="its own channel is not asked for")
        quiet.who = who
        wait_until(lambda: ["own", "signed-out"] in page.evaluate("heard"), within=8, what="it does not say that the session is over")
        before = len(quiet.asked)
        page.wait_for_timeout(1_000)
        assert len(quiet.asked) == before
        assert page.evaluate("heard").count(["own", "signed-out"]) == 1
        assert page.evaluate("heard")[-1] == ["own", "signed-out"]


@pytest.mark.parametrize("transport", ["events", "poll"])
def test_a_channel_that_is_refused_is_not_asked_for_again(chromium: Browser, transport: str) -> None:
    with opened(chromium, transport, is_well=True) as (quiet, page):
        quiet.closed = {"conversation:1"}
        page.evaluate("""() => { on("conversation:1", ({ kind }) => heard.push(["talk", kind])); }""")
        wait_until(lambda: ["talk", "gone"] in page.evaluate("heard"), within=5, what="it does not hear that it may not")
        page.evaluate("""() => { on("one", ({ kind }) => heard.push(["one", kind])); }""")
        wait_until(lambda: quiet.asked[-1] == ["jobs", "one"], within=5, what="a channel is asked for again and again")
