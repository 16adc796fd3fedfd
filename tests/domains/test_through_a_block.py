"""By which other ways than a message something could come through a block: other words, a group's name, a read mark, an empty conversation."""

from typing import Any

from nollycrewhub.platform.app import Process
from tests.domains.test_groups import Group, befriend, look
from tests.domains.test_groups import group as group  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_keeping_apart import told_to
from tests.domains.test_messages import Pair, handle_of, inbox, open_with, say, texts, turn
from tests.domains.test_messages import join as join  # noqa: PLC0414
from tests.domains.test_messages import pair as pair  # noqa: PLC0414
from tests.journeys.conftest import Join, Member


async def block(member: Member, other: Member, *, on: bool = True) -> None:
    """Blocks or unblocks."""
    path = "/api/messages/blocks"
    if on:
        assert (await member.client.post(path, json={"person_id": other.person_id})).status_code == 204
    else:
        assert (await member.client.delete(f"{path}/{other.person_id}")).status_code == 204


async def change(member: Member, talk: str, n: int, text: str) -> Any:
    """Other words for a message."""
    return await member.client.put(f"/api/messages/{talk}/messages/{n}", json={"text": text})


async def found(member: Member, words: str) -> list[str]:
    """What the search finds."""
    return [row["text"] for row in (await member.client.get("/api/messages/search", params={"q": words})).json()["messages"]]


async def synced(member: Member, since: str = "") -> tuple[list[tuple[int, str, bool]], str]:
    """Everything that changed, and from where to ask next."""
    answer = (await member.client.get("/api/messages/sync", params={"since": since})).json()
    return [(row["n"], row["text"], row["edited_at"] is not None) for row in answer["messages"]], answer["since"]


async def test_whoever_is_blocked_changes_what_they_alone_read(process: Process, pair: Pair) -> None:
    ada, bola, talk = pair
    assert (await say(ada, talk, "Six lamps at noon")).status_code == 201
    (_, hers), (_, his) = await synced(ada), await synced(bola)
    await block(bola, ada)
    before, own = await told_to(process, bola), len(await told_to(process, ada))
    changed = await change(ada, talk, 2, "You owe me, thief")
    assert (changed.status_code, changed.json()["message"]["text"]) == (200, "You owe me, thief"), "the block is not told"
    assert changed.json()["message"]["edited_at"] is not None
    assert (await change(ada, talk, 2, "You owe me, liar")).json()["message"]["text"] == "You owe me, liar"
    assert await texts(ada, talk) == ["Good morning.", "You owe me, liar"]
    assert await texts(bola, talk) == ["Good morning.", "Six lamps at noon"]
    assert [(await inbox(one))["conversations"][0]["last_text"] for one in (ada, bola)] == ["You owe me, liar", "Six lamps at noon"]
    pages = [(await one.client.get(f"/me/messages/{talk}")).text for one in (ada, bola)]
    assert ["You owe me, liar" in page and "· edited" in page for page in pages] == [True, False]
    assert ["Six lamps" in page for page in pages] == [False, True]
    assert (await synced(ada, hers))[0] == [(2, "You owe me, liar", True)]
    assert (await synced(bola, his))[0] in ([], [(2, "Six lamps at noon", False)])
    assert await told_to(process, bola) == before
    assert [kind for kind, _ in (await told_to(process, ada))[own:]] == ["message-changed"] * 2


async def test_the_search_goes_by_what_one_reads(pair: Pair) -> None:
    ada, bola, talk = pair
    assert (await say(ada, talk, "Six lamps at noon")).status_code == 201
    await block(bola, ada)
    assert (await change(ada, talk, 2, "Seven generators, liar")).status_code == 200
    for words, by_ada, by_bola in (
        ("lamps", False, True),
        ("generators", True, False),
        ("generatrs", True, False),
        ("lampss", False, True),
    ):
        assert await found(ada, words) == ["Seven generators, liar"] * by_ada, words
        assert await found(bola, words) == ["Six lamps at noon"] * by_bola, words
    assert (await say(ada, talk, "Generators are here")).status_code == 201
    assert await found(ada, "generators") == ["Generators are here", "Seven generators, liar"]
    first = (await ada.client.get("/api/messages/search", params={"q": "generators", "limit": 1})).json()
    rest = (await ada.client.get("/api/messages/search", params={"q": "generators", "limit": 1, "cursor": first["next"]})).json()
    assert [row["n"] for row in first["messages"] + rest["messages"]] == [3, 2] and rest["next"] is None


