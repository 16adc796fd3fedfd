"""Pages that lose their line together do not come back together: our own script, in as many pages as one browser holds.

Each frame is a page with a `live.js` of its own, as it stands in the source. What it waits for is noted where it asks the browser
to wait; the waits are shortened where minutes would pass.
"""

import os
from collections.abc import Callable, Iterator
from statistics import fmean
from typing import Any, cast

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute

from nollycrewhub.platform.live.hub import LEAST_SPREAD, SOCKETS_A_SECOND
from tests.measuring import TOP, Measure
from tests.served import wait_until
from tests.web.browser.conftest import Site
from tests.web.browser.wire import Wire

MANY = 200 if os.environ.get("NOLLYCREWHUB_FULL") else 50
LIVE = TOP / "src" / "nollycrewhub" / "web" / "static" / "src" / "live.js"
LONGEST = 60_000
HOUR = 3_600_000
# What a frame asks for is noted: when it opens a line, when one ends, how long it waits. The top page says how much faster
# waits pass, and by how much its clock is ahead.
WITNESS = """(() => {
    const Real = WebSocket, later = setTimeout.bind(window), now = Date.now.bind(Date);
    Object.assign(window, { made: [], ended: [], waits: [], heard: [] });
    window.WebSocket = class extends Real {
        constructor(...given) {
            super(...given);
            made.push(now());
            this.addEventListener("close", () => ended.push(now()));
        }
    };
    window.setTimeout = (work, wait = 0, ...given) => {
        waits.push(wait);
        return later(work, wait / (top.faster || 1), ...given);
    };
    Date.now = () => now() + (top.ahead || 0);
})();"""
FRAME = '<!doctype html><title>One</title><script type="module" src="/one.js"></script>'
ONE = 'import { on } from "/live.js"; on("jobs", ({ kind }) => heard.push(kind));'
ALL = "(what) => Array.from(frames).map((one) => [...one[what]])"
FORGET = "() => { for (const one of Array.from(frames)) one.made.length = one.ended.length = one.waits.length = one.heard.length = 0; }"


class Pages:
    """Many pages of one browser, and what each has asked for."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        context.add_init_script(WITNESS)
        whole = f"<!doctype html><title>All</title>{'<iframe src=/one></iframe>' * MANY}"
        for path, kind, body in (
            ("/all", "text/html", whole), ("/one", "text/html", FRAME), ("/one.js", "text/javascript", ONE), ("/live.js", "text/javascript", LIVE.read_text()),
        ):  # fmt: skip
            context.route(f"{url}{path}", answering(kind, body))
        self.page: Page = context.new_page()
        self.url = url

    def open(self) -> None:
        """All are there, and hear what they follow."""
        self.page.goto(f"{self.url}/all", wait_until="load")
        self.until(lambda: all("open" in one for one in self.all("heard")), "not every page has its line")

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Waits, while the browser's own events are heard."""

        def look() -> bool:
            self.page.wait_for_timeout(20)
            return true()

        wait_until(look, what=what)

    def all(self, what: str) -> list[list[Any]]:
        """What each page has noted."""
        return cast("list[list[Any]]", self.page.evaluate(ALL, what))

    def forget(self, *, ahead: int = 0, faster: int = 1) -> None:
        """From now on only what comes is noted; the clock jumps ahead, and waits pass faster."""
        self.page.evaluate("([ahead, faster]) => Object.assign(window, { ahead, faster })", [ahead, faster])
        self.page.evaluate(FORGET)

    def waited(self, times: int = 1) -> list[list[float]]:
        """How long each page waits the first time, the second, and so on."""
        self.until(lambda: all(len(one) >= times for one in self.all("waits")), f"not every page has waited {times} times")
        return [list(of_one) for of_one in zip(*(one[:times] for one in self.all("waits")), strict=True)]


def answering(kind: str, body: str) -> Callable[[Route], None]:
    """Answers with a fixed text."""
    return lambda route: route.fulfill(body=body, content_type=kind)


class Server:
    """The other end of every line: says hello or not, and ends them when it is told to."""

    def __init__(self, *, spread: float = 1.0) -> None:
        self.hello = msgspec.json.encode({"op": "hello", "v": 1, "who": None, "beat": 25, "spread": spread}).decode()
        self.mode = "well"
        self.lines: list[WebSocketRoute] = []

    def take(self, line: WebSocketRoute) -> None:
        """A page that comes."""
        if self.mode in ("well", "flapping"):
            line.send(self.hello)
        if self.mode == "well":
            self.lines.append(line)
            line.on_message(lambda text: self.answer(line, msgspec.json.decode(text)))
        else:
            line.close(code=1012)

    def answer(self, line: WebSocketRoute, frame: dict[str, Any]) -> None:
        """Where the channel stands."""
        if frame["op"] == "sub":
            entry = {"ch": "jobs", "e": "1.1.1", "n": 7, "at": "1/1"}
            line.send(msgspec.json.encode({"op": "sub", "id": frame["id"], "on": [entry], "no": []}).decode())

    def end_all(self, *, saying: dict[str, Any] | None = None) -> None:
        """Ends every line."""
        lines, self.lines = self.lines, []
        for line in lines:
            if saying:
                line.send(msgspec.json.encode({"op": "bye", **saying}).decode())
            line.close(code=1012)


