"""Doors by which a block, or being asked nothing, would show: the export, the archive, marks of whoever came later, counts, frames."""

from typing import Any

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.domains.test_groups import Group, befriend, look, states
from tests.domains.test_groups import group as group  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_keeping_apart import told_to
from tests.domains.test_messages import Pair, handle_of, inbox, open_with, say, turn
from tests.domains.test_messages import join as join  # noqa: PLC0414
from tests.domains.test_messages import pair as pair  # noqa: PLC0414
from tests.domains.test_projects import ask_in, begin, talk_about
from tests.domains.test_projects import turn as answer
from tests.domains.test_through_a_block import block, change
from tests.domains.test_untold_blocks import ask, mark_of, read
from tests.journeys.conftest import Join, Member


async def own_data(member: Member) -> Any:
    """What somebody may take along of their conversations."""
    answer = await member.client.get("/api/users/me/export", headers={"x-nch-position": "1/ffffffffffff"})
    return answer.json()["messages"]


async def test_the_export_of_who_was_blocked_is_as_without_a_block(pair: Pair, join: Join) -> None:
    ada, bola, talk = pair
    chidi = await join("Chidi Eze")
    other = (await open_with(ada, await handle_of(chidi))).json()["message"]["conversation_id"]
    assert await turn(chidi, other, "accept") == 204
    await block(bola, ada)
    for where in (talk, other):
        assert (await change(ada, where, 1, "Good evening.")).status_code == 200
        assert (await say(ada, where, "Are you there?")).status_code == 201
        await read(ada, where, 2)
    data = await own_data(ada)
    assert data.get("silent_texts", []) == []

    def shape(where: str) -> Any:
        rows = {
            name: [row for row in data[name] if row.get("conversation_id", row.get("id")) == where] for name in data if name != "choice"
        }
        differing = ("id", "conversation_id", "client_id", "sent_at", "edited_at", "changed", "since", "created_at", "until", "blocked_id")
        return {
            name: [{key: value is not None if key in differing else value for key, value in row.items()} for row in found]
            for name, found in rows.items()
        }

    assert shape(talk) == shape(other)
    assert [row["text"] for row in data["messages"] if row["conversation_id"] == talk] == ["Good evening.", "Are you there?"]
    assert [row["text"] for row in data["former_texts"] if row["conversation_id"] == talk] == ["Good morning."]


async def test_the_export_says_nothing_of_what_one_is_asked_nothing_about(process: Process, join: Join) -> None:
    ada, bola, chidi = [await join(name) for name in ("Ada Obi", "Bola Ade", "Chidi Eze")]
    await befriend(ada, bola)
    talk = (await open_with(ada, await handle_of(bola), title="Second unit")).json()["message"]["conversation_id"]
    await block(bola, chidi)
    assert await ask(ada, talk, chidi) == 204
    assert (await own_data(chidi))["conversations"] == []
    assert (await chidi.client.get("/api/messages/sync")).json()["gone"] == []
    dayo = await join("Dayo Oni")
    assert await ask(ada, talk, dayo) == 204
    assert await told_to(process, chidi) == []


async def test_the_export_calls_a_group_as_it_is_called_to_one(group: Group) -> None:
    ada, bola, _, talk = group
    await block(bola, ada)
    assert (await ada.client.put(f"/api/messages/{talk}", json={"title": "Bola is a thief"})).status_code == 204
    assert [row["title"] for row in (await own_data(bola))["conversations"]] == ["Second unit"]


async def test_what_a_blocked_one_says_takes_the_conversation_out_of_their_archive(pair: Pair) -> None:
    ada, bola, talk = pair
    await block(bola, ada)
    for member in (ada, bola):
        assert await turn(member, talk, "archive") == 204
    assert (await say(ada, talk, "Are you there?")).status_code == 201
    assert [len((await inbox(one))["conversations"]) for one in (ada, bola)] == [1, 0]


