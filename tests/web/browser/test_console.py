"""The operator's console on a phone and a desk: its plots can be read, and an open page renews itself."""

import asyncio
import itertools
import threading
import time

import pytest
from playwright.sync_api import Browser, expect

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.live import Teller
from nollycrewhub.platform.settings import Settings
from tests.scaling.past import HOUR
from tests.web.browser.conftest import DATABASE, DESK, PHONE, SAMPLE_PASSWORD, Site, Visitor, of_own_database

SOON = 10_000
SMALLEST = 11  # px of a letter in a plot
LETTERS = """() => [...document.querySelectorAll(".plot svg text")].map(one => one.getBoundingClientRect().height / 1.2)"""
INSIDE = """() => [...document.querySelectorAll(".plot svg")].flatMap(svg => {
    const frame = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].filter(text => {
        const box = text.getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1;
    }).map(text => text.textContent);
})"""
DECIDED = """
insert into scaling.decision (term, at, until, looks, web_before, workers_before, web, workers, actions, reasons, sample, outcome)
select max(id), now(), now(), 1, 2, 1, 4, 1, '{}', '{"seventy-one requests are in flight"}',
       '{"at": 0, "web": 2, "workers": 1, "web_asked": 2, "workers_asked": 1}', 'asked' from scaling.term
"""


@pytest.fixture(scope="module")
def rush(site: Site, stack: Stack) -> None:
    """An hour with a rush is stored."""
    stack.primary.sql("truncate scaling.look, scaling.decision, scaling.incident, scaling.term", database=DATABASE)
    stack.primary.sql(HOUR, database=DATABASE)


def operator(chromium: Browser, site: Site, width: int, theme: str = "light") -> Visitor:
    """Signed in."""
    visitor = Visitor(chromium, site, width=width, theme=theme)
    visitor.sign_in("operator@example.com", SAMPLE_PASSWORD)
    return visitor


@pytest.mark.parametrize(("width", "theme"), [(PHONE, "light"), (DESK, "dark")])
def test_plots_can_be_read_on_a_phone_and_on_a_desk(site: Site, chromium: Browser, rush: None, width: int, theme: str) -> None:
    visitor = operator(chromium, site, width, theme)
    for path, name in (("/ops/scaling", "console"), ("/ops/scaling/history?hours=24", "console-history")):
        page = visitor.go(path)
        assert page.locator(".plot svg").count() == 6
        assert min(page.evaluate(LETTERS)) >= SMALLEST
        assert page.evaluate(INSIDE) == []
        assert not visitor.scrolls_sideways()
        visitor.picture(name)
    visitor.go("/ops/scaling/traffic")
    assert not visitor.scrolls_sideways()
    visitor.picture("console-traffic")
    visitor.close()


def test_an_open_console_shows_what_is_decided_and_leaves_open_what_is_open(
    site: Site, chromium: Browser, rush: None, stack: Stack
) -> None:
    visitor = operator(chromium, site, DESK)
    page = visitor.go("/ops/scaling")
    page.locator("#figures summary").click()
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    stack.primary.sql(DECIDED, database=DATABASE)
    expect(page.locator("#console")).to_contain_text("seventy-one requests are in flight", timeout=SOON)
    assert page.locator("#figures").get_attribute("open") is not None
    stack.primary.sql("update scaling.incident set closed = now()", database=DATABASE)
    expect(page.locator("#console .notice")).to_have_count(0, timeout=SOON)
    assert [line for line in visitor.refused if "404" not in line] == []
    visitor.close()


def tell_often(settings: Settings, seconds: float) -> threading.Thread:
    """A scaler that looks far too often, in a thread of its own."""

    async def tell() -> None:
        valkeys = Valkeys(of_own_database(settings))
        teller = Teller(valkeys.telling)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            teller.say("ops", "scaling.look")
            await asyncio.sleep(0.1)
        await teller.stop()
        await valkeys.stop()

    thread = threading.Thread(target=lambda: asyncio.run(tell()))
    thread.start()
    return thread


def test_a_console_renews_every_third_second_however_often_something_is_told(
    site: Site, chromium: Browser, rush: None, settings: Settings
) -> None:
    visitor = operator(chromium, site, DESK)
    page = visitor.go("/ops/scaling")
    asked: list[float] = []
    page.on("request", lambda request: asked.append(time.monotonic()) if request.url.endswith("/ops/scaling") else None)
    telling = tell_often(settings, 9)
    page.wait_for_timeout(9_500)
    telling.join()
    between = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert 2 <= len(asked) <= 4
    assert min(between) > 2
    visitor.close()