async def test_what_was_changed_meanwhile_stays_unsaid_and_what_is_changed_now_comes(pair: Pair) -> None:
    ada, bola, talk = pair
    await block(bola, ada)
    assert (await change(ada, talk, 1, "Good riddance.")).status_code == 200
    await block(bola, ada, on=False)
    assert (await texts(ada, talk), await texts(bola, talk)) == (["Good riddance."], ["Good morning."])
    assert (await change(ada, talk, 1, "Good evening.")).status_code == 200
    assert await texts(ada, talk) == await texts(bola, talk) == ["Good evening."]


async def test_through_a_block_ones_own_message_can_still_be_taken_back(process: Process, pair: Pair) -> None:
    ada, bola, talk = pair
    assert (await say(bola, talk, "Yes, two.")).status_code == 201
    await block(bola, ada)
    assert (await change(ada, talk, 1, "Good riddance.")).status_code == 200
    for member, n in ((ada, 1), (bola, 2)):
        assert (await member.client.delete(f"/api/messages/{talk}/messages/{n}")).status_code == 204
    assert await texts(ada, talk) == await texts(bola, talk) == ["", ""]
    assert await found(ada, "riddance") == []
    async with process.runtime.db.write_session() as session:
        assert await session.sql("select 1 from messages.silent_text where conversation_id = $1", talk) == []


async def test_who_has_blocked_changes_nothing_either(pair: Pair) -> None:
    """In the words of a message that is not sent."""
    ada, bola, talk = pair
    assert (await say(bola, talk, "Yes, two.")).status_code == 201
    await block(bola, ada)
    refused, not_sent = await change(bola, talk, 2, "Yes, three."), await say(bola, talk, "Yes, three.")
    assert refused.status_code == not_sent.status_code == 409
    assert [one.json()["type"] for one in (refused, not_sent)] == ["/problems/you-blocked-them"] * 2
    assert refused.json()["detail"] == not_sent.json()["detail"]
    assert await texts(ada, talk) == await texts(bola, talk) == ["Good morning.", "Yes, two."]
    page = (await bola.client.get(f"/me/messages/{talk}?edit=2")).text
    assert "?edit=2" not in page and "Delete for everybody" in page and "Save the change" not in page
    typed = await bola.client.post(f"/me/messages/{talk}", data={"text": "Yes, three.", "edit": "2"})
    assert typed.status_code == 409 and "You have blocked this person. Unblock them first" in typed.text
    await block(bola, ada, on=False)
    assert (await change(bola, talk, 2, "Yes, three.")).status_code == 200


async def test_in_a_group_other_words_reach_those_whom_the_message_reaches(process: Process, group: Group) -> None:
    ada, bola, chidi, talk = group
    await block(bola, ada)
    before = await told_to(process, bola)
    assert (await change(ada, talk, 1, "Call time is 7, thief.")).status_code == 200
    assert await texts(chidi, talk) == ["Call time is 7, thief."] and await texts(bola, talk) == []
    assert await told_to(process, bola) == before


async def test_what_is_said_through_a_block_takes_no_group_out_of_the_archive(group: Group) -> None:
    ada, bola, chidi, talk = group
    await block(bola, ada)
    for one in (bola, chidi):
        assert await turn(one, talk, "archive") == 204
    assert (await say(ada, talk, "Look here!")).status_code == 201
    assert [len((await inbox(one, "archived"))["conversations"]) for one in (bola, chidi)] == [1, 0]
    assert (await say(chidi, talk, "I look.")).status_code == 201
    assert len((await inbox(bola))["conversations"]) == 1


