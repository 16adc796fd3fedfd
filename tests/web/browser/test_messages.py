"""Two people, two phones: one loses the network, writes, and comes back; a slow line shows what was kept, with its age."""

import os
import re
import signal
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Route, expect
from redis import Redis

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.sessions import PERSON_PREFIX
from tests.measuring import Measure
from tests.served import wait_until
from tests.web.browser.conftest import DESK, HEIGHTS, PHONE, Site, Visitor, join
from tests.web.browser.phone import Worker, controlled, letters, own
from tests.web.browser.test_every_page import judged


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
    ada.page.wait_for_selector("[data-compose]")  # her page has looked again by itself, and is not doing so while it is left
    ada.go(talk)
    loaded = "performance.getEntriesByType('resource').some((one) => one.name.includes('/messages-'))"
    wait_until(lambda: ada.page.evaluate(loaded), what="the page's script never came")
    return talk


def thread_of(visitor: Visitor) -> list[str]:
    """The words of a conversation as they stand on screen, those that wait too."""
    return [text.strip() for text in visitor.page.locator(".said .preserve").all_inner_texts()]


def write(visitor: Visitor, *texts: str) -> None:
    """Writes and sends, one after another."""
    for text in texts:
        visitor.page.fill("#text", text)
        visitor.page.locator("[data-compose] button").click()
        visitor.page.locator(".said", has_text=text).first.wait_for()


