"""Whoever is asked hears one message until they say yes, also where a group is made to ask them."""

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.domains.test_groups import Group, befriend, look
from tests.domains.test_groups import group as group  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_keeping_apart import told_to
from tests.domains.test_messages import handle_of, inbox, open_with, say, texts, turn
from tests.domains.test_messages import join as join  # noqa: PLC0414
from tests.journeys.conftest import Join


async def test_a_group_made_with_a_stranger_says_one_thing_to_them(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    talk = (await open_with(ada, await handle_of(bola), title="Second unit", text="May I ask?")).json()["message"]["conversation_id"]
    before = len(await told_to(process, bola))
    for text in ("Answer me", "Why do you not answer?"):
        assert (await say(ada, talk, text)).status_code == 201
    assert (await ada.client.put(f"/api/messages/{talk}", json={"title": "Bola is rude"})).status_code == 204
    assert await texts(bola, talk) == ["May I ask?"] and (await look(bola, talk))["title"] == "Second unit"
    (waiting,) = (await inbox(bola, "requests"))["conversations"]
    assert (waiting["last_text"], waiting["unread"], waiting["title"]) == ("May I ask?", 1, "Second unit")
    assert len(await told_to(process, bola)) == before, "nor is anything told"
    assert (await ada.client.put(f"/api/messages/{talk}/messages/2", json={"text": "Answer me!"})).status_code == 200
    assert len(await told_to(process, bola)) == before
    await drain(process.runtime)
    notices = (await bola.client.get("/api/notifications")).json()["notices"]
    assert [notice["kind"] for notice in notices] == ["conversation.asked"]
    assert (await bola.client.get("/api/messages/search", params={"q": "answer"})).json()["messages"] == []
    assert await turn(bola, talk, "accept") == 204
    assert await texts(bola, talk) == ["May I ask?", "Answer me!", "Why do you not answer?"]
    assert (await look(bola, talk))["title"] == "Bola is rude"


async def test_who_is_asked_later_hears_one_thing_too_and_who_is_asked_back_what_they_heard(group: Group, join: Join) -> None:
    ada, bola, chidi, talk = group
    eve = await join("Eve Ojo")
    assert (await ada.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(eve)]})).status_code == 204
    assert await texts(eve, talk) == []
    assert await turn(chidi, talk, "leave") == 204
    assert (await ada.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(chidi)]})).status_code == 204
    for text in ("Welcome", "Call time is 7."):
        assert (await say(bola, talk, text)).status_code == 201
    assert await texts(eve, talk) == ["Welcome"]
    assert await texts(chidi, talk) == ["Call time is 6."]
    assert [await turn(one, talk, "accept") for one in (eve, chidi)] == [204, 204]
    assert await texts(eve, talk) == ["Welcome", "Call time is 7."]


async def test_who_accepts_through_a_block_keeps_the_name_they_know(join: Join) -> None:
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    await befriend(ada, chidi)
    talk = (await open_with(ada, await handle_of(bola), await handle_of(chidi), title="Second unit")).json()["message"]["conversation_id"]
    assert (await bola.client.post("/api/messages/blocks", json={"person_id": ada.person_id})).status_code == 204
    assert (await ada.client.put(f"/api/messages/{talk}", json={"title": "Bola is rude"})).status_code == 204
    assert await turn(bola, talk, "accept") == 204
    assert [(await look(one, talk))["title"] for one in (bola, chidi)] == ["Second unit", "Bola is rude"]
