"""The search box offers words once somebody types, with a script that nobody loads before."""

from playwright.sync_api import Browser, Request, expect

from tests.served import wait_until
from tests.web.browser.conftest import Site, Visitor


def test_typing_offers_words_of_open_jobs(site: Site, chromium: Browser) -> None:
    visitor = Visitor(chromium, site)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    visitor.context.on("request", note)
    page = visitor.go("/jobs")
    page.wait_for_load_state()
    assert not any("suggest" in url for url in asked)
    box = page.locator("#search-q")
    box.press_sequentially("gaf", delay=20)
    offered = page.locator("#search-q-suggested option")
    expect(offered).not_to_have_count(0)
    values = "all => all.map(one => one.value.toLowerCase())"
    wait_until(lambda: all(one.startswith("gaf") for one in offered.evaluate_all(values)), what="words of what was typed before stayed")
    assert box.get_attribute("list") == "search-q-suggested"
    visitor.close()
