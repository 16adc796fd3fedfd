"""A photo from a phone: made smaller before it is sent, said what it weighs, seen by the other; and all of it without a script too."""

import io
import random
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload

from tests.served import wait_until
from tests.web.browser.conftest import PHONE, Site, Visitor
from tests.web.browser.test_messages import talk_begun
from tests.web.browser.test_messages import two as two  # noqa: PLC0414 - pytest finds fixtures by name

PLAN: FilePayload = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"Day 1: the gate."}


def photo(width: int = 2400, height: int = 1800) -> FilePayload:
    """What a camera makes: large, and full of detail."""
    noise = random.Random(1).randbytes(width * height // 64)  # noqa: S311 - a picture
    image = Image.frombytes("L", (width // 8, height // 8), noise).resize((width, height)).convert("RGB")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return {"name": "location.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@pytest.fixture
def plain(site: Site, chromium: Browser) -> Iterator[Visitor]:
    """A phone whose browser runs no script."""
    phone = Visitor(chromium, site, width=PHONE, script=False)
    yield phone
    phone.close()


def test_a_photo_is_made_smaller_before_it_leaves_the_phone(site: Site, two: list[Visitor], plain: Visitor) -> None:
    ada, bola = two
    talk = talk_begun(site, two, "Photo", words="Shall I send you the place?")
    given = photo()
    assert len(given["buffer"]) > 400_000
    ada.page.get_by_text("Send photos, voice notes or files").click()
    ada.page.wait_for_function("performance.getEntriesByType('resource').some((one) => one.name.includes('/attach-'))")
    ada.page.set_input_files("#file", [given])
    ada.page.locator("[data-weight]", has_text="kB").wait_for()
    chosen = ada.page.evaluate("document.querySelector('#file').files[0].size")
    assert 0 < chosen < len(given["buffer"]) / 2, "a third of the data is all that is paid for"
    ada.page.fill("#words", "From the gate.")
    ada.press("Send the files")
    bola.page.locator(".said", has_text="From the gate.").locator("img").wait_for()
    shown = bola.page.locator(".said img").first
    assert (shown.get_attribute("width"), shown.get_attribute("height")) == ("360", "270")
    wait_until(lambda: bola.page.evaluate("document.querySelector('.said img').naturalWidth === 360"), what="the photo never came")
    for phone in two:
        assert not phone.scrolls_sideways() and phone.refused == []
    bola.picture("messages-photo")
    bola.page.get_by_text("More about this conversation").click()
    session = next(one for one in ada.context.cookies() if one["name"] == "session")
    plain.context.add_cookies([{"name": "session", "value": session["value"], "url": site.url}])
    plain.go(talk)
    plain.page.get_by_text("Send photos, voice notes or files").click()
    plain.page.set_input_files("#file", [PLAN])
    plain.press("Send the files")
    assert plain.page.get_by_role("link", name="plan.txt").count() == 1
    bola.page.get_by_role("link", name="plan.txt").wait_for()


def test_the_pages_of_a_project_fit_a_phone(site: Site, two: list[Visitor]) -> None:
    ada, _ = two
    talk_begun(site, two, "Project", words="Are you in?")
    ada.go("/me/projects")
    ada.page.fill("#title", "Ìyá Àgbà")
    ada.press("Begin")
    ada.page.fill("#day", "2027-01-02")
    ada.page.fill("#name", "Day 1")
    ada.press("Add the day")
    assert not ada.scrolls_sideways()
    ada.picture("project")
    ada.page.get_by_role("link", name="Talk about the project").click()
    ada.page.fill("#text", "Call time is 6.")
    ada.press("Send")
    ada.page.get_by_role("link", name="To the project").wait_for()
    ada.page.get_by_text("More about this conversation").click()
    assert not ada.scrolls_sideways() and ada.refused == []
    ada.picture("project-talk")
