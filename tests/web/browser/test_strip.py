"""The strip on top is asked for only by those who are signed in, and nothing in it is cut."""

import pytest
from playwright.sync_api import Browser, expect

from tests.web.browser.conftest import DESK, HEIGHTS, NARROWEST, PHONE, SAMPLE_PASSWORD, Site, Visitor


def test_the_strip_is_asked_for_only_when_somebody_is_signed_in(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/me/strip") else None)
    page = visitor.go("/jobs")
    page.wait_for_load_state("networkidle")
    assert asked == []
    expect(page.locator("#strip")).to_have_text("Sign in")
    visitor.sign_in("talent@example.com", SAMPLE_PASSWORD)
    asked.clear()
    visitor.go("/jobs")
    expect(page.locator("#strip")).to_contain_text("Adaeze Nwosu")
    assert len(asked) == 1
    visitor.close()


def test_without_scripts_links_lead_to_ones_own_page(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site, script=False)
    visitor.sign_in("talent@example.com", SAMPLE_PASSWORD)
    expect(visitor.page.locator("#strip")).to_have_text("My page")
    page = visitor.go("/jobs")
    with page.expect_navigation():
        page.locator("#strip").get_by_role("link", name="My page").click()
    expect(page.locator("h1")).to_have_text("Adaeze Nwosu")
    visitor.close()


# What of a strip's links is cut, or reaches past the screen, and what is too small for a thumb.
CUT = """() => [...document.querySelectorAll("#strip a:not([hidden])")].filter((one) => {
    const box = one.getBoundingClientRect(), isSmall = box.width < 44 || box.height < 44;
    return isSmall || one.scrollWidth > one.clientWidth || box.left < 0 || box.right > innerWidth;
}).map((one) => one.outerHTML)"""
COUNTS = """() => {
    document.querySelector('#strip [href="/me/messages"]').insertAdjacentHTML("beforeend", ' <span class="count">99+</span>');
    Object.assign(document.getElementById("unread"), { hidden: false, textContent: "99+" });
}"""


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize("who", ["nobody", "operator"])
def test_nothing_in_the_strip_is_cut(site: Site, chromium: Browser, who: str, script: bool) -> None:
    visitor = Visitor(chromium, site, script=script)
    if who != "nobody":
        visitor.sign_in(f"{who}@example.com", SAMPLE_PASSWORD)
    for path in ("/jobs", "/me")[: 1 if who == "nobody" else 2]:
        page = visitor.go(path)
        if script and who != "nobody":
            page.wait_for_selector("#strip #unread", state="attached")
        if script and who != "nobody" and path == "/jobs":
            page.evaluate(COUNTS)
        for width in (NARROWEST, PHONE, DESK):
            page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            visitor.width = width
            assert page.evaluate(CUT) == [], (path, width)
            assert not visitor.scrolls_sideways(), (path, width)
            visitor.picture(f"strip-{who}-{path[1:]}{'' if script else '-plain'}")
    assert all(text.strip() for text in page.locator("#strip a:not([hidden])").all_text_contents())  # words for who only hears
    visitor.close()
