"""The way from registering to being hired, in a real browser: phone and desk, with scripts and without."""

import secrets

import pytest
from playwright.sync_api import Browser, expect

from tests.web.browser.conftest import DESK, PHONE, SAMPLE_PASSWORD, Site, Visitor

PASSWORD = "three unusual words"
WAYS = [(PHONE, True), (DESK, True), (PHONE, False)]
PLACES = {(PHONE, True): "Nsukka", (DESK, True): "Enugu", (PHONE, False): "Awgu"}


class Walk:
    """One walk's people and pictures."""

    def __init__(self, site: Site, browser: Browser, width: int, script: bool) -> None:
        self.site = site
        self.name = "plain" if not script else "walk"
        self.talent = Visitor(browser, site, width=width, script=script)
        self.poster = Visitor(browser, site, width=width, script=script)
        self.number = 0

    def picture(self, visitor: Visitor, what: str) -> None:
        """The next step's picture; without scripts nothing can be measured, with them nothing may stick out."""
        self.number += 1
        visitor.picture(f"{self.name}-{self.number:02d}-{what}")
        if self.name == "walk":
            assert not visitor.scrolls_sideways(), what

    def join(self, visitor: Visitor, name: str) -> str:
        """Registers, confirms with the code of the letter, and signs in."""
        address = f"{secrets.token_hex(5)}@example.test"
        page = visitor.go("/register")
        page.fill("#name", name)
        page.locator("main #address").fill(address)
        page.fill("#password", PASSWORD)
        self.picture(visitor, "register")
        visitor.press("Join")
        self.picture(visitor, "confirm")
        page.fill("#code", self.site.code(address))
        visitor.press("Confirm")
        expect(page.locator("main")).to_contain_text("Your address is confirmed")
        page.fill("#password", PASSWORD)
        visitor.press("Sign in")
        expect(page.locator("h1")).to_have_text(name)
        self.picture(visitor, "my-page")
        return address

    def post(self) -> str:
        """The poster posts a job; its address."""
        page = self.poster.go("/me/jobs/new")
        title = f"Gaffer for a village drama in {PLACES[self.talent.width, self.talent.script]}"
        page.fill("#title", title)
        page.select_option("#category", "gaffer")
        page.fill("#company", "Ọmọlará Pictures")
        page.select_option("#state", "EN")
        page.fill("#town", "Nsukka")
        page.fill("#pay", "150,000")
        page.fill("#description", "Six days near Nsukka with a small generator and two assistants.")
        self.picture(self.poster, "post-a-job")
        self.poster.press("Post the job")
        expect(page.locator("h1")).to_have_text(title)
        return title


@pytest.mark.parametrize(("width", "script"), WAYS)
def test_from_register_to_hired(site: Site, chromium: Browser, width: int, script: bool) -> None:
    walk = Walk(site, chromium, width, script)
    talent, poster = walk.talent, walk.poster
    walk.join(poster, "Ọmọlará Adéyẹmí")
    title = walk.post()
    walk.join(talent, "Ngọzi Eze")

    page = talent.go("/jobs")
    page.fill("#search-q", "gafer nsukka")
    with page.expect_navigation():
        page.get_by_role("button", name="Search").click()
    assert "gaffer" in page.locator("main").inner_text().lower()
    walk.picture(talent, "search")
    with page.expect_navigation():
        page.get_by_role("link", name=title).click()
    expect(page.locator("aside")).to_contain_text("₦150,000 a day")
    walk.picture(talent, "job")
    with page.expect_navigation():
        page.get_by_role("link", name="Apply").click()
    page.fill("#note", "I light night scenes with one generator. I live in Nsukka.")
    page.fill("#rate", "120,000")
    walk.picture(talent, "apply")
    talent.press("Send my application")
    expect(page.locator("main")).to_contain_text("Applied")
    walk.picture(talent, "applied")

    page = poster.go("/me/jobs")
    with page.expect_navigation():
        page.get_by_role("link", name=title).click()
    expect(page.locator("main")).to_contain_text("Ngọzi Eze")
    poster.press("Shortlist")
    walk.picture(poster, "shortlisted")
    poster.press("Hire")
    expect(page.locator("main")).to_contain_text("Hired")
    walk.picture(poster, "hired")

    page = talent.page
    for _ in range(40):
        talent.go("/me/notices")
        if page.get_by_text(f"You are hired: {title}").count():
            break
        page.wait_for_timeout(250)
    expect(page.locator("main")).to_contain_text(f"You are hired: {title}")
    walk.picture(talent, "notices")
    with page.expect_navigation():
        page.locator("li.card", has_text=f"You are hired: {title}").get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("Hired")
    walk.picture(talent, "hired-at-last")
    assert (talent.refused, poster.refused) == ([], [])
    talent.close()
    poster.close()


@pytest.mark.parametrize(("width", "script"), [(PHONE, True), (PHONE, False)])
def test_an_operator_releases_a_held_post(site: Site, chromium: Browser, width: int, script: bool) -> None:
    walk = Walk(site, chromium, width, script)
    walk.name = f"held-{walk.name}"
    poster, operator = walk.poster, walk.talent
    poster.sign_in("producer@example.com", SAMPLE_PASSWORD)
    page = poster.go("/me/jobs/new")
    title = f"Crowd of twenty for a market scene, day {1 if script else 2}"
    page.fill("#title", title)
    page.select_option("#category", "background-extra")
    page.fill("#company", "Ọmọlará Pictures")
    page.select_option("#state", "LA")
    page.select_option("#pay_terms", "unpaid")
    page.fill("#description", "Crowd of twenty. Registration fee of N5,000 must be paid into our account before audition.")
    poster.press("Post the job")
    expect(page.locator("main")).to_contain_text("Being checked")
    walk.picture(poster, "held")
    public = page.url.replace("/me/jobs/", "/jobs/")

    operator.sign_in("operator@example.com", SAMPLE_PASSWORD)
    site.let_ten_minutes_pass(operator.context)
    page = operator.go("/ops")
    walk.picture(operator, "queue")
    with page.expect_navigation():
        page.get_by_role("link", name="Type it now").click()
    page.fill("#password", SAMPLE_PASSWORD)
    walk.picture(operator, "password-again")
    operator.press("Go on")
    held = page.locator("li.card", has_text=title)
    held.locator("input[name=note]").fill("Called the company: the fee is a typing mistake.")
    with page.expect_navigation():
        held.get_by_role("button", name="Let it go public").click()
    expect(page.locator("main")).not_to_contain_text(title)
    walk.picture(operator, "released")
    poster.go(public)
    expect(poster.page.locator("h1")).to_have_text(title)
    walk.picture(poster, "public")
    poster.close()
    operator.close()
