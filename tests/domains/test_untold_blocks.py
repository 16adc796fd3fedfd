"""Whoever was blocked finds everything as it was: no hole, no name that is missing, no time that went away, and no mark that tells."""

from typing import Any

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.domains.test_groups import Group, befriend, look, states
from tests.domains.test_groups import group as group  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_keeping_apart import seen_at
from tests.domains.test_messages import Pair, handle_of, inbox, open_with, say, texts, turn
from tests.domains.test_messages import join as join  # noqa: PLC0414
from tests.domains.test_messages import pair as pair  # noqa: PLC0414
from tests.domains.test_renewed_pages import opened
from tests.domains.test_round_about import touched
from tests.domains.test_through_a_block import block, found
from tests.journeys.conftest import Join, Member


async def earlier(process: Process, *, minutes: int) -> None:
    """Has all that was done so far been done that much earlier."""
    async with process.runtime.db.write_session() as session:
        for table, columns in (("message", ("sent_at", "edited_at")), ("block", ("since",)), ("choice", ("seen_at",))):
            moved = ", ".join(f"{column} = {column} - interval '{minutes} minutes'" for column in columns)
            await session.sql(f"update messages.{table} set {moved}")  # noqa: S608 - names of ours
        await session.commit()


async def numbers(member: Member, talk: str) -> list[int]:
    """The numbers of what one reads."""
    return [row["n"] for row in (await member.client.get(f"/api/messages/{talk}/messages")).json()["messages"]]


async def mark_of(member: Member, talk: str, other: Member) -> int:
    """How far another has read, as one finds it."""
    return next(one["read_n"] for one in (await look(member, talk))["people"] if one["id"] == other.person_id)  # type: ignore[no-any-return]


async def read(member: Member, talk: str, n: int) -> None:
    """Reads up to a number."""
    assert (await member.client.post(f"/api/messages/{talk}/read", json={"n": n})).status_code == 204


async def ask(member: Member, talk: str, *others: Member) -> int:
    """Asks into a group."""
    people = [await handle_of(one) for one in others]
    return (await member.client.post(f"/api/messages/{talk}/people", json={"people": people})).status_code


async def test_in_a_group_the_blocked_one_reads_on_and_the_other_is_spared_what_comes(group: Group) -> None:
    ada, bola, chidi, talk = group
    assert (await say(bola, talk, "I bring boots.")).status_code == 201
    page = await opened(ada, talk)
    await block(bola, ada)
    for one, text in ((ada, "Boots are for cowards."), (bola, "Boots it is."), (chidi, "Not again, Ada.")):
        assert (await say(one, talk, text)).status_code == 201
    everything = ["Call time is 6.", "I bring boots.", "Boots are for cowards.", "Boots it is.", "Not again, Ada."]
    assert await texts(ada, talk) == await texts(chidi, talk) == everything and await numbers(ada, talk) == [1, 2, 3, 4, 5]
    assert await page.renew() == [3, 4, 5], "nor is more fetched than ever"
    spared = [*everything[:2], *everything[3:]]
    assert await texts(bola, talk) == spared, "what was said before stays"
    assert await found(bola, "cowards") == [] and await found(ada, "boots it") == ["Boots it is."]
    unread = {one: (await inbox(one))["unread"] for one in (ada, bola)}
    assert unread == {ada: 3, bola: 2}
    await block(bola, ada, on=False)
    assert await texts(bola, talk) == everything


async def test_what_a_blocked_one_makes_of_their_words_of_before_does_not_come_either(group: Group) -> None:
    ada, bola, chidi, talk = group
    assert (await say(bola, talk, "I bring boots.")).status_code == 201
    await block(bola, ada)
    for one, n, text in ((ada, 1, "Bola is rude."), (bola, 2, "I bring six boots.")):
        assert (await one.client.put(f"/api/messages/{talk}/messages/{n}", json={"text": text})).status_code == 200
    assert await texts(bola, talk) == ["I bring six boots."]
    assert await texts(ada, talk) == await texts(chidi, talk) == ["Bola is rude.", "I bring six boots."]


async def test_a_new_name_by_whoever_has_blocked_reaches_the_blocked_one(group: Group) -> None:
    ada, bola, _, talk = group
    await block(ada, bola)
    assert (await ada.client.put(f"/api/messages/{talk}", json={"title": "Night unit"})).status_code == 204
    assert [(await look(one, talk))["title"] for one in (ada, bola)] == ["Night unit"] * 2


async def test_in_a_group_a_mark_comes_no_further_through_a_block_than_words_of_ones_own(group: Group) -> None:
    ada, bola, chidi, talk = group
    for text in ("one", "two"):
        assert (await say(ada, talk, text)).status_code == 201
    await read(bola, talk, 2)
    await block(bola, ada)
    assert [await mark_of(ada, talk, bola), await mark_of(bola, talk, ada)] == [2, 0]
    assert (await say(chidi, talk, "three")).status_code == 201
    for one in (ada, bola):
        await read(one, talk, 4)
    assert [await mark_of(ada, talk, bola), await mark_of(bola, talk, ada), await mark_of(chidi, talk, bola)] == [3, 3, 4]
    assert (await say(bola, talk, "five")).status_code == 201
    await read(bola, talk, 5)
    assert await mark_of(ada, talk, bola) == 5, "whoever answers has read"
    await block(bola, ada, on=False)
    assert [await mark_of(ada, talk, bola), await mark_of(bola, talk, ada)] == [5, 4]


