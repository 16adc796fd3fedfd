"""Without a network the last seen pages are there with their age, forms say what happens, and nobody reads another's pages."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from nollycrewhub.web.build import SCREENSHOTS
from tests.measuring import Measure
from tests.served import wait_until
from tests.web.browser.conftest import DESK, FLAGS, PHONE, SAMPLE_PASSWORD, Site, Visitor, join
from tests.web.browser.phone import HAND_OVER, HINT, controlled, kept, letters, make_older, own
from tests.web.browser.test_every_page import judged
from tests.web.browser.wire import Passing

SEEN = ("/jobs", "/jobs?q=gaffer", "/jobs/12345", "/talent/adaeze-nwosu")
MINE = (
    "/me", "/me/profile", "/me/applications", "/me/notices", "/me/messages", "/me/projects", "/me/searches", "/me/searches?q=gaffer",
)  # fmt: skip
NOT_KEPT = ("/me/account", "/me/devices", "/me/privacy", "/me/notices/settings", "/register", "/docs")
MOST_PAGES, MOST_BYTES = 40, 2_000_000


def shown(page: Page) -> str:
    """What the bar at the foot says, or nothing."""
    return page.locator("#line").inner_text().strip() if page.locator("#line").is_visible() else ""


def actress(chromium: Browser, site: Site, *, width: int = PHONE, theme: str = "light") -> Visitor:
    """Signed in, with a worker that has seen her pages."""
    visitor = Visitor(chromium, site, width=width, theme=theme)
    visitor.sign_in("talent@example.com", SAMPLE_PASSWORD)
    controlled(visitor.page)
    return visitor


@pytest.mark.parametrize(("width", "theme"), [(PHONE, "light"), (DESK, "dark"), (PHONE, "dark"), (DESK, "light")])
def test_last_seen_pages_are_there_with_their_age(site: Site, chromium: Browser, width: int, theme: str) -> None:
    visitor = actress(chromium, site, width=width, theme=theme)
    page = visitor.page
    titles = {}
    for path in (*SEEN, *MINE, *NOT_KEPT):
        visitor.go(path)
        titles[path] = page.title()
    wait_until(lambda: {*SEEN, *MINE} <= {one for paths in kept(page).values() for one in paths}, what="not all of it was kept")
    assert shown(page) == ""
    make_older(page, "/jobs/12345", hours=3)
    make_older(page, "/me/messages", hours=50)
    visitor.context.set_offline(True)
    for path in (*SEEN, *MINE):
        visitor.go(path)
        age = {"/jobs/12345": "3 hours ago", "/me/messages": "2 days ago"}.get(path, "minute")
        assert page.title() == titles[path], path
        assert shown(page).startswith("You are offline. Kept on this phone ") and age in shown(page), (path, shown(page))
        assert judged(page) == [], path
        assert not visitor.scrolls_sideways(), path
        if path in ("/jobs/12345", "/me", "/me/messages", "/me/notices"):
            visitor.picture(f"kept-{path.strip('/').replace('/', '-')}-{theme}")
    for path in NOT_KEPT:
        visitor.go(path)
        expect(page.locator("h1")).to_have_text("No connection")
    expect(page.locator("[data-kept-list] a").first).to_be_visible()
    listed = page.locator("[data-kept-list] li").all_inner_texts()
    assert len(listed) >= len({*SEEN, *MINE}) and any("Kept on this phone 2 days ago." in one for one in listed), listed
    assert any(one.startswith("Jobs: gaffer") for one in listed), listed
    assert judged(page) == [] and not visitor.scrolls_sideways()
    visitor.picture(f"offline-{theme}")
    visitor.go("/me")
    with page.expect_navigation():
        visitor.context.set_offline(False)
    expect(page.locator("#line")).to_be_hidden()
    assert visitor.page.evaluate("document.body.dataset.kept") is None
    visitor.close()


@pytest.mark.parametrize("code", ["pcm", "yo", "ha", "ig"])
def test_an_age_is_never_half_in_english(site: Site, chromium: Browser, code: str) -> None:
    """Browsers cannot say an age in these languages: the day and the time stand there in figures."""
    visitor = Visitor(chromium, site)
    visitor.context.add_cookies([{"name": "language", "value": code, "url": site.url}])
    page = visitor.go("/jobs")
    visitor.context.set_offline(True)
    expect(page.locator("#line")).to_be_visible()
    assert " ago" not in shown(page) and re.search(r"\d+/\d+, \d\d:\d\d", shown(page)), shown(page)
    assert not visitor.scrolls_sideways()
    visitor.close()


def test_a_kept_page_that_is_gone_or_too_old_is_not_shown(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site)
    page = controlled(visitor.go("/"))
    for path in ("/jobs/12345", "/jobs/7"):
        visitor.go(path)
    wait_until(lambda: {"/jobs/12345", "/jobs/7"} <= set(kept(page).get("seen", [])), what="the jobs were not kept")
    make_older(page, "/jobs/7", hours=15 * 24)
    page.evaluate("caches.open('seen').then((seen) => seen.put('/jobs/999999999', new Response('x', { headers: { 'x-kept': '1' } })))")
    visitor.go("/jobs/999999999")
    wait_until(lambda: "/jobs/999999999" not in kept(page)["seen"], what="what is gone is still kept")
    visitor.context.set_offline(True)
    visitor.go("/jobs/7")
    expect(page.locator("h1")).to_have_text("No connection")
    visitor.go("/jobs/12345")
    assert "Kept on this phone" in shown(page)
    visitor.close()


def test_a_form_says_that_nothing_was_sent(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site)
    join(site, visitor, "Ada Types", "ada-types@example.test")
    page = visitor.go("/me/profile")
    page.fill("#headline", "I was typed on a boat")
    visitor.context.set_offline(True)
    wait_until(lambda: page.evaluate("!navigator.onLine"), what="it is still online")
    page.locator("main form[action='/me/profile'] button[type=submit]").last.click()
    expect(page.locator("#line")).to_contain_text("Nothing was sent: what you typed stays here")
    assert page.locator("#headline").input_value() == "I was typed on a boat"
    assert judged(page) == []
    visitor.picture("form-offline")
    visitor.context.set_offline(False)
    expect(page.locator("#line")).to_be_hidden()
    assert page.locator("#headline").input_value() == "I was typed on a boat"
    visitor.press("Save")
    visitor.go("/me/profile")
    expect(page.locator("#headline")).to_have_value("I was typed on a boat")
    visitor.close()


def test_a_server_that_does_not_answer_is_told_from_being_offline(site: Site, chromium: Browser) -> None:
    passing = Passing(site.url)
    context = chromium.new_context(viewport={"width": PHONE, "height": 780}, base_url=passing.url)
    page = context.new_page()
    page.goto("/")
    controlled(page).goto("/jobs/12345")
    wait_until(lambda: "/jobs/12345" in kept(page).get("seen", []), what="the job was not kept")
    passing.close()
    page.goto("/jobs/12345")
    assert page.evaluate("navigator.onLine")
    expect(page.locator("#line")).to_contain_text("The network does not answer. Kept on this phone 1 minute ago.")
    expect(page.locator("#line").get_by_role("link", name="Try again")).to_be_visible()
    context.close()


def nothing_of_hers(visitor: Visitor) -> None:
    """Without a network none of the actress's pages can be read here."""
    page = visitor.page
    visitor.context.set_offline(True)
    for path in MINE:
        visitor.go(path)
        assert "Adaeze" not in page.content(), path
    visitor.context.set_offline(False)