async def test_the_mark_of_whoever_came_later_is_where_they_came_in(group: Group, join: Join) -> None:
    ada, bola, chidi, talk = group
    dayo, eve = await join("Dayo Oni"), await join("Eve Ojo")
    await block(dayo, ada)
    for one in (bola, chidi):
        await read(one, talk, 1)
    for one in (dayo, eve):
        assert await ask(chidi, talk, one) == 204
        assert await turn(one, talk, "accept") == 204
    assert [await mark_of(ada, talk, one) for one in (dayo, eve)] == [1, 1]
    assert "<span data-mark>read" in (await ada.client.get(f"/me/messages/{talk}")).text


async def test_to_ask_again_after_an_unblock_is_no_more_than_to_ask_again(join: Join) -> None:
    ada, bola, chidi, dayo, eve = [await join(name) for name in ("Ada Obi", "Bola Ade", "Chidi Eze", "Dayo Oni", "Eve Ojo")]
    await befriend(bola, ada)
    talk = (await open_with(ada, await handle_of(bola), title="Second unit")).json()["message"]["conversation_id"]
    await block(bola, chidi)
    assert await ask(ada, talk, chidi, dayo, eve) == 204
    await block(bola, chidi, on=False)
    assert [await ask(ada, talk, one) for one in (dayo, chidi)] == [204, 204]
    assert (await inbox(chidi, "requests"))["requests"] == 1


async def test_a_month_later_a_no_counts_like_no_answer(process: Process, join: Join) -> None:
    ada, bola, chidi, dayo = [await join(name) for name in ("Ada Obi", "Bola Ade", "Chidi Eze", "Dayo Oni")]
    await block(chidi, ada)
    for one in (bola, chidi, dayo):
        assert (await open_with(ada, await handle_of(one))).status_code == 201
    refused = await open_with(ada, await handle_of(await join("Eve Ojo")))
    assert refused.status_code == 409 and refused.json()["detail"].startswith("3 of your first messages")
    async with process.runtime.db.write_session() as session:
        await session.sql("update messages.member set since = since - interval '31 days'")
        await session.commit()
    codes = [(await open_with(ada, await handle_of(await join(f"Person {n}")))).status_code for n in range(4)]
    assert codes == [201, 201, 201, 409]


async def test_whom_one_knows_looks_as_being_in_a_group_also_through_a_block(process: Process, join: Join) -> None:
    ada, bola, chidi, dayo = [await join(name) for name in ("Ada Obi", "Bola Ade", "Chidi Eze", "Dayo Oni")]
    for one in (bola, chidi, dayo):
        await befriend(ada, one)
    await block(bola, ada)
    opened = await open_with(ada, await handle_of(bola), await handle_of(chidi), title="Second unit", text="Call time is 6.")
    talk = opened.json()["message"]["conversation_id"]

    def line(page: Any, member: Member) -> dict[str, Any]:
        return next(
            {key: value for key, value in one.items() if key not in ("id", "name", "handle", "photo")}
            for one in page["people"]
            if one["id"] == member.person_id
        )

    async def both() -> list[Any]:
        pages = [await look(ada, talk), await look(chidi, talk)]
        return [(line(pages[0], bola), line(pages[1], bola)), (line(pages[0], chidi), line(pages[1], chidi))]

    one, other = await both()
    assert one == other and one[0]["state"] == "in"
    assert [row["name"] for row in (await look(ada, talk))["people"] if row["id"] == bola.person_id] == ["Bola Ade"]
    assert (await change(ada, talk, 1, "Call time is 7.")).status_code == 200, "nobody is asked"
    await drain(process.runtime)
    assert (await bola.client.get(f"/api/messages/{talk}")).status_code == 404
    assert talk not in [one["id"] for box in ("inbox", "requests") for one in (await inbox(bola, box))["conversations"]]
    assert talk not in (await bola.client.get("/api/messages/sync")).text + (await bola.client.get("/api/users/me/export")).text
    second = (await open_with(ada, await handle_of(chidi), title="Third unit")).json()["message"]["conversation_id"]
    assert await ask(ada, second, bola, dayo) == 204
    found = await states(ada, second)
    assert found[bola.person_id] == found[dayo.person_id] == "in"
    assert (await inbox(ada))["conversations"][0]["people"] == 4
    for one in (bola, dayo):
        body = {"person_id": one.person_id}
        assert (await ada.client.delete(f"/api/messages/{second}/people/{one.person_id}")).status_code == 204
        assert (await ada.client.post(f"/api/messages/{second}/owner", json=body)).status_code == 404
        assert (await states(ada, second))[one.person_id] == "out"
        assert await ask(chidi, second, one) == 409
        assert await ask(ada, second, one) == 204
        assert (await states(ada, second))[one.person_id] == "asked"
    assert (await ada.client.post(f"/api/messages/{talk}/owner", json={"person_id": bola.person_id})).status_code == 204
    assert (await look(ada, talk))["owner_id"] == bola.person_id
    assert await turn(ada, talk, "leave") == 204