async def test_when_the_other_was_last_here_stays_what_it_was(process: Process, pair: Pair) -> None:
    ada, bola, talk = pair
    assert (await say(bola, talk, "Yes, two.")).status_code == 201
    await earlier(process, minutes=30)
    before = [await seen_at(ada, talk, bola), await seen_at(bola, talk, ada)]
    await block(bola, ada)
    assert [await seen_at(ada, talk, bola), await seen_at(bola, talk, ada)] == before and None not in before
    await earlier(process, minutes=30)
    for one in (ada, bola):
        await read(one, talk, 2)
    assert "Last here 30 minutes ago" in (await ada.client.get(f"/me/messages/{talk}")).text
    assert "Last here 30 minutes ago" in (await bola.client.get(f"/me/messages/{talk}")).text
    await block(bola, ada, on=False)
    assert "Here a moment ago" in (await ada.client.get(f"/me/messages/{talk}")).text


async def test_when_one_was_here_is_no_older_than_what_one_is_seen_to_say(process: Process, group: Group) -> None:
    ada, bola, _, talk = group
    between = (await open_with(ada, await handle_of(bola))).json()["message"]["conversation_id"]
    assert (await say(bola, between, "Yes?")).status_code == 201
    await block(bola, ada)
    await earlier(process, minutes=30)
    await read(bola, between, 1)
    assert "Last here 30 minutes ago" in (await ada.client.get(f"/me/messages/{between}")).text
    assert (await say(bola, talk, "Good evening, all.")).status_code == 201
    assert (await say(ada, talk, "Good evening.")).status_code == 201
    assert "Here a moment ago" in (await ada.client.get(f"/me/messages/{between}")).text
    assert "Last here 30 minutes ago" in (await bola.client.get(f"/me/messages/{between}")).text, "who is spared words is spared this"


async def test_between_two_delta_sync_does_not_tell_that_the_other_reads(pair: Pair) -> None:
    ada, bola, talk = pair
    assert (await say(ada, talk, "Six lamps")).status_code == 201
    await block(bola, ada)
    _, since = await touched(ada)
    await read(bola, talk, 2)
    assert (await touched(ada, since))[0] == []
    await read(ada, talk, 2)
    assert (await touched(ada, since))[0] == [talk]


async def test_who_is_asked_beside_somebody_who_has_blocked_them_looks_like_who_has_not_answered(process: Process, join: Join) -> None:
    ada, bola, chidi, dayo = [await join(name) for name in ("Ada Obi", "Bola Ade", "Chidi Eze", "Dayo Oni")]
    await befriend(ada, bola)
    talk = (await open_with(ada, await handle_of(bola), title="Second unit")).json()["message"]["conversation_id"]
    await block(bola, chidi)
    assert await ask(ada, talk, chidi, dayo) == 204
    assert await turn(dayo, talk, "decline") == 204

    def line(page: Any, member: Member) -> dict[str, Any]:
        return next(
            {key: value for key, value in one.items() if key not in ("id", "name", "handle", "photo")}
            for one in page["people"]
            if one["id"] == member.person_id
        )

    page = await look(ada, talk)
    assert line(page, chidi) == line(page, dayo) and line(page, chidi)["state"] == "asked"
    await drain(process.runtime)
    assert [one["kind"] for one in (await chidi.client.get("/api/notifications")).json()["notices"]] == []
    assert (await inbox(chidi, "requests"))["conversations"] == []
    for _ in range(2):  # put out and asked again, both look as before, and nobody is asked anything
        for one in (chidi, dayo):
            assert (await ada.client.delete(f"/api/messages/{talk}/people/{one.person_id}")).status_code == 204
            assert one.person_id not in await states(ada, talk)
            assert await ask(ada, talk, one) == 204
            assert (await states(ada, talk))[one.person_id] == "asked"
            assert (await one.client.get(f"/api/messages/{talk}")).status_code == 404
    await block(bola, chidi, on=False)
    assert await ask(ada, talk, chidi, dayo) == 204
    assert (await inbox(chidi, "requests"))["requests"] == 1 and (await inbox(dayo, "requests"))["requests"] == 0


async def test_to_be_asked_back_by_whom_one_has_blocked_takes_nothing_away(group: Group) -> None:
    ada, bola, _, talk = group
    assert await turn(bola, talk, "leave") == 204
    await block(bola, ada)
    assert await ask(ada, talk, bola) == 204
    assert await texts(bola, talk) == ["Call time is 6."]
    assert (await states(ada, talk))[bola.person_id] == "left"
