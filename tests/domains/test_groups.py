"""Groups: whose they are, who is put out, who comes after the owner, and that a block keeps people apart until they agree."""

from typing import Any
from uuid import UUID

import pytest

from nollycrewhub.domains.messages import service
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.domains.test_messages import handle_of, inbox, open_with, say, texts, turn
from tests.domains.test_messages import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.journeys.conftest import Join, Member

Group = tuple[Member, Member, Member, str]


async def befriend(one: Member, other: Member) -> None:
    """Two who have accepted each other."""
    talk = (await open_with(one, await handle_of(other))).json()["message"]["conversation_id"]
    assert await turn(other, talk, "accept") == 204


async def look(member: Member, talk: str) -> Any:
    """The group as one of its people sees it."""
    return (await member.client.get(f"/api/messages/{talk}")).json()


async def states(member: Member, talk: str) -> dict[str, str]:
    """Who stands where."""
    return {one["id"]: one["state"] for one in (await look(member, talk))["people"]}


@pytest.fixture
async def group(join: Join) -> Group:
    """Ada's group, with Bola (first) and Chidi."""
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    opened = await open_with(ada, await handle_of(bola), await handle_of(chidi), title="Second unit", text="Call time is 6.")
    talk: str = opened.json()["message"]["conversation_id"]
    for member in (bola, chidi):
        assert await turn(member, talk, "accept") == 204
    return ada, bola, chidi, talk


async def test_the_owner_names_it_and_nobody_else(group: Group) -> None:
    ada, bola, _, talk = group
    assert (await look(bola, talk))["owner_id"] == ada.person_id
    refused = await bola.client.put(f"/api/messages/{talk}", json={"title": "Mine"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/only-the-owner")
    assert (await ada.client.put(f"/api/messages/{talk}", json={"title": " . "})).status_code == 422
    assert (await look(bola, talk))["title"] == "Second unit"
    assert (await ada.client.put(f"/api/messages/{talk}", json={"title": "Night  unit"})).status_code == 204
    assert (await look(bola, talk))["title"] == (await inbox(bola))["conversations"][0]["title"] == "Night  unit"


async def test_a_name_is_a_message_among_those_of_a_minute(group: Group) -> None:
    ada, _, _, talk = group
    codes = [(await ada.client.put(f"/api/messages/{talk}", json={"title": f"Unit {turn}"})).status_code for turn in range(25)]
    assert codes[0] == 204 and codes[-1] == 429 and codes == sorted(codes)
    assert (await look(ada, talk))["title"] == f"Unit {codes.count(204) - 1}"
    assert (await ada.client.put(f"/api/messages/{talk}", json={"title": f"Unit {codes.count(204) - 1}"})).status_code == 204, (
        "nothing changes"
    )


async def test_who_is_put_out_keeps_what_was_said_and_hears_no_more(process: Process, group: Group) -> None:
    ada, bola, chidi, talk = group
    refused = await bola.client.delete(f"/api/messages/{talk}/people/{chidi.person_id}")
    assert refused.status_code == 409 and (await states(ada, talk))[chidi.person_id] == "in"
    assert (await ada.client.delete(f"/api/messages/{talk}/people/{ada.person_id}")).status_code == 422
    assert (await ada.client.delete(f"/api/messages/{talk}/people/{chidi.person_id}")).status_code == 204
    assert (await ada.client.delete(f"/api/messages/{talk}/people/{chidi.person_id}")).status_code == 404
    assert (await say(ada, talk, "Without Chidi")).status_code == 201
    assert await texts(chidi, talk) == ["Call time is 6."]
    assert (await say(chidi, talk, "Why?")).status_code == 409
    found = await inbox(chidi)
    assert found["unread"] == sum(one["unread"] for one in found["conversations"]) == 1, "the badge shows what the page shows"
    assert '<span class="count">1</span>' in (await chidi.client.get("/me/strip")).text
    assert "Mark as read" in (await chidi.client.get(f"/me/messages/{talk}")).text
    assert (await chidi.client.post(f"/me/messages/{talk}/read", data={"n": "1"})).status_code == 303
    assert (await inbox(chidi))["unread"] == 0
    assert "put out of this group" in (await chidi.client.get(f"/me/messages/{talk}")).text
    assert (await states(bola, talk))[chidi.person_id] == "out"
    again = await bola.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(chidi)]})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/only-the-owner")
    assert (await ada.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(chidi)]})).status_code == 204
    assert await texts(chidi, talk) == ["Call time is 6."], "until the yes nothing of what was said meanwhile is there"
    assert await turn(chidi, talk, "decline") == 204
    assert await texts(chidi, talk) == ["Call time is 6."] and (await states(ada, talk))[chidi.person_id] == "left"
    assert (await ada.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(chidi)]})).status_code == 204
    assert await turn(chidi, talk, "accept") == 204
    assert (await say(ada, talk, "Welcome back")).status_code == 201
    assert await texts(chidi, talk) == ["Welcome back"]


async def test_who_was_only_asked_is_put_out_without_a_trace(group: Group, join: Join) -> None:
    (ada, bola, _, talk), dayo = group, await join("Dayo Ojo")
    assert (await ada.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(dayo)]})).status_code == 204
    assert (await ada.client.delete(f"/api/messages/{talk}/people/{dayo.person_id}")).status_code == 204
    assert (await dayo.client.get(f"/api/messages/{talk}")).status_code == 404
    assert dayo.person_id not in await states(bola, talk)


