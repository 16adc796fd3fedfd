"""The pictures of the documents, made anew by `make pictures`: what a newcomer sees first, as it really is."""

import pytest
from playwright.sync_api import Browser, expect

from tests.web.browser.conftest import DESK, PHONE, SAMPLE_PASSWORD, Site, Visitor


@pytest.mark.parametrize(
    ("name", "path", "width", "theme"),
    [
        ("home", "/", DESK, "light"),
        ("home", "/", PHONE, "light"),
        ("jobs", "/jobs?q=gafer", DESK, "light"),
        ("job", "/jobs/12345", PHONE, "dark"),
        ("talent", "/talent", PHONE, "light"),
    ],
)
def test_a_picture_of_a_public_page(site: Site, chromium: Browser, name: str, path: str, width: int, theme: str) -> None:
    visitor = Visitor(chromium, site, width=width, theme=theme)
    page = visitor.go(path)
    page.evaluate("document.fonts.ready.then(() => true)")
    assert page.locator("h1").count() == 1
    assert page.locator("link[rel=stylesheet]").evaluate("one => one.sheet.cssRules.length") > 50
    assert visitor.picture(name, keep=True).stat().st_size > 10_000
    visitor.close()


def test_a_picture_of_applicants(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site, width=DESK)
    visitor.sign_in("producer@example.com", SAMPLE_PASSWORD)
    page = visitor.go("/me/jobs/12345")
    expect(page.get_by_role("heading", level=2)).to_contain_text("applicants")
    assert visitor.picture("applicants", keep=True).stat().st_size > 10_000
    visitor.close()
