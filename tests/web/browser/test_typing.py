"""That somebody is writing comes to the other's screen and goes, and does not come from whom a block keeps apart, also in a group."""

from uuid import uuid4

from playwright.sync_api import expect

from tests.served import wait_until
from tests.web.browser.conftest import Site, Visitor
from tests.web.browser.test_messages import talk_begun
from tests.web.browser.test_messages import two as two  # noqa: PLC0414 - pytest finds fixtures by name


def test_writing_is_seen_while_it_lasts_and_through_a_block_it_is_not(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk_begun(site, two, "Types", words="Are you there?")
    origin = {"origin": site.url}
    person = bola.context.request.get("/api/profile").json()["user"]
    opening = {"to": [person["handle"]], "title": "Second unit", "text": "Call time is 6.", "client_id": str(uuid4())}
    group = ada.context.request.post("/api/messages", data=opening, headers=origin).json()["message"]["conversation_id"]
    said: list[str] = []
    bola.page.on("websocket", lambda line: line.on("framesent", lambda frame: '"typing"' in str(frame) and said.append(str(frame))))
    for phone in two:
        phone.go(f"/me/messages/{group}")
    writing, field = ada.page.locator("[data-typing]"), bola.page.locator("[data-compose] textarea")
    expect(ada.page.locator("[data-presence]")).to_have_text("Here now")  # both have their line
    expect(writing).to_have_text("")
    field.press_sequentially("Who ")
    expect(writing).to_have_text("Writing…")
    ada.picture("messages-writing")
    assert ada.context.request.post("/api/messages/blocks", data={"person_id": person["id"]}, headers=origin).ok
    expect(writing).to_have_text("", timeout=8_000)
    before = len(said)
    field.press_sequentially("is in?")
    wait_until(lambda: (bola.page.wait_for_timeout(50), len(said) > before)[1], what="it was not said")
    ada.page.wait_for_timeout(1_000)  # ten times what it took to come, and it stays for five seconds
    assert writing.inner_text() == ""
    assert bola.refused == [], "the block was told"