async def test_a_group_is_handed_over_and_goes_to_the_longest_standing(group: Group) -> None:
    ada, bola, chidi, talk = group
    body = {"person_id": chidi.person_id}
    assert (await bola.client.post(f"/api/messages/{talk}/owner", json=body)).status_code == 409
    assert (await ada.client.post(f"/api/messages/{talk}/owner", json=body)).status_code == 204
    assert (await look(ada, talk))["owner_id"] == chidi.person_id
    assert (await ada.client.put(f"/api/messages/{talk}", json={"title": "Mine again"})).status_code == 409
    assert await turn(ada, talk, "leave") == 204
    assert (await look(bola, talk))["owner_id"] == chidi.person_id, "another's leaving changes nothing"
    assert (await chidi.client.post(f"/api/messages/{talk}/owner", json={"person_id": ada.person_id})).status_code == 404
    assert await turn(chidi, talk, "leave") == 204
    assert (await look(bola, talk))["owner_id"] == bola.person_id
    assert await turn(bola, talk, "leave") == 204
    assert (await look(bola, talk))["owner_id"] is None


async def test_an_owner_who_leaves_the_house_leaves_the_group_to_the_next(process: Process, group: Group) -> None:
    ada, bola, _, talk = group
    async with process.runtime.db.write_session() as session:
        await service.erase_person(session, UUID(ada.person_id))
        await session.commit()
    found = await look(bola, talk)
    assert found["owner_id"] == bola.person_id and ada.person_id not in str(found)


async def test_a_later_request_is_told_too(process: Process, group: Group, join: Join) -> None:
    (ada, _, _, talk), dayo = group, await join("Dayo Ojo")
    assert (await ada.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(dayo)]})).status_code == 204
    await drain(process.runtime)
    notices = (await dayo.client.get("/api/notifications")).json()["notices"]
    assert [notice["kind"] for notice in notices] == ["conversation.asked"]


async def test_nobody_is_put_together_with_whom_they_have_blocked(join: Join) -> None:
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    await befriend(ada, bola)
    await befriend(ada, chidi)
    assert (await bola.client.post("/api/messages/blocks", json={"person_id": chidi.person_id})).status_code == 204
    opened = await open_with(ada, await handle_of(bola), await handle_of(chidi), title="Both", text="Welcome")
    talk = opened.json()["message"]["conversation_id"]
    seats = await states(ada, talk)
    assert (seats[bola.person_id], seats[chidi.person_id]) == ("asked", "in"), "who has blocked must agree; the other is not told"
    assert "Somebody you have blocked is in this group." in (await bola.client.get(f"/me/messages/{talk}")).text
    assert "Somebody you have blocked" not in (await chidi.client.get(f"/me/messages/{talk}")).text
    assert await turn(bola, talk, "accept") == 204
    assert (await say(chidi, talk, "Hello all")).status_code == 201
    assert await texts(bola, talk) == ["Welcome"] and await texts(ada, talk) == ["Welcome", "Hello all"]


async def test_whom_somebody_inside_has_blocked_is_not_taken_in(join: Join) -> None:
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    await befriend(ada, bola)
    await befriend(ada, chidi)
    talk = (await open_with(ada, await handle_of(bola), title="Bola's", text="Welcome")).json()["message"]["conversation_id"]
    assert (await bola.client.post("/api/messages/blocks", json={"person_id": chidi.person_id})).status_code == 204
    people = {"people": [await handle_of(chidi)]}
    assert (await ada.client.post(f"/api/messages/{talk}/people", json=people)).status_code == 204, "nobody is told of a block"
    assert (await states(ada, talk))[chidi.person_id] == "asked" and (await chidi.client.get(f"/api/messages/{talk}")).status_code == 404
    assert (await bola.client.delete(f"/api/messages/blocks/{chidi.person_id}")).status_code == 204
    assert (await ada.client.post(f"/api/messages/{talk}/people", json=people)).status_code == 204
    assert (await states(ada, talk))[chidi.person_id] == "in", "to unblock is to agree"


async def test_who_has_blocked_the_asker_is_in_no_group_of_theirs(join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    await befriend(ada, bola)
    assert (await bola.client.post("/api/messages/blocks", json={"person_id": ada.person_id})).status_code == 204
    talk = (await open_with(ada, await handle_of(bola), title="Come", text="Please")).json()["message"]["conversation_id"]
    assert (await bola.client.get(f"/api/messages/{talk}")).status_code == 404
    assert (await states(ada, talk))[bola.person_id] == "in", "which looks like any friend"
    refused = await open_with(bola, await handle_of(ada), title="Other", text="Please")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/you-blocked-them")


async def test_the_page_governs_without_a_script(group: Group, join: Join) -> None:
    (ada, bola, chidi, talk), dayo = group, await join("Dayo Ojo")
    page = f"/me/messages/{talk}"
    assert "Put out" in (await ada.client.get(page)).text and "Put out" not in (await bola.client.get(page)).text
    asked = await bola.client.post(f"{page}/people", data={"to": f"@{await handle_of(dayo)}"})
    assert asked.status_code == 303 and (await states(ada, talk))[dayo.person_id] == "asked"
    wrong = await bola.client.post(f"{page}/people", data={"to": ""})
    assert wrong.status_code == 422 and "Write the handles" in wrong.text
    assert (await ada.client.post(f"{page}/name", data={"title": "Night unit"})).status_code == 303
    assert "Night unit" in (await bola.client.get(page)).text
    assert (await ada.client.post(f"{page}/people/{chidi.person_id}/out")).status_code == 303
    assert "(put out)" in (await bola.client.get(page)).text
    assert (await ada.client.post(f"{page}/people/{bola.person_id}/owner")).status_code == 303
    assert (await ada.client.post(f"{page}/people/{bola.person_id}/out")).status_code == 409
    assert (await bola.client.post(f"{page}/people/{ada.person_id}/sideways")).status_code == 422
