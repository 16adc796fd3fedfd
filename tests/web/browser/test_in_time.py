"""How soon an open page knows: a notice with its figure on top, what came while the line was not there yet, and that one is shut out."""

import re
from secrets import token_hex
from typing import cast

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.measuring import Measure
from tests.served import wait_until
from tests.web.browser.conftest import SAMPLE_PASSWORD, Site, Visitor, join
from tests.web.browser.phone import controlled
from tests.web.browser.test_live import LISTING, Notify, actress, count
from tests.web.browser.test_live import notify as notify  # noqa: PLC0414 - pytest finds fixtures by name
from tests.web.browser.wire import Wire

WITHIN, TOGETHER, SHUT = 5_000, 100, 1_000
MOST_ON_CONNECTING = 1_200
# The moment at which the figure on top and the list below first say something else than before.
WATCH = """(title) => {
    window.saw = {};
    const look = () => {
        const now = performance.timeOrigin + performance.now();
        if (document.getElementById("unread")?.textContent !== window.before) saw.figure ??= now;
        if (document.getElementById("notices")?.textContent.includes(title)) saw.notice ??= now;
    };
    window.before = document.getElementById("unread").textContent;
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
NOW = "performance.timeOrigin + performance.now()"


def bearer(site: Site) -> dict[str, str]:
    """The sample's producer at the API."""
    login = {"email": "producer@example.com", "password": SAMPLE_PASSWORD}
    return {"authorization": f"Bearer {httpx.post(f'{site.url}/api/auth/login', json=login, headers={'origin': site.url}).json()['token']}"}


def test_a_new_job_that_fits_is_on_an_open_page_within_five_seconds_and_its_figure_with_it(site: Site, chromium: Browser, measured: Measure) -> None:  # fmt: skip
    """By the front door: a search is saved, somebody else posts, and two open pages are looked at from the inside."""
    visitor, word = Visitor(chromium, site), f"Quill{token_hex(4)}"
    join(site, visitor, "Ada Waits", f"ada-{word.lower()}@example.test")
    title = f"Gaffer for {word}"
    saved = visitor.context.request.post("/api/jobs/searches", data={"q": word}, headers={"origin": site.url})
    assert saved.ok, saved.text()
    page, public = visitor.go("/me/notices"), visitor.context.new_page()
    public.goto("/jobs", wait_until="load")
    for one in (page, public):
        count(one)
        one.wait_for_timeout(500)  # the line is there
        one.evaluate(WATCH, title)
    producer = bearer(site)
    began = page.evaluate(NOW)
    posted = httpx.post(f"{site.url}/api/jobs", json={**LISTING, "title": title}, headers=producer)
    assert posted.status_code == 201, posted.text
    for one in (page, public):
        wait_until(lambda one=one: one.evaluate("saw.figure"), what="no figure")
    wait_until(lambda: page.evaluate("saw.notice"), what="no notice in the list")
    figure, notice, elsewhere = page.evaluate("saw.figure"), page.evaluate("saw.notice"), public.evaluate("saw.figure")
    measured(
        "notice-on-screen", notice_ms=round(notice - began), figure_ms=round(figure - began), on_another_page_ms=round(elsewhere - began)
    )
    assert max(notice, figure, elsewhere) - began < WITHIN
    assert abs(notice - figure) < TOGETHER, "one came without the other"
    assert count(page) == count(public) == 1
    expect(public.locator("#unread")).to_have_attribute("aria-label", "1 unread")
    visitor.close()


def asked_by(page: Page) -> list[str]:
    """The addresses of everything a page asks for from now on, files aside."""
    asked: list[str] = []
    page.on("request", lambda request: "/assets/" in request.url or asked.append(re.sub(r"^https?://[^/]+", "", request.url)))
    return asked


OPENINGS = 3


@pytest.mark.parametrize("path", ["/jobs", "/me/profile"])
def test_a_page_asks_once_for_both_figures_and_not_again_as_it_connects(site: Site, chromium: Browser, path: str) -> None:
    """Each time it does so: on a busy machine one of three openings may ask once more, which says nothing of the page."""
    visitor = actress(chromium, site)
    asked, frames = asked_by(visitor.page), list[str]()
    visitor.page.on("websocket", lambda line: line.on("framereceived", lambda frame: frames.append(str(frame))))
    often = []
    for _ in range(OPENINGS):
        asked.clear()
        frames.clear()
        page = visitor.go(path)
        expect(page.locator("#unread")).to_be_attached()
        while not any('"op":"sub"' in frame for frame in frames):
            page.wait_for_timeout(50)
        page.wait_for_timeout(500)
        often.append(asked.count("/me/strip"))
        assert [one for one in asked if one.startswith("/api/")] == [], (asked, frames)
    assert min(often) == 1 and sorted(often)[1] == 1, often
    expect(page.locator("#strip [data-badge]")).to_contain_text("Messages")
    visitor.close()


def test_what_both_figures_take_on_the_wire(site: Site, chromium: Browser, measured: Measure) -> None:
    """The whole answer, headers and all, on a page of one's own; a public page has it already."""
    wire = Wire(site.url)
    talent = actress(chromium, site)
    context = chromium.new_context(base_url=wire.url, storage_state=talent.context.storage_state())
    page = context.new_page()
    page.goto("/me/devices", wait_until="load")
    expect(page.locator("#unread")).to_be_attached()
    wire.settled()
    wire.reset()
    page.evaluate("fetch('/me/strip', { headers: { accept: 'text/html' } }).then((answer) => answer.text())")
    size = wire.settled()
    measured("both-figures", bytes=size)
    assert 300 < size <= MOST_ON_CONNECTING
    context.close()
    talent.close()
    wire.close()


def test_what_came_between_the_strip_and_the_line_is_counted(site: Site, chromium: Browser, notify: Notify) -> None:
    visitor = actress(chromium, site)
    before = count(visitor.page)
    held: list[str] = []

    def hold(route: Route) -> None:
        answer = route.fetch()
        if not held:
            held.append(answer.text())
            notify("Told while the strip was on its way")
        route.fulfill(response=answer)

    visitor.page.route("**/me/strip", hold)
    page = visitor.go("/jobs")
    expect(page.locator("#unread")).to_have_text(str(before + 1))
    assert f">{before}</a>" in held[0], "the first strip was an old one"
    visitor.close()


def test_a_ban_takes_an_open_page_off_the_screen_within_a_second(site: Site, chromium: Browser, measured: Measure) -> None:
    visitor, operator = Visitor(chromium, site), Visitor(chromium, site)
    handle = join(site, visitor, "Ada Banned", "ada-banned@example.test")
    operator.sign_in("operator@example.com", SAMPLE_PASSWORD)
    operator.go(f"/ops/people?q={handle}")
    form = cast("str", operator.page.locator("form[action$='/ban']").get_attribute("action"))
    page = controlled(visitor.go("/me/profile"))
    count(page)
    page.wait_for_timeout(500)  # the line is there
    began = page.evaluate(NOW)
    done = operator.context.request.post(
        form, form={"reason": "Asked talent for money.", "q": handle}, headers={"origin": site.url}, max_redirects=0
    )
    assert done.status == 303, done.text()
    page.wait_for_url(re.compile("/signin"), wait_until="commit", timeout=5000)
    took = page.evaluate("performance.timeOrigin") - began
    measured("banned", milliseconds=round(took))
    assert took < SHUT
    for one in (visitor, operator):
        one.close()