def test_written_without_a_network_is_sent_once_and_read(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk_begun(site, two, "Obi", words="Are you free on Friday?")
    ada.context.set_offline(True)
    ada.page.fill("#text", "I am on a boat.")
    ada.page.locator("[data-compose] button").click()
    ada.page.get_by_text("waits for the network").wait_for()
    ada.picture("messages-waiting")
    assert bola.page.get_by_text("I am on a boat.").count() == 0
    ada.context.set_offline(False)
    bola.page.locator(".said", has_text="I am on a boat.").wait_for()
    ada.page.locator(".said.mine:not(.waiting)", has_text="I am on a boat.").get_by_text("read").wait_for()
    assert bola.page.locator(".said", has_text="I am on a boat.").count() == 1
    expect(ada.page.locator(".said", has_text="I am on a boat.")).to_have_count(1)
    for phone in two:
        assert not phone.scrolls_sideways()


def test_what_waits_survives_the_tab_and_goes_out_in_order(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk = talk_begun(site, two, "Order", words="Are you there?")
    wait_until(lambda: talk in own(controlled(ada.page)), what="the conversation was not kept")
    ada.context.set_offline(True)
    texts = [f"Number {n}" for n in range(1, 6)]
    write(ada, *texts)
    ada.page.close()
    ada.page = ada.context.new_page()
    ada.page.goto(talk)
    ada.page.locator(".said.waiting", has_text="Number 5").wait_for()
    assert thread_of(ada) == ["Are you there?", *texts]
    ada.picture("messages-offline")
    ada.context.set_offline(False)
    bola.page.locator(".said", has_text="Number 5").wait_for()
    assert thread_of(bola) == ["Are you there?", *texts]
    expect(ada.page.locator(".said.waiting")).to_have_count(0)
    assert thread_of(ada) == ["Are you there?", *texts]
    assert letters(ada.page) == []


def test_the_worker_sends_when_no_page_is_open(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk_begun(site, two, "Closed", words="Are you there?")
    controlled(ada.page)
    ada.context.set_offline(True)
    write(ada, "Sent by nobody's page")
    worker = Worker(ada.context, ada.page)
    ada.page.goto("about:blank")
    ada.context.set_offline(False)
    worker.sync(ada.page, site.url)
    bola.page.locator(".said", has_text="Sent by nobody's page").wait_for()
    ada.go("/me")
    assert letters(ada.page) == []


def test_what_a_form_has_changed_does_not_stop_the_page_that_answers_it(site: Site, two: list[Visitor]) -> None:
    """The line tells of it before the slow answer is there; a page that loaded itself anew then would cut it off."""
    ada, bola = two
    join(site, ada, "Ada Swift", "ada-swift@example.test")
    ada.go(f"/me/messages/new?to={join(site, bola, 'Bola Swift', 'bola-swift@example.test')}")
    ada.page.fill("#text", "Are you there?")
    ada.press("Send")
    bola.go("/me/messages?box=requests")
    bola.page.get_by_role("link", name="Ada Swift").click()
    bola.page.wait_for_selector("#unread", state="attached")

    slow: list[int] = []

    def slowly(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        slow.append(answer.status)
        time.sleep(2)
        route.fulfill(response=answer)

    bola.page.route("**/turn/accept", slowly)
    bola.press("Accept")
    bola.page.wait_for_selector("[data-compose]")
    assert slow == [303]
    assert bola.page.evaluate("performance.getEntriesByType('navigation')[0].type") == "navigate", "it loaded itself anew before"


def test_an_older_versions_waiting_messages_go_out(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk = talk_begun(site, two, "Former", words="Good morning.")
    person = ada.page.locator("[data-person]").get_attribute("data-person")
    path = f"/api/messages/{talk.rpartition('/')[2]}/messages"
    for whose, text in (("somebody-else", "Not mine to send"), (person, "From the old box")):
        letter = {"id": str(uuid4()), "path": path, "body": {"text": text, "client_id": str(uuid4())}}
        keep = "([person, letter]) => { localStorage.setItem('person', person); localStorage.setItem('outbox', JSON.stringify([letter])); }"
        ada.page.evaluate(keep, [whose, letter])
        ada.go(talk)
        wait_until(lambda: ada.page.evaluate("!localStorage.getItem('outbox')"), what="the old box was not emptied")
    bola.page.locator(".said", has_text="From the old box").wait_for()
    assert thread_of(bola) == ["Good morning.", "From the old box"]


def test_a_refused_message_says_why_and_waits_for_a_decision(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk = talk_begun(site, two, "Refused", words="Good morning.")
    person = next(
        one["id"] for one in ada.context.request.get(talk.replace("/me/", "/api/")).json()["people"] if one["name"] == "Bola Refused"
    )
    headers = {"origin": site.url}
    assert ada.context.request.post("/api/messages/blocks", data={"person_id": person}, headers=headers).ok
    write(ada, "Still here?", "And now?")
    expect(ada.page.get_by_text("Not sent. You have blocked this person.")).to_have_count(2)
    assert judged(ada.page) == []
    ada.picture("messages-refused")
    ada.go(talk)
    expect(ada.page.locator(".said.waiting")).to_have_count(2)
    ada.page.locator(".said", has_text="And now?").get_by_role("button", name="Discard").click()
    expect(ada.page.locator(".said.waiting")).to_have_count(1)
    assert ada.context.request.delete(f"/api/messages/blocks/{person}", headers=headers).ok
    ada.page.locator(".said", has_text="Still here?").get_by_role("button", name="Try again").click()
    bola.page.locator(".said", has_text="Still here?").wait_for()
    expect(ada.page.locator(".said.waiting")).to_have_count(0)
    assert thread_of(bola) == ["Good morning.", "Still here?"]
    assert letters(ada.page) == []


def test_the_inbox_is_on_screen_within_a_second_of_a_line_that_stalls(site: Site, two: list[Visitor], measured: Measure) -> None:
    ada, _ = two
    talk_begun(site, two, "Slow", words="Are you free on Friday?")
    ada.go("/me/messages")
    wait_until(lambda: "/me/messages" in own(controlled(ada.page)), what="the inbox was not kept")
    for width, theme in ((PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")):
        ada.width = width
        ada.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        ada.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        for name, path in (("inbox", "/me/messages"), ("talk", ada.page.locator(".talks a").first.get_attribute("href") or "")):
            ada.go(path)
            assert judged(ada.page) == [] and not ada.scrolls_sideways()
            ada.picture(f"messages-{name}-{theme}")
        ada.go("/me/messages")
    os.kill(site.web.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        ada.page.goto("/me/messages", wait_until="commit")
        ada.page.locator(".talks .card-title", has_text="Bola Slow").wait_for()
        took = time.monotonic() - began
        ada.page.locator("#line", has_text="The network does not answer. Kept on this phone 1 minute ago.").wait_for()
    finally:
        os.kill(site.web.process.pid, signal.SIGCONT)
    measured("kept-inbox", milliseconds=round(took * 1000))
    assert took < 1.0
    expect(ada.page.locator("#line")).to_be_hidden()


def test_a_page_that_knows_already_is_not_loaded_anew(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    join(site, ada, "Ada Knows", "ada-knows@example.test")
    handle = join(site, bola, "Bola Knows", "bola-knows@example.test")
    ada.go(f"/me/messages/new?to={handle}")
    ada.page.fill("#text", "Are you there?")
    ada.press("Send")
    bola.go("/me/messages?box=requests")
    bola.page.get_by_role("link", name="Ada Knows").click()
    bola.page.wait_for_load_state("load")
    loads: list[str] = []
    bola.page.on("framenavigated", lambda frame: loads.append(frame.url))
    bola.press("Accept")
    bola.page.wait_for_selector("[data-compose]")
    ada.page.wait_for_selector("[data-compose]")  # her page had to change, and did
    bola.page.wait_for_timeout(2500)  # longer than the second after which the server looks for what was not heard
    assert len(loads) == 1
    turn = f"{bola.page.url.partition('#')[0].replace('/me/', '/api/')}/turn"
    assert bola.context.request.post(turn, data={"turn": "mute"}, headers={"origin": site.url}).ok
    bola.page.wait_for_selector("[action$=unmute]", state="attached")
    assert len(loads) == 2


def test_what_is_announced_is_there_though_the_replica_stands_still(
    site: Site, two: list[Visitor], chromium: Browser, stack: Stack
) -> None:
    ada, bola = two
    talk = talk_begun(site, two, "Lagging", words="Are you there?")
    tablet = Visitor(chromium, site)
    tablet.sign_in("bola-lagging@example.test", "three unusual words")
    person = tablet.context.request.get("/api/profile").json()["user"]["id"]
    tablet.go("about:blank")
    bola.go("about:blank")
    with Redis.from_url(site.session_url) as valkey:
        pin = f"{PERSON_PREFIX}{person}:pin"

        def by_replica() -> bool:
            """Whether Bola reads from the replica by now; for half a minute after Valkey began nobody does."""
            assert tablet.context.request.get("/api/messages").ok
            return str(valkey.get(pin)).startswith("b'africa")

        wait_until(by_replica, what="the replica never answered her", within=45)
    stack.standbys[0].sql("select pg_wal_replay_pause()")
    try:
        write(ada, "The generator is here.")
        ada.page.locator(".said.mine:not(.waiting)", has_text="The generator is here.").wait_for()
        for path in ("/me/messages", talk):  # where a push leads on a phone that had no page open
            assert "The generator is here." in tablet.context.request.get(path, headers={"accept": "text/html"}).text(), path
        bola.go("/me/messages")
        write(ada, "And the fuel.")
        bola.page.locator(".talks", has_text="And the fuel.").wait_for()
        expect(bola.page.locator("[data-badge] .count")).to_have_text("2")
        bola.page.get_by_role("link", name="Ada Lagging").click()
        bola.page.locator(".said", has_text="And the fuel.").wait_for()
        for phone in (bola, tablet):
            phone.go("about:blank")
        tablet.page.wait_for_timeout(1500)  # until nothing of theirs is under way
        with Redis.from_url(site.session_url) as valkey:
            valkey.delete(f"{PERSON_PREFIX}{person}:mark", f"{PERSON_PREFIX}{person}:pin")
        tablet.context.clear_cookies(name=re.compile("^nch_"))
        page = tablet.context.request.get(talk, headers={"accept": "text/html"}).text()
        assert "Are you there?" in page and "The generator is here." not in page, "the replica never answered, so nothing was proven"
    finally:
        stack.standbys[0].sql("select pg_wal_replay_resume()")
        tablet.close()


def test_what_was_said_before_the_pages_script_came_is_on_the_page(site: Site, two: list[Visitor]) -> None:
    """On a slow line the figure on top has its line long before the conversation has its script: no badge without its message."""
    ada, bola = two
    talk = talk_begun(site, two, "Earlier", words="Are you there?")
    bola.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => Promise.all(all.map((one) => one.unregister())))")
    held: list[Route] = []
    bola.page.route(re.compile(r"/messages-[^/]*\.js"), lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    with bola.page.expect_websocket():
        bola.page.goto(talk, wait_until="commit")
    wait_until(lambda: (bola.page.wait_for_timeout(50), held)[1], what="the script was never asked for")
    bola.page.wait_for_timeout(500)
    write(ada, "This came meanwhile.")
    expect(bola.page.locator("[data-badge] .count")).to_have_text("1")
    for route in held:
        route.continue_()
    expect(bola.page.locator(".said", has_text="This came meanwhile.")).to_have_count(1)


def test_a_room_that_one_is_not_in_any_more_leaves_the_screen_and_is_asked_for_no_more(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk_begun(site, two, "Gone", words="Are you in?")
    origin = {"origin": site.url}
    made = ada.context.request.post("/api/projects", data={"title": "The last boat"}, headers=origin).json()["project"]["id"]
    handle = bola.context.request.get("/api/profile").json()["user"]["handle"]
    assert ada.context.request.post(f"/api/projects/{made}/members", data={"handle": handle}, headers=origin).ok
    assert bola.context.request.post(f"/api/projects/{made}/turn", data={"turn": "accept"}, headers=origin).ok
    opening = {"about": {"kind": "project", "id": made}, "text": "Call time is 6.", "client_id": str(uuid4())}
    talk = ada.context.request.post("/api/messages", data=opening, headers=origin).json()["message"]["conversation_id"]
    bola.go(f"/me/messages/{talk}")
    bola.page.locator(".said", has_text="Call time is 6.").wait_for()
    asked: list[str] = []
    bola.page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/list") else None)
    person = bola.context.request.get("/api/profile").json()["user"]["id"]
    assert ada.context.request.delete(f"/api/projects/{made}/members/{person}", headers=origin).ok
    expect(bola.page.locator("[data-compose]")).to_have_count(0)
    expect(bola.page.locator(".said")).to_have_count(0)
    before = len(asked)
    bola.page.wait_for_timeout(5_000)
    assert len(asked) == before, "a page that is gone is asked for again and again"
