"""Ways round what holds strangers and blocks apart: to put out and ask again, to name and hand over, to look at what was touched."""

from nollycrewhub.platform.app import Process
from tests.domains.test_groups import Group, befriend, look
from tests.domains.test_groups import group as group  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_messages import Pair, handle_of, inbox, open_with, say, turn
from tests.domains.test_messages import join as join  # noqa: PLC0414
from tests.domains.test_messages import pair as pair  # noqa: PLC0414
from tests.domains.test_renewed_pages import opened
from tests.domains.test_through_a_block import block
from tests.journeys.conftest import Join, Member


async def touched(member: Member, since: str = "") -> tuple[list[str], str]:
    """Which conversations delta sync gives again, and from where to ask next."""
    answer = (await member.client.get("/api/messages/sync", params={"since": since})).json()
    return [one["id"] for one in answer["conversations"]], answer["since"]


async def test_delta_sync_does_not_tell_of_a_block(process: Process, pair: Pair) -> None:
    """What both see is not touched by it, and her other devices look again all the same."""
    ada, bola, talk = pair

    async def noted() -> list[tuple[int, ...]]:
        async with process.runtime.db.write_session() as session:
            rows = await session.sql(
                "select m.changed, c.changed from messages.member m join messages.conversation c on c.id = m.conversation_id "
                "where c.id = $1 order by m.person_id",
                talk,
            )
        return [tuple(row) for row in rows]

    before = await noted()
    for on in (True, False):
        _, since = await touched(ada)
        await block(ada, bola, on=on)
        assert talk in (await touched(ada, since))[0] and await noted() == before


async def test_who_is_asked_nothing_is_on_the_list_like_who_has_not_answered(join: Join) -> None:
    bola, ada, chidi, dayo = await join("Bola Ade"), await join("Ada Obi"), await join("Chidi Eze"), await join("Dayo Oni")
    await befriend(bola, chidi)
    await block(ada, bola)
    talk = (await open_with(bola, await handle_of(chidi), title="Second unit")).json()["message"]["conversation_id"]
    asked = await bola.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(ada), await handle_of(dayo)]})
    assert asked.status_code == 204
    states = {one["id"]: one["state"] for one in (await look(bola, talk))["people"]}
    assert states[ada.person_id] == states[dayo.person_id] == "asked"
    assert (await inbox(ada, "requests"))["conversations"] == []


async def test_to_put_somebody_out_before_they_answer_frees_no_place(join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    handle, codes = await handle_of(bola), []
    for number in range(4):
        made = await open_with(ada, handle, title=f"Unit {number}")
        codes.append(made.status_code)
        if made.status_code == 201:
            talk = made.json()["message"]["conversation_id"]
            assert (await ada.client.delete(f"/api/messages/{talk}/people/{bola.person_id}")).status_code == 204
    assert codes == [201, 201, 201, 409]


async def test_a_name_reaches_those_who_are_in_it(group: Group, join: Join) -> None:
    ada, bola, chidi, talk = group
    eve = await join("Eve Ojo")
    handle = await handle_of(eve)
    path = f"/api/messages/{talk}"
    assert (await ada.client.post(f"{path}/people", json={"people": [handle]})).status_code == 204
    assert await turn(bola, talk, "leave") == 204
    for member in (chidi, eve):
        assert (await ada.client.delete(f"{path}/people/{member.person_id}")).status_code == 204
    assert (await ada.client.put(path, json={"title": "You are all rude"})).status_code == 204
    assert (await ada.client.post(f"{path}/people", json={"people": [handle]})).status_code == 204
    assert [(await look(one, talk))["title"] for one in (bola, chidi, eve)] == ["Second unit"] * 3
    assert await turn(eve, talk, "accept") == 204
    assert (await look(eve, talk))["title"] == "You are all rude"


async def test_a_name_from_somebody_one_has_blocked_does_not_come_by_another_owner(join: Join) -> None:
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    await befriend(ada, chidi)
    talk = (await open_with(ada, await handle_of(bola), await handle_of(chidi), title="Second unit")).json()["message"]["conversation_id"]
    await block(bola, ada)
    assert (await ada.client.put(f"/api/messages/{talk}", json={"title": "Bola is rude"})).status_code == 204
    assert (await ada.client.post(f"/api/messages/{talk}/owner", json={"person_id": chidi.person_id})).status_code == 204
    assert await turn(bola, talk, "accept") == 204
    assert (await look(bola, talk))["title"] == "Second unit"
    assert (await chidi.client.put(f"/api/messages/{talk}", json={"title": "Night unit"})).status_code == 204
    assert (await look(bola, talk))["title"] == "Night unit"


async def test_what_is_said_in_a_group_one_has_left_leaves_its_archive_alone(group: Group) -> None:
    ada, bola, _, talk = group
    assert [await turn(bola, talk, to) for to in ("leave", "archive")] == [204, 204]
    assert (await say(ada, talk, "Without Bola")).status_code == 201
    assert [one["id"] for one in (await inbox(bola, "archived"))["conversations"]] == [talk]


async def test_an_open_page_of_a_group_is_what_a_fresh_one_is_after_a_block(group: Group) -> None:
    """What comes or goes with a block was not touched; nor does a page that was kept hear of it."""
    ada, bola, _, talk = group
    assert (await say(bola, talk, "Yes.")).status_code == 201
    pages = [await opened(one, talk) for one in (ada, bola)]
    for on in (True, False):
        await block(ada, bola, on=on)
        assert (await say(ada, talk, "Lamps")).status_code == 201
        for page in pages:
            await page.renew()
            assert page.lines == (await opened(page.member, talk)).lines
