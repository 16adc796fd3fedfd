"""Two people, two phones: one loses the network, writes, and comes back; a slow line shows what was kept, with its age."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.served import wait_until
from tests.web.browser.conftest import PHONE, Site, Visitor, join


@pytest.fixture
def two(site: Site, chromium: Browser) -> Iterator[list[Visitor]]:
    """Ada and Bola, who write with each other."""
    phones = [Visitor(chromium, site, width=PHONE) for _ in range(2)]
    yield phones
    for phone in phones:
        phone.close()


def talk_begun(site: Site, two: list[Visitor], surname: str, *, words: str) -> str:
    """Ada has written to Bola, who has accepted; both have the conversation open. Its address."""
    ada, bola = two
    join(site, ada, f"Ada {surname}", f"ada-{surname.lower()}@example.test")
    handle = join(site, bola, f"Bola {surname}", f"bola-{surname.lower()}@example.test")
    ada.go(f"/me/messages/new?to={handle}")
    ada.page.fill("#text", words)
    ada.press("Send")
    talk = ada.page.url.partition("#")[0].removeprefix(site.url)
    bola.go("/me/messages?box=requests")
    bola.page.get_by_role("link", name=f"Ada {surname}").click()
    bola.press("Accept")
    bola.page.wait_for_selector("[data-compose]")
    ada.go(talk)
    ada.page.wait_for_function("performance.getEntriesByType('resource').some((one) => one.name.includes('/messages-'))")
    return talk


def test_written_without_a_network_is_sent_once_and_read(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk = talk_begun(site, two, "Obi", words="Are you free on Friday?")
    ada.context.set_offline(True)
    ada.page.fill("#text", "I am on a boat.")
    ada.page.locator("[data-compose] button").click()
    ada.page.get_by_text("waits for the network").wait_for()
    assert bola.page.get_by_text("I am on a boat.").count() == 0
    ada.context.set_offline(False)
    bola.page.locator(".said", has_text="I am on a boat.").wait_for()
    ada.page.locator(".said.mine:not(.waiting)", has_text="I am on a boat.").get_by_text("read").wait_for()
    assert bola.page.locator(".said", has_text="I am on a boat.").count() == 1
    assert ada.page.locator(".said", has_text="I am on a boat.").count() == 1
    for phone in two:
        assert not phone.scrolls_sideways()
    ada.picture("messages-talk")
    ada.go("/me/messages")
    ada.picture("messages-inbox")
    slow_lines(ada, talk)


def slow_lines(ada: Visitor, talk: str) -> None:
    """What was open before is on screen within a second of a stalled line, and says its age."""
    ada.page.wait_for_function("navigator.serviceWorker.ready.then((found) => !!found.active)")
    wait_until(
        lambda: ada.page.evaluate("caches.open('own').then((own) => own.keys()).then((kept) => kept.length)") >= 1, what="nothing was kept"
    )
    ada.context.set_offline(True)
    ada.page.goto("/me/messages")
    assert ada.page.locator(".talks .card-title").count() >= 1
    ada.page.locator("[data-age]", has_text="You are offline").wait_for()
    ada.picture("messages-offline")
    ada.context.set_offline(False)


def test_what_was_typed_stays_when_it_is_refused(site: Site, two: list[Visitor]) -> None:
    ada, _ = two
    talk = talk_begun(site, two, "Refused", words="Good morning.")
    person = next(
        one["id"] for one in ada.context.request.get(talk.replace("/me/", "/api/")).json()["people"] if one["name"] == "Bola Refused"
    )
    assert ada.context.request.post("/api/messages/blocks", data={"person_id": person}, headers={"origin": site.url}).ok
    ada.page.fill("#text", "Still here?")
    ada.page.locator("[data-compose] button").click()
    ada.page.get_by_text("Not sent. You have blocked this person.").wait_for()
    assert ada.page.input_value("#text") == "Still here?"
