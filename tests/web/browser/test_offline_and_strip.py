"""The worker keeps the shell and nothing of anybody; the strip is asked for only by those who are signed in."""

import pytest
from playwright.sync_api import Browser, expect

from tests.web.browser.conftest import DESK, HEIGHTS, NARROWEST, PHONE, SAMPLE_PASSWORD, Site, Visitor

KEPT = """async () => {
    const found = [];
    for (const name of await caches.keys()) for (const one of await (await caches.open(name)).keys()) found.push(new URL(one.url).pathname);
    return found;
}"""


def test_offline_the_page_says_so_and_nothing_personal_is_kept(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site)
    visitor.sign_in("talent@example.com", SAMPLE_PASSWORD)
    page = visitor.go("/me/profile")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    for path in ("/me", "/me/applications", "/jobs", "/api/profile"):
        visitor.go(path)
    visitor.go("/me")
    kept = page.evaluate(KEPT)
    assert "/offline" in kept
    assert [path for path in kept if path != "/offline" and not path.startswith("/assets/")] == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    visitor.context.set_offline(True)
    visitor.go("/me/applications")
    expect(page.locator("h1")).to_have_text("You are offline")
    assert "Adaeze" not in page.content()
    visitor.picture("offline")
    visitor.context.set_offline(False)
    with page.expect_navigation():
        page.get_by_role("link", name="Try again").click()
    expect(page.locator("h1")).to_have_text("My applications")
    visitor.close()


def test_the_site_can_be_installed(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site)
    page = visitor.go("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    cdp = visitor.context.new_cdp_session(page)
    manifest = cdp.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert '"start_url":"/"' in manifest["data"].replace(" ", "")
    assert cdp.send("Page.getInstallabilityErrors")["installabilityErrors"] == [] or all(
        one["errorId"] == "in-incognito" for one in cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]
    )
    visitor.close()


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
