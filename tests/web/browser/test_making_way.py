"""A page out of the phone's own store makes way for the fresh one once there is one, and never where somebody has typed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.served import wait_until
from tests.web.browser.conftest import PHONE, Site
from tests.web.browser.phone import controlled, kept
from tests.web.browser.test_every_page import judged
from tests.web.browser.wire import Passing

JOB, OTHER, PERSON, JOBS, PEOPLE = "/jobs/12345", "/jobs/7", "/talent/adaeze-nwosu", "/jobs", "/talent"
FIRST, LONGEST = 2_000, 60_000
FASTER = 60
# What a page waits for is told to the test, and passes faster.
WITNESS = f"""(() => {{
    const later = setTimeout.bind(window);
    window.setTimeout = (work, wait = 0, ...given) => {{
        noted(location.pathname, wait);
        return later(work, wait / {FASTER}, ...given);
    }};
}})();"""
LOOKED_AT = """(isLookedAt) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => !isLookedAt });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
NO_ANSWER, BUSY = 0, 503
WITHOUT_A_WORKER = 5 * LONGEST


@pytest.fixture
def passing(site: Site) -> Iterator[Passing]:
    """What stands before the site."""
    passing = Passing(site.url)
    yield passing
    passing.close()


@pytest.fixture
def phone(passing: Passing, chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that goes through it."""
    context = chromium.new_context(viewport={"width": PHONE, "height": 780}, base_url=passing.url)
    yield context
    context.close()


def opened(phone: BrowserContext, *paths: str) -> dict[str, Page]:
    """A page for each address, all of which are kept."""
    pages = {path: phone.new_page() for path in paths}
    for path, page in pages.items():
        page.goto("/")
        controlled(page).goto(path, wait_until="load")
    wait_until(lambda: set(paths) <= set(kept(pages[paths[0]]).get("seen", [])), what="the pages were not kept")
    return pages


def until(page: Page, true: Callable[[], bool], what: str) -> None:
    """Waits, while the browser's own events are heard."""

    def look() -> bool:
        page.wait_for_timeout(20)
        return true()

    wait_until(look, what=what)


def test_a_page_that_came_late_takes_the_kept_ones_place_once_and_not_where_somebody_types(phone: BrowserContext, passing: Passing) -> None:
    anew, again, typed, same = (JOB, PERSON), OTHER, JOBS, PEOPLE
    pages = opened(phone, *anew, again, typed, same)
    pages[again].evaluate("sessionStorage.setItem(`late ${location.href}`, Date.now())")  # as if it had just loaded itself anew
    passing.changed = dict.fromkeys((*anew, again, typed), "as it is now")
    passing.hold(*pages)
    passing.asked.clear()
    for path, page in pages.items():
        page.evaluate("(path) => { setTimeout(() => { location.href = path; }); }", path)
    for page in pages.values():
        expect(page.locator("#line")).to_contain_text("The network does not answer. Kept on this phone 1 minute ago.", timeout=20_000)
        page.evaluate("document.body.dataset.witness = 'the same page'")
    pages[typed].fill("#search-q", "gaffer in Enugu")
    passing.let_go()
    for path in anew:
        expect(pages[path].locator("h1")).to_contain_text("as it is now")
    for path in (*anew, same):
        expect(pages[path].locator("#line")).to_be_hidden()
    for path in (again, typed):
        expect(pages[path].locator("#line p")).to_have_text("Kept on this phone 1 minute ago.")
        assert judged(pages[path]) == []
    witnesses = {path: page.evaluate("document.body.dataset.witness") for path, page in pages.items()}
    assert witnesses == {path: None if path in anew else "the same page" for path in pages}
    assert pages[typed].input_value("#search-q") == "gaffer in Enugu"
    times = {path: passing.asked.count(f"GET {path}") for path in pages}
    assert times == dict.fromkeys(pages, 1), "what has come is not asked for again"
    for path in (again, typed):
        pages[path].locator("#line").get_by_role("link", name="Try again").click()
        expect(pages[path].locator("h1")).to_contain_text("as it is now")
        expect(pages[path].locator("#line")).to_be_hidden()


def test_a_server_that_is_away_on_a_good_line_is_asked_ever_more_rarely(phone: BrowserContext, passing: Passing) -> None:
    """Also by a page that loaded itself anew in vain; not while nobody looks at it, and not where somebody has typed."""
    pages = opened(phone, JOB, PEOPLE)
    page, typed = pages[JOB], pages[PEOPLE]
    waits: list[float] = []

    def noted(_: Any, path: str, wait: float) -> None:
        if path == JOB and wait != WITHOUT_A_WORKER:
            waits.append(wait)

    phone.expose_binding("noted", noted)
    phone.add_init_script(WITNESS)
    passing.faults = {"GET": NO_ANSWER, "HEAD": BUSY}
    typed.goto(PEOPLE)
    expect(typed.locator("#line")).to_contain_text("The network does not answer. Kept on this phone")
    typed.fill("#search-q", "gaffer in Enugu")
    passing.faults = {"GET": NO_ANSWER}
    page.goto(JOB)
    until(page, lambda: len(waits) >= 3, "it does not load itself anew")
    passing.faults = {"GET": BUSY, "HEAD": BUSY}
    until(page, lambda: len(waits) >= 6, "it asks no more where the server is busy")
    passing.faults = {"GET": NO_ANSWER, "HEAD": NO_ANSWER}
    until(page, lambda: len(waits) >= 8, "it asks no more where nothing answers")
    spans = [min(FIRST * 2**turn, LONGEST) for turn in range(8)]
    assert all(span / 2 <= wait <= span * 1.5 for wait, span in zip(waits, spans, strict=False)), waits
    assert len(set(waits)) == len(waits)
    page.evaluate(LOOKED_AT, False)
    page.wait_for_timeout(300)
    waits.clear()
    passing.asked.clear()
    page.wait_for_timeout(2 * LONGEST / FASTER)
    assert passing.asked == [], "it asked while nobody looked at it"
    page.evaluate(LOOKED_AT, True)
    until(page, lambda: bool(passing.asked), "it asks no more once it is looked at again")
    assert FIRST / 2 <= waits[0] <= FIRST * 1.5
    passing.faults = {}
    expect(page.locator("#line")).to_be_hidden(timeout=10_000)
    assert page.evaluate("document.body.dataset.kept") is None
    assert [one for one in passing.asked if one.endswith(f" {PEOPLE}")] == []
    assert typed.input_value("#search-q") == "gaffer in Enugu"
    assert "Kept on this phone" in typed.locator("#line").inner_text()