@pytest.fixture
def browse(site: Site, chromium: Browser) -> Iterator[Callable[[str], Pages]]:
    """Opens as many pages on an address."""
    context = chromium.new_context(service_workers="block")
    yield lambda url: Pages(context, url)
    context.close()


def are_spread(waits: list[float], *, over: float, least: float = 0.0) -> None:
    """Drawn from all of a span, not from a part of it and not together. By chance alone this fails once in a million times."""
    assert len(set(waits)) > len(waits) * 0.9, "the same moment for many"
    parts = [(wait - least) / over for wait in waits]
    assert min(parts) >= 0 and max(parts) <= 1, (min(waits), max(waits))
    assert min(parts) < 0.3 and max(parts) > 0.7 and 0.3 < fmean(parts) < 0.7, sorted(waits)
    for tenth in range(10):
        assert sum(tenth <= part * 10 < tenth + 1 for part in parts) <= len(parts) * 0.4, (tenth, sorted(waits))


def test_pages_whose_line_is_cut_together_come_back_one_by_one_and_hear_on(browse: Callable[[str], Pages], site: Site, measured: Measure) -> None:  # fmt: skip
    """On the real server, which asks each page for a spread of as many seconds as its clients then need, and one at least."""
    wire = Wire(site.url)
    pages = browse(wire.url)
    pages.open()
    pages.forget(ahead=HOUR)
    wire.cut()
    [first] = pages.waited()
    pages.until(lambda: all(pages.all("made")), "not every page has come back")
    came = sorted(made[0] - min(ended[0] for ended in pages.all("ended")) for made in pages.all("made"))
    are_spread(first, over=1000 * max(LEAST_SPREAD, MANY / SOCKETS_A_SECOND))
    crowd = max(sum(0 <= other - one < 100 for other in came) for one in came)
    measured("coming-back", pages=MANY, first_ms=came[0], last_ms=came[-1], most_in_100_ms=crowd)
    assert crowd < MANY / 2, came
    wire.close()


@pytest.mark.parametrize(
    ("mode", "spread"),
    [
        ("away", 20.0),
        ("flapping", 1.0),
        pytest.param("away", 1.0, marks=pytest.mark.full),
        pytest.param("flapping", 20.0, marks=pytest.mark.full),
    ],
)
def test_a_server_that_stays_away_is_asked_ever_more_rarely(browse: Callable[[str], Pages], site: Site, measured: Measure, mode: str, spread: float) -> None:  # fmt: skip
    """Also one that lets pages in and loses them at once; and nobody comes sooner than it asked for when it was well."""
    server = Server(spread=spread)
    pages = browse(site.url)
    pages.context.route_web_socket("**/ws", server.take)
    pages.open()
    pages.forget(ahead=HOUR, faster=1000)
    server.mode = mode
    server.end_all()
    tries = pages.waited(7)
    pages.context.unroute_all(behavior="ignoreErrors")
    spans = [spread * 1000, *(max(spread * 1000, min(LONGEST, 1000 * 2**failures)) for failures in range(1, 7))]
    for waits, span in zip(tries, spans, strict=True):
        are_spread(waits, over=span)
    means = [round(fmean(waits)) for waits in tries]
    measured("coming-back-later", pages=MANY, mode=mode, spread=spread, mean_waits_ms=means)
    assert means[-1] > 20_000


def test_who_is_told_when_to_come_again_comes_then_and_not_all_in_one_moment(browse: Callable[[str], Pages], site: Site) -> None:
    server = Server()
    pages = browse(site.url)
    pages.context.route_web_socket("**/ws", server.take)
    pages.open()
    pages.forget(faster=100)
    server.end_all(saying={"code": 1012, "why": "restart", "retry": 30})
    [first] = pages.waited()
    are_spread([wait - min(first) for wait in first], over=1000)
    assert 29_000 < min(first) < 30_300


def test_when_the_network_is_back_pages_come_back_spread(browse: Callable[[str], Pages], site: Site) -> None:
    server = Server(spread=4.0)
    pages = browse(site.url)
    pages.context.route_web_socket("**/ws", server.take)
    pages.open()
    pages.context.set_offline(True)
    pages.until(lambda: bool(pages.page.evaluate("Array.from(frames).every((one) => !one.navigator.onLine)")), "it is still online")
    pages.forget()
    pages.context.set_offline(False)
    [first] = pages.waited()
    are_spread(first, over=4000)