async def test_a_groups_new_name_does_not_come_through_a_block(process: Process, group: Group) -> None:
    ada, bola, chidi, talk = group

    async def names() -> list[str]:
        return [(await look(one, talk))["title"] for one in (ada, bola, chidi)]

    async def rename(member: Member, title: str) -> None:
        assert (await member.client.put(f"/api/messages/{talk}", json={"title": title})).status_code == 204

    await block(bola, ada)
    before = await told_to(process, bola)
    await rename(ada, "Bola is a thief")
    await rename(ada, "Bola is a liar")
    assert await names() == ["Bola is a liar", "Second unit", "Bola is a liar"]
    assert [one["title"] for one in (await inbox(bola))["conversations"]] == ["Second unit"]
    assert "liar" not in (await bola.client.get(f"/me/messages/{talk}")).text + (await bola.client.get("/me/messages")).text
    assert await told_to(process, bola) == before
    await block(bola, ada, on=False)
    assert (await names())[1] == "Second unit", "what was said meanwhile stays unsaid"
    await rename(ada, "Third unit")
    assert await names() == ["Third unit"] * 3
    await block(ada, bola)
    assert (await ada.client.post(f"/api/messages/{talk}/owner", json={"person_id": bola.person_id})).status_code == 204
    await rename(bola, "Ada is a thief")
    assert await names() == ["Third unit", "Ada is a thief", "Ada is a thief"], "nor the other way"
    assert (await bola.client.post(f"/api/messages/{talk}/owner", json={"person_id": chidi.person_id})).status_code == 204
    await rename(chidi, "Fourth unit")
    assert await names() == ["Fourth unit"] * 3


async def test_a_read_mark_does_not_move_through_a_block(pair: Pair) -> None:
    ada, bola, talk = pair

    async def mark_of(member: Member, other: Member) -> int:
        people = (await member.client.get(f"/api/messages/{talk}")).json()["people"]
        return next(one["read_n"] for one in people if one["id"] == other.person_id)  # type: ignore[no-any-return]

    async def read(member: Member, n: int) -> None:
        assert (await member.client.post(f"/api/messages/{talk}/read", json={"n": n})).status_code == 204

    assert [(await say(ada, talk, text)).status_code for text in ("one", "two")] == [201, 201]
    await read(bola, 1)
    await block(bola, ada)
    await read(bola, 2)
    await read(bola, 3)
    assert await mark_of(ada, bola) == 1 and (await ada.client.get(f"/me/messages/{talk}")).text.count("<span data-mark>read") == 1
    assert await mark_of(bola, bola) == 3 and (await inbox(bola))["unread"] == 0
    await block(bola, ada, on=False)
    assert await mark_of(ada, bola) == 1
    assert (await say(ada, talk, "three")).status_code == 201
    await read(bola, 4)
    assert await mark_of(ada, bola) == 4


async def test_nobody_finds_an_empty_conversation_of_one_they_have_blocked(join: Join) -> None:
    """They know each other from a listing, or a project, so that nobody would have been asked."""
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    job = await bola.post_job()
    applied = (await ada.client.post(f"/api/jobs/{job['id']}/applications", json={"note": "Yes."})).json()["application"]["id"]
    opening = {"application": applied, "text": "Good morning.", "client_id": "0190c0de-0000-7000-8000-000000000001"}
    assert (await bola.client.post("/api/messages", json=opening)).status_code == 201
    handle = await handle_of(bola)
    await block(bola, ada)
    assert (await open_with(ada, handle, text="Answer me!")).status_code == 201
    assert len((await inbox(ada))["conversations"]) == 2
    assert [one["kind"] for one in (await inbox(bola))["conversations"]] == ["application"]
    changes = (await bola.client.get("/api/messages/sync")).json()
    assert [one["kind"] for one in changes["conversations"]] == ["application"]
    await block(bola, ada, on=False)
    assert (await open_with(ada, handle, text="Are you there?")).status_code == 201
    assert sorted(one["kind"] for one in (await inbox(bola))["conversations"]) == ["application", "direct"]


async def test_who_comes_into_a_group_finds_it_in_their_inbox_before_a_word_is_said(group: Group, join: Join) -> None:
    ada, _, _, talk = group
    eve = await join("Eve Ojo")
    await befriend(ada, eve)
    assert (await ada.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(eve)]})).status_code == 204
    assert talk in [one["id"] for one in (await inbox(eve))["conversations"]]
    assert await turn(eve, talk, "leave") == 204
