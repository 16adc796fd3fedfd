"""Kept pages as they are looked at without a network: projects and searches as they were last, and no picture that is broken."""

import io
from typing import cast

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.served import wait_until
from tests.web.browser.conftest import DESK, HEIGHTS, SAMPLE_PASSWORD, Site, Visitor, join
from tests.web.browser.phone import controlled, own
from tests.web.browser.test_every_page import judged
from tests.web.browser.test_live import LISTING
from tests.web.browser.test_messages import talk_begun
from tests.web.browser.test_messages import two as two  # noqa: PLC0414 - pytest finds fixtures by name
from tests.web.browser.test_offline import shown
from tests.web.browser.test_sending_files import photo

BROKEN = "[...document.images].filter((one) => one.complete && !one.naturalWidth).map((one) => one.outerHTML)"


def face() -> bytes:
    """A photo of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (400, 400), "#884422").save(out, "JPEG")
    return out.getvalue()


def forget_files(page: Page) -> None:
    """As a phone whose browser has thrown its own cache away; what the site keeps stays."""
    tools = page.context.new_cdp_session(page)
    tools.send("Network.clearBrowserCache")
    tools.detach()


def come_back(page: Page) -> None:
    """The page comes afresh by itself; where the machine was so busy that the kept one was shown again, by the link that offers it."""
    line = page.locator("#line")
    for _ in range(3):
        try:
            return expect(line).to_be_hidden()
        except AssertionError:
            line.get_by_role("link").click()
    raise AssertionError(shown(page))


def broken(page: Page) -> list[str]:
    """Pictures that did not come and still stand there, once all of the page was on screen."""
    page.evaluate("document.querySelectorAll('img').forEach((one) => { one.loading = 'eager'; })")
    wait_until(lambda: page.evaluate("[...document.images].every((one) => one.complete)"), what="a picture neither came nor failed")
    return cast("list[str]", page.evaluate(BROKEN))


def test_projects_and_searches_are_kept_and_not_as_they_were_before_a_form(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site)
    join(site, visitor, "Ada Keeps", "ada-keeps@example.test")
    page = controlled(visitor.go("/me/projects"))
    page.fill("#title", "Ìyá Àgbà")
    visitor.press("Begin")
    project = page.url.removeprefix(site.url)
    for path in ("/me/projects", "/me/searches", "/me/searches?q=gaffer"):
        visitor.go(path)
    wait_until(lambda: {"/me/projects", project, "/me/searches", "/me/searches?q=gaffer"} <= set(own(page)), what="not all of it was kept")
    visitor.context.set_offline(True)
    for path, words in ((project, "Ìyá Àgbà"), ("/me/projects", "Ìyá Àgbà"), ("/me/searches", "You have not saved a search yet"), ("/me/searches?q=gaffer", "Tell me of new ones")):  # fmt: skip
        visitor.go(path)
        expect(page.locator("main")).to_contain_text(words)
        assert shown(page).startswith("You are offline. Kept on this phone 1 minute ago."), path
        assert judged(page) == [] and not visitor.scrolls_sideways(), path
    visitor.picture("kept-searches")
    visitor.context.set_offline(False)
    come_back(page)
    visitor.press("Tell me of new ones")
    visitor.go(project)
    page.fill("#day", "2027-01-02")
    page.fill("#name", "Day 1")
    visitor.press("Add the day")
    wait_until(lambda: project in own(page), what="the project was not kept again")
    assert "/me/projects" not in own(page), "its line there is an old one now"
    visitor.context.set_offline(True)
    for path, former in (("/me/searches", "You have not saved a search yet"), ("/me/searches?q=gaffer", "Tell me of new ones")):
        visitor.go(path)
        expect(page.locator("main")).not_to_contain_text(former)
    visitor.close()


def test_a_listing_with_who_applied_and_what_one_applied_for_are_kept(site: Site, chromium: Browser) -> None:
    poster, actress = Visitor(chromium, site), Visitor(chromium, site)
    poster.sign_in("producer@example.com", SAMPLE_PASSWORD)
    actress.sign_in("talent@example.com", SAMPLE_PASSWORD)
    headers = {"origin": site.url}
    posted = poster.context.request.post("/api/jobs", data={**LISTING, "title": "Gaffer on a boat"}, headers=headers)
    job = posted.json()["job"]["id"]
    applied = actress.context.request.post(f"/api/jobs/{job}/applications", data={"note": "I know every creek."}, headers=headers)
    assert posted.ok and applied.ok, (posted.text(), applied.text())
    own_job, sent = f"/me/jobs/{job}", f"/jobs/{job}/apply"
    application = f"{own_job}/applications/{applied.json()['application']['id']}"
    for visitor, paths in ((poster, (own_job, application)), (actress, (sent, "/me/applications"))):
        page = controlled(visitor.page)
        for path in paths:
            visitor.go(path)
        wait_until(lambda page=page, paths=paths: set(paths) <= set(own(page)), what="not all of it was kept")
        visitor.context.set_offline(True)
        for path in paths:
            visitor.go(path)
            expect(page.locator("main")).to_contain_text("Gaffer on a boat" if path == "/me/applications" else "I know every creek.")
            assert shown(page).startswith("You are offline. Kept on this phone"), path
            assert judged(page) == [] and not visitor.scrolls_sideways(), path
        visitor.picture(f"kept-{paths[0].rpartition('/')[0].strip('/').replace('/', '-')}")
        visitor.context.set_offline(False)
        come_back(page)
    poster.go(own_job)
    poster.press("Shortlist")
    wait_until(lambda: own_job in own(poster.page), what="the listing was not kept again")
    wait_until(lambda: application not in own(poster.page), what="it says what was before")
    actress.go(sent)
    actress.page.locator("summary", has_text="Withdraw my application").click()
    actress.press("Yes, withdraw it")
    wait_until(lambda: "/me/applications" not in own(actress.page), what="it lists what was before")
    poster.close()
    actress.close()


def test_faces_and_photos_that_are_away_are_initials_and_words(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk = talk_begun(site, two, "Faces", words="Shall I send you the place?")
    sent = ada.context.request.post(
        "/api/users/me/photo",
        multipart={"photo": {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": face()}},
        headers={"origin": site.url},
    )
    assert sent.ok, sent.text()
    ada.page.get_by_text("Send photos, voice notes or files").click()
    ada.page.set_input_files("#file", [photo(800, 600)])
    ada.press("Send the files")
    page = controlled(bola.page)
    for path in ("/me/messages", talk):
        bola.go(path)
        wait_until(lambda: page.evaluate("document.querySelector('main .avatar img')?.naturalWidth > 0"), what="the face never came")
        assert broken(page) == []
    wait_until(lambda: {"/me/messages", talk} <= set(own(page)), what="the pages were not kept")
    forget_files(page)
    bola.context.set_offline(True)
    for path in ("/me/messages", talk):
        bola.go(path)
        assert shown(page).startswith("You are offline. Kept on this phone")
        assert broken(page) == [], path
        expect(page.locator("main .avatar").first).to_have_text("AF")
        assert page.locator("main .avatar").first.evaluate("(one) => getComputedStyle(one).backgroundColor") != "rgba(0, 0, 0, 0)"
        for width in (DESK, bola.width):
            page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            assert judged(page) == [] and not bola.scrolls_sideways(), (path, width)
        bola.picture(f"kept-faces-{path.count('/')}")
    expect(page.locator(".attached .missing")).to_have_text("Photo from Ada Faces: location.webp")