def test_signing_out_takes_everything_along(site: Site, chromium: Browser) -> None:
    visitor = actress(chromium, site)
    page = visitor.page
    for path in MINE:
        visitor.go(path)
    wait_until(lambda: set(MINE) <= set(own(page)), what="her pages were not kept")
    visitor.go("/me")
    visitor.press("Sign out")
    wait_until(lambda: own(page) == [] and letters(page) == [], what="something is still kept")
    # A worker that is put in while the browser still clears is cleared too; the next page puts it in again.
    again = "!!navigator.serviceWorker.controller"
    wait_until(lambda: visitor.go("/jobs").evaluate(again), what="no worker is there again")
    nothing_of_hers(visitor)
    visitor.close()


def test_another_person_on_the_same_phone_sees_nothing_of_the_one_before(site: Site, chromium: Browser) -> None:
    visitor = actress(chromium, site)
    page = visitor.page
    for path in MINE:
        visitor.go(path)
    wait_until(lambda: set(MINE) <= set(own(page)), what="her pages were not kept")
    visitor.sign_in("producer@example.com", SAMPLE_PASSWORD)
    wait_until(lambda: len([name for name in kept(page) if name.startswith("own-")]) <= 1, what="two people's pages are kept")
    nothing_of_hers(visitor)
    visitor.close()


def test_without_the_cookie_kept_pages_stay_shut(site: Site, chromium: Browser) -> None:
    visitor = actress(chromium, site)
    for path in MINE:
        visitor.go(path)
    wait_until(lambda: set(MINE) <= set(own(visitor.page)), what="her pages were not kept")
    visitor.context.clear_cookies()
    nothing_of_hers(visitor)
    visitor.close()


def test_a_session_that_ended_elsewhere_is_off_the_screen_within_a_second(site: Site, chromium: Browser, measured: Measure) -> None:
    visitor, elsewhere = Visitor(chromium, site), Visitor(chromium, site)
    join(site, visitor, "Ada Leaves", "ada-leaves@example.test")
    elsewhere.sign_in("ada-leaves@example.test", "three unusual words")
    page = controlled(visitor.go("/me"))
    public = visitor.context.new_page()
    public.goto("/jobs", wait_until="load")
    expect(public.locator("#strip")).to_contain_text("Ada Leaves")
    visitor.go("/me/notices")
    wait_until(lambda: "/me/notices" in own(page), what="her page was not kept")
    page.wait_for_selector("#unread", state="attached")
    began = page.evaluate("performance.timeOrigin + performance.now()")
    done = elsewhere.context.request.post("/me/signout-everywhere", headers={"origin": site.url}, max_redirects=0)
    assert done.status == 303
    page.wait_for_url(re.compile("/signin"), wait_until="commit", timeout=5000)
    took = page.evaluate("performance.timeOrigin") - began
    expect(public.locator("#strip")).to_have_text("Sign in")
    wait_until(lambda: own(page) == [], what="her pages are still kept")
    measured("signed-out-everywhere", milliseconds=round(took))
    assert took < 1000
    visitor.context.set_offline(True)
    visitor.go("/me/notices")
    assert "Ada Leaves" not in page.content()
    for one in (visitor, elsewhere):
        one.close()


