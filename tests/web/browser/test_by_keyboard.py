"""Without a mouse: the skip link first, every stop visible, and a whole search and application by keys alone."""

from playwright.sync_api import Browser, Page, expect

from tests.web.browser.conftest import DESK, SAMPLE_PASSWORD, Site, Visitor

FOCUS = """() => {
    const one = document.activeElement, seen = one.closest(".card") && one.matches(".card-title a") ? getComputedStyle(one, "::after") : getComputedStyle(one);
    return { name: (one.textContent || one.name || "").trim().slice(0, 40), tag: one.tagName, width: parseFloat(seen.outlineWidth), style: seen.outlineStyle, inView: one.getBoundingClientRect().top >= -1 };
}"""


def stops(page: Page, count: int) -> list[dict[str, object]]:
    """What the next tabs stop at."""
    found = []
    for _ in range(count):
        page.keyboard.press("Tab")
        found.append(page.evaluate(FOCUS))
    return found


def tab_to(page: Page, name: str, *, most: int = 60) -> None:
    """Tabs until the element of that name or text has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate("[document.activeElement.textContent.trim(), document.activeElement.id, document.activeElement.name]")
        if name in found:
            return
    raise AssertionError(f"{name} is not reached in {most} tabs")


def test_the_skip_link_comes_first_and_every_stop_is_seen(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site, width=DESK)
    page = visitor.go("/jobs")
    found = stops(page, 16)
    names = [one["name"] for one in found]
    assert names[:6] == ["Skip to the page", "NollyCrewHub", "Jobs", "Talent", "Post a job", "Sign in"]
    hidden = [one for one in found if not (one["style"] != "none" and float(str(one["width"])) >= 2 and one["inView"])]
    assert hidden == []
    page = visitor.go("/jobs")
    page.keyboard.press("Tab")
    visitor.picture("keyboard-skip-link")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    after = stops(page, 1)[0]
    assert after["tag"] == "INPUT", "the first stop inside the page is its search box"
    visitor.close()


def test_applying_by_keys_alone(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site, width=DESK)
    page = visitor.go("/signin?next=/jobs")
    tab_to(page, "email")
    page.keyboard.type("test@example.com")
    tab_to(page, "password")
    page.keyboard.type(SAMPLE_PASSWORD)
    with page.expect_navigation(url="**/jobs"):
        page.keyboard.press("Enter")
    tab_to(page, "search-q")
    page.keyboard.type("igbo actres")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "Lead actress, Igbo-speaking")
    with page.expect_navigation(url="**/jobs/12345"):
        page.keyboard.press("Enter")
    tab_to(page, "Apply")
    with page.expect_navigation(url="**/jobs/12345/apply"):
        page.keyboard.press("Enter")
    tab_to(page, "note")
    page.keyboard.type("By keys alone.")
    tab_to(page, "Send my application")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("By keys alone.")
    tab_to(page, "Withdraw my application")
    page.keyboard.press("Enter")
    tab_to(page, "Yes, withdraw it")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Send my application")).to_be_visible()
    visitor.close()


def test_a_wrong_form_takes_the_focus_to_what_is_wrong(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site)
    page = visitor.go("/register")
    page.fill("#name", "Ada")
    page.fill("main #address", "ada at example")
    page.fill("#password", "three unusual words")
    visitor.press("Join")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "address"
    assert page.locator("#address").get_attribute("aria-invalid") == "true"
    visitor.picture("form-with-a-fault")
    visitor.close()
