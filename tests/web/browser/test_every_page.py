"""Every page, phone and desk, light and dark: what axe says, how wide it is, how large its targets are, what it refuses."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.conftest import FULL
from tests.web.browser.conftest import DESK, PHONE, SAMPLE_PASSWORD, Site, Visitor
from tests.web.browser.test_budgets import PAGES

BY_PERSON = {
    "nobody": (*PAGES, "/dev/gallery", "/dev/mail", "/jobs?q=zzzzqq", "/jobs?pay_from=1000&since=2026-01-01", "/reset/confirm"),
    "talent": (
        "/me",
        "/me/profile",
        "/me/applications",
        "/me/notices",
        "/me/notices/sent",
        "/me/notices/settings",
        "/me/searches?q=gaffer",
        "/me/devices",
        "/me/account",
        "/me/privacy",
        "/jobs/12345/apply",
        "/jobs/7/apply",
        "/jobs/12345/report",
    ),
    "producer": ("/me/jobs", "/me/jobs/new", "/me/jobs/12345", "/me/jobs/12345/edit"),
    "operator": ("/ops", "/ops/posts", "/ops/ring", "/ops/people?q=talent@example.com", "/me/confirm-password?next=/ops"),
}
LEAST_TARGET = 44
LOOKS = [(PHONE, "light"), (DESK, "dark")] + ([(PHONE, "dark"), (DESK, "light")] if FULL else [])
SMALL = """least => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary, textarea")]
    .filter(one => one.checkVisibility() && !one.closest(".skip") && getComputedStyle(one).display !== "inline")
    .map(one => {
        const target = ["checkbox", "radio"].includes(one.type) ? one.closest("label") : one;
        return [one.tagName, one.textContent.trim().slice(0, 30), Math.round(target.getBoundingClientRect().height)];
    })
    .filter(([, , height]) => height < least)"""


def judged(page: Page) -> list[str]:
    """axe's violations, each with the first element it names."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


@pytest.mark.parametrize(("width", "theme"), LOOKS)
@pytest.mark.parametrize("who", list(BY_PERSON))
def test_a_page_is_usable_by_everybody(site: Site, chromium: Browser, who: str, width: int, theme: str) -> None:
    visitor = Visitor(chromium, site, width=width, theme=theme)
    if who != "nobody":
        visitor.sign_in(f"{who}@example.com", SAMPLE_PASSWORD)
    faults: dict[str, object] = {}
    for path in BY_PERSON[who]:
        page = visitor.go(path)
        found: list[object] = [*judged(page), *page.evaluate(SMALL, LEAST_TARGET)]
        if visitor.scrolls_sideways():
            found.append("scrolls sideways")
        faults |= {path: found} if found else {}
    own = [line for line in visitor.refused if "404" not in line]
    visitor.close()
    assert faults == {}
    assert own == []