def test_what_is_kept_is_bounded(site: Site, chromium: Browser) -> None:
    visitor = actress(chromium, site)
    page = visitor.page
    whose = page.evaluate(HINT)
    page.evaluate(HAND_OVER, [[f"/me/messages?n={n}" for n in range(60)], 1000, whose])
    wait_until(lambda: "/me/messages?n=59" in own(page), what="the newest is not there")
    wait_until(lambda: len(own(page)) == MOST_PAGES, what="more pages are kept than may be")
    assert own(page)[-1] == "/me/messages?n=59" and "/me/messages?n=1" not in own(page)
    page.evaluate(HAND_OVER, [[f"/me/messages?large={n}" for n in range(6)], 500_000, whose])
    wait_until(lambda: "/me/messages?large=5" in own(page), what="the newest is not there")
    wait_until(lambda: len(own(page)) == MOST_BYTES // 500_000, what="more bytes are kept than may be")
    page.evaluate(HAND_OVER, [["/me/messages?of=another"], 1000, "another-person"])
    page.wait_for_timeout(300)
    assert "/me/messages?of=another" not in own(page)
    visitor.close()


def test_a_new_deploy_replaces_the_worker_and_leaves_kept_pages_readable(site: Site, chromium: Browser) -> None:
    passing = Passing(site.url)
    context = chromium.new_context(viewport={"width": PHONE, "height": 780}, base_url=passing.url)
    page = context.new_page()
    page.goto("/")
    controlled(page).goto("/jobs/12345", wait_until="load")
    wait_until(lambda: "/jobs/12345" in kept(page).get("seen", []), what="the job was not kept")
    [former] = [name for name in kept(page) if name.startswith("shell-")]
    passing.next_deploy("shell-next-deploy", former=former)
    page.goto("/jobs", wait_until="load")
    wait_until(
        lambda: [name for name in kept(page) if name.startswith("shell-")] == ["shell-next-deploy"], what="the former version is stuck"
    )
    assert "/jobs/12345" in kept(page)["seen"]
    context.set_offline(True)
    page.goto("/jobs/12345", wait_until="load")
    assert page.locator("link[rel=stylesheet]").evaluate("one => one.sheet.cssRules.length") > 50
    expect(page.locator("#line")).to_contain_text("Kept on this phone")
    context.close()
    passing.close()


def test_the_site_can_be_installed(site: Site, chromium: Browser, tmp_path: Path) -> None:
    context = chromium.browser_type.launch_persistent_context(
        tmp_path, executable_path=shutil.which("chromium"), args=FLAGS, base_url=site.url
    )  # fmt: skip
    page = context.new_page()
    page.goto("/", wait_until="load")
    controlled(page)
    tools = context.new_cdp_session(page)
    found = tools.send("Page.getAppManifest")
    assert found["errors"] == []
    assert tools.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    manifest = page.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())")
    assert {"name", "short_name", "id", "start_url", "scope", "display", "theme_color", "background_color", "lang"} <= set(manifest)
    assert {(one["sizes"], one["purpose"]) for one in manifest["icons"]} == {
        (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
    }
    pictures = [one for part in ("icons", "screenshots") for one in manifest[part]] + [one["icons"][0] for one in manifest["shortcuts"]]
    for one in pictures:
        drawn = "(src) => new Promise((done) => { const one = new Image(); one.onload = () => done(`${one.width}x${one.height}`); one.src = src; })"
        assert page.evaluate(drawn, one["src"]) == one["sizes"], one
    assert len(manifest["screenshots"]) == len(SCREENSHOTS)
    for one in manifest["shortcuts"]:
        assert page.request.get(one["url"], headers={"accept": "text/html"}).ok
    context.close()


def test_a_session_that_was_renewed_leaves_other_pages_where_they_are(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site)
    visitor.sign_in("operator@example.com", SAMPLE_PASSWORD)
    other = visitor.context.new_page()
    other.goto("/me/notices", wait_until="load")
    other.wait_for_selector("#unread", state="attached")
    other.evaluate("document.body.dataset.witness = 'the same page'")
    visitor.go("/me/confirm-password?next=/ops")
    visitor.page.wait_for_selector("#unread", state="attached")
    visitor.page.fill("#password", SAMPLE_PASSWORD)
    with other.expect_websocket():  # it connects again, under the new session
        visitor.press("Go on")
    expect(visitor.page.locator("h1")).to_have_text("Held posts")
    assert other.evaluate("document.body.dataset.witness") == "the same page"
    visitor.close()