async def test_a_friend_who_has_blocked_takes_no_place_of_first_messages(join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    await befriend(ada, bola)
    for number in range(3):
        assert (await open_with(ada, await handle_of(await join(f"Person {number}")))).status_code == 201
    await block(bola, ada)
    assert (await open_with(ada, await handle_of(bola), title="Second unit")).status_code == 201


async def unread_notices(process: Process, member: Member) -> int:
    """The figure of the bell."""
    await drain(process.runtime)
    return int((await member.client.get("/api/notifications", headers={"x-nch-position": "1/ffffffffffff"})).json()["unread"])


async def test_a_request_that_was_taken_back_leaves_no_badge(process: Process, group: Group, join: Join) -> None:
    ada, _, _, talk = group
    dayo = await join("Dayo Oni")
    assert await ask(ada, talk, dayo) == 204
    assert await unread_notices(process, dayo) == 1
    assert (await ada.client.delete(f"/api/messages/{talk}/people/{dayo.person_id}")).status_code == 204
    assert await unread_notices(process, dayo) == 0


async def test_a_no_is_told_of_no_second_time_by_another_asking(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    talk = (await open_with(ada, await handle_of(bola))).json()["message"]["conversation_id"]
    assert await unread_notices(process, bola) == 1
    assert await turn(bola, talk, "decline") == 204
    assert await unread_notices(process, bola) == 0
    assert (await open_with(ada, await handle_of(bola), title="Second unit")).status_code == 201
    assert await unread_notices(process, bola) == 0


async def test_a_message_that_is_gone_before_it_was_read_leaves_no_badge(process: Process, group: Group) -> None:
    """Deleted, or changed by somebody whom its reader has blocked meanwhile; where something else is new the notice stays."""
    ada, bola, chidi, talk = group
    for one in (bola, chidi):
        await read(one, talk, 1)
    await drain(process.runtime)
    assert [(await say(ada, talk, text)).status_code for text in ("Oh", "no")] == [201, 201]
    had = [await unread_notices(process, one) for one in (bola, chidi)]
    assert (await ada.client.delete(f"/api/messages/{talk}/messages/2")).status_code == 204
    assert [await unread_notices(process, one) for one in (bola, chidi)] == had
    await block(bola, ada)
    assert (await change(ada, talk, 3, "You fool")).status_code == 200
    assert [await unread_notices(process, one) for one in (bola, chidi)] == [had[0] - 1, had[1]]
    assert (await ada.client.delete(f"/api/messages/{talk}/messages/3")).status_code == 204
    assert [await unread_notices(process, one) for one in (bola, chidi)] == [had[0] - 1, had[1] - 1]
    assert [(await inbox(one))["unread"] for one in (bola, chidi)] == [0, 0]


async def test_a_room_that_somebody_has_lost_leaves_no_badge(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    project = await begin(ada)
    await ask_in(ada, project, bola)
    assert await answer(bola, project, "accept") == 204
    await drain(process.runtime)
    before = await unread_notices(process, bola)
    assert (await talk_about(ada, "project", project)).status_code == 201
    assert await unread_notices(process, bola) == before + 1
    assert await answer(bola, project, "leave") == 204
    assert await unread_notices(process, bola) == before
