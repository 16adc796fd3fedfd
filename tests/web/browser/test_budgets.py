"""Bytes cost our users money: what each page and each answer takes, measured by Chromium and on the wire."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page

from checks.budgets import MOST_OF_A_PAGE
from tests.measuring import Measure
from tests.web.browser.conftest import PHONE, SAMPLE_PASSWORD, Site, Visitor
from tests.web.browser.wire import Wire

FIRST, MOST_REQUESTS, IN_ALL, LATER = 50_000, 6, 60_000, MOST_OF_A_PAGE
PAGES = (
    "/", "/jobs", "/jobs?q=gafer", "/jobs/12345", "/talent", "/talent/adaeze-nwosu", "/register", "/confirm", "/signin",
    "/reset", "/docs", "/docs/jobs", "/docs/users", "/problems", "/problems/code-needed", "/offline", "/jobs/999999999",
)  # fmt: skip
OWN_PAGES = (
    "/me", "/me/profile", "/me/jobs", "/me/jobs/new", "/me/applications", "/me/notices", "/me/notices/settings", "/me/messages", "/me/projects",
    "/me/searches", "/me/searches?q=gaffer", "/me/devices", "/me/account", "/me/privacy", "/jobs/12345/apply",
)  # fmt: skip
WEIGHED = ("/me", "/me/profile", "/me/notices", "/me/messages", "/me/jobs/new", "/jobs", "/talent")
SEEN_SIGNED_IN = ("/", "/jobs", "/jobs/12345", "/talent", "/talent/adaeze-nwosu")
"""Public pages whose scripts ask for more once somebody is signed in."""
EXTRAS = """async () => {
    const link = document.querySelector("link[rel=manifest]");
    const { icons } = await (await fetch(link.href)).json();
    await fetch(document.querySelector("link[rel=icon]").href);
    await fetch(icons[0].src);
    await navigator.serviceWorker.ready;
}"""
# The display type's two small files of dotted and hooked letters are styles too, and are kept from the first name that has one.
TYPE = """Promise.all([..."ọƙ"].map((letter) => document.fonts.load("700 1rem Oswald", letter)))
    .then((found) => { if (found.flat().length !== 2) throw new Error("the type is not there"); })"""
ANSWERS = {
    "/api/jobs?view=compact&limit=20": 1_800,
    "/api/jobs?view=full&limit=20": 8_000,
    "/api/jobs/12345": 1_200,
    "/api/users?view=compact&limit=20": 2_500,
    "/api/users/adaeze-nwosu": 1_200,
    "/me/strip": 400,
}


# What a load handler asks for comes after the event, though the browser's tools hear of both at once.
BEFORE_LOAD = """() => {
    const [{ loadEventStart, redirectCount }] = performance.getEntriesByType("navigation");
    return 1 + redirectCount + performance.getEntriesByType("resource").filter(({ startTime }) => startTime < loadEventStart).length;
}"""


class Load:
    """What Chromium says about one page load."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("Network.enable")
        self.bytes = 0
        self.cdp.on("Network.loadingFinished", self._came)

    def _came(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def visit(self, path: str) -> tuple[int, int]:
        """Opens the page; requests before its load event, and bytes until its type is there."""
        self.bytes = 0
        self.page.goto(path, wait_until="load")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        return self.page.evaluate(BEFORE_LOAD), self.bytes


@pytest.fixture(scope="module")
def wire(site: Site) -> Iterator[Wire]:
    """A counting relay before the site."""
    relay = Wire(site.url)
    yield relay
    relay.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_first_visit(wire: Wire, chromium: Browser, measured: Measure, path: str) -> None:
    context = chromium.new_context(viewport={"width": PHONE, "height": 780}, base_url=wire.url)
    page = context.new_page()
    wire.reset()
    requests, size = Load(page).visit(path)
    page.evaluate(EXTRAS)
    in_all = wire.settled()
    context.close()
    measured("first-visit", page=path, requests=requests, bytes=size, in_all=in_all)
    assert requests <= MOST_REQUESTS
    assert size <= FIRST
    assert in_all <= IN_ALL


@pytest.fixture(scope="module")
def signed_in(site: Site, chromium: Browser) -> Any:
    """What the browser of the sample's actress holds of her session, and nothing else."""
    talent = Visitor(chromium, site)
    talent.sign_in("talent@example.com", SAMPLE_PASSWORD)
    kept = talent.context.storage_state()
    talent.close()
    return {"cookies": kept["cookies"], "origins": []}


@pytest.mark.parametrize(
    "path", [pytest.param(path, marks=() if path in WEIGHED else pytest.mark.full) for path in (*OWN_PAGES, *SEEN_SIGNED_IN)]
)
def test_a_first_visit_of_who_is_signed_in(wire: Wire, chromium: Browser, measured: Measure, signed_in: Any, path: str) -> None:
    """A phone that has forgotten everything but its session; with the strip and the live line, which come after the load event."""
    context = chromium.new_context(viewport={"width": PHONE, "height": 780}, base_url=wire.url, storage_state=signed_in)
    page = context.new_page()
    wire.reset()
    requests, size = Load(page).visit(path)
    page.evaluate(EXTRAS)
    page.wait_for_selector("#strip #unread", state="attached")
    in_all = wire.settled()
    assert urlsplit(page.url).path == urlsplit(path).path, "somebody is signed in"
    context.close()
    measured("first-visit-signed-in", page=path, requests=requests, bytes=size, in_all=in_all)
    assert requests <= MOST_REQUESTS
    assert size <= FIRST
    assert in_all <= IN_ALL


def test_later_visits(wire: Wire, chromium: Browser, measured: Measure, signed_in: Any) -> None:
    """On the wire, since a worker asks on the page's behalf by then: what comes when styles and scripts are there."""
    context = chromium.new_context(viewport={"width": PHONE, "height": 780}, base_url=wire.url, storage_state=signed_in)
    page = context.new_page()
    page.goto("/", wait_until="load")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.evaluate(TYPE)
    heavy = {}
    for path in (*PAGES, *OWN_PAGES):
        wire.settled(quiet=0.15)
        wire.reset()
        page.goto(path, wait_until="load")
        size = wire.settled(quiet=0.15)
        measured("later-visit", page=path, bytes=size)
        assert size > 300, "something came, or nothing was measured"
        if size > LATER:
            heavy[path] = size
    context.close()
    assert heavy == {}


def test_answers_of_the_api(site: Site, measured: Measure) -> None:
    heavy = {}
    with httpx.Client(base_url=site.url, headers={"origin": site.url, "accept-encoding": "gzip", "accept": "*/*"}) as client:
        client.post("/signin", data={"email": "talent@example.com", "password": SAMPLE_PASSWORD})
        for path, most in ANSWERS.items():
            answer = client.get(path)
            assert answer.status_code == 200, path
            size = answer.num_bytes_downloaded
            measured("answer", path=path, bytes=size)
            if size > most:
                heavy[path] = size
    assert heavy == {}
