"""One socket, two instances: what is committed arrives once and in order, and what was missed is given or admitted."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest

from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.live import forget, publish, revoke
from nollycrewhub.platform.live.fallback import Reading
from nollycrewhub.platform.live.frames import Last
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.settings import Settings
from tests.live.conftest import Listen, Listener, Person
from tests.served import Served

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
Pair = tuple[Served, Served]


async def heard_all(listener: Listener, channel: str, numbers: list[int]) -> None:
    """Waits for as many messages, and says that they are these."""
    await listener.until(lambda: len(listener.messages(channel)) >= len(numbers))
    assert listener.messages(channel) == numbers


async def test_messages_arrive_on_every_instance_once_and_in_order(pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:
    ada = await join()
    listeners = [await listen(served, ada) for served in pair]
    for listener in listeners:
        answer = await listener.subscribe(ada.channel)
        assert [(entry["n"], "fresh" in entry) for entry in answer["on"]] == [(0, False)]
    await asyncio.gather(*(tell(ada.channel, "news", {"number": number}) for number in range(20)))
    for listener in listeners:
        await heard_all(listener, ada.channel, list(range(1, 21)))
        told = [frame for frame in listener.frames if frame["op"] == "msg"]
        assert sorted(frame["d"]["number"] for frame in told) == list(range(20))
        assert len({frame["e"] for frame in told}) == 1
        assert all(frame["at"].count("/") == 1 for frame in told)


async def test_what_is_rolled_back_is_told_to_nobody_and_takes_no_number(process: Process, pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:  # fmt: skip
    ada = await join()
    listener = await listen(pair[0], ada)
    await listener.subscribe(ada.channel)
    async with process.runtime.db.write_session() as session:
        publish(session, ada.channel, "never")
        await session.rollback()
    await tell(ada.channel, "first")
    await heard_all(listener, ada.channel, [1])
    assert [frame["k"] for frame in listener.frames if frame["op"] == "msg"] == ["first"]


async def test_one_transaction_tells_many_channels_and_none_twice(process: Process, pair: Pair, join: Join, listen: Listen) -> None:
    people = [await join() for _ in range(3)]
    listeners = [await listen(pair[number % 2], person) for number, person in enumerate(people)]
    for listener, person in zip(listeners, people, strict=True):
        await listener.subscribe(person.channel)
    for turn in (people, people[::-1]):
        async with process.runtime.db.write_session() as session:
            for person in turn:
                publish(session, person.channel, "one")
                publish(session, person.channel, "two")
            await process.runtime.db.commit(session)
    for listener, person in zip(listeners, people, strict=True):
        await heard_all(listener, person.channel, [1, 2, 3, 4])
        assert [frame["k"] for frame in listener.frames if frame["op"] == "msg"] == ["one", "two", "one", "two"]


async def test_a_listener_that_comes_back_gets_the_rest_on_another_instance(pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:
    ada = await join()
    first = await listen(pair[0], ada)
    await first.subscribe(ada.channel)
    await tell(ada.channel)
    epoch = (await first.heard(op="msg"))["e"]
    await first.leave()
    for _ in range(5):
        await tell(ada.channel)
    second = await listen(pair[1], ada)
    answer = await second.subscribe(ada.channel, e=epoch, n=1)
    assert "fresh" not in answer["on"][0]
    await heard_all(second, ada.channel, [2, 3, 4, 5, 6])
    await tell(ada.channel)
    await heard_all(second, ada.channel, [2, 3, 4, 5, 6, 7])


async def test_a_gap_that_was_pruned_is_told_not_hidden(settings: Settings, pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:
    ada = await join()
    for _ in range(5):
        await tell(ada.channel)
    owner = await asyncpg.connect(settings.database_owner_url)
    epoch = await owner.fetchval("select epoch from platform.live_channel where name = $1", ada.channel)
    await owner.execute("delete from platform.live_message where channel = $1 and n < 4", ada.channel)
    await owner.close()
    listener = await listen(pair[0], ada)
    answer = await listener.subscribe(ada.channel, e=epoch, n=2)
    assert [(entry["n"], entry["fresh"]) for entry in answer["on"]] == [(5, True)]
    assert listener.messages(ada.channel) == []
    answer = await listener.subscribe(ada.channel, number=2, e=epoch, n=3)
    assert "fresh" not in answer["on"][0]
    await heard_all(listener, ada.channel, [4, 5])


@pytest.mark.parametrize("last", [{"n": 9}, {"n": -1}, {"n": 2**62}, {"e": "1.2.3", "n": 2}, {"e": "", "n": 2}, {"e": "x" * 5000, "n": 1}])
async def test_forged_numbers_are_answered_with_where_the_channel_is(pair: Pair, join: Join, listen: Listen, tell: Tell, last: dict[str, object]) -> None:  # fmt: skip
    ada = await join()
    await tell(ada.channel)
    await tell(ada.channel)
    listener = await listen(pair[0], ada)
    epoch = (await listener.subscribe(ada.channel))["on"][0]["e"]
    answer = await listener.subscribe(ada.channel, number=2, **{"e": epoch, **last})
    assert [(entry["e"], entry["n"], entry["fresh"]) for entry in answer["on"]] == [(epoch, 2, True)]
    await tell(ada.channel)
    await heard_all(listener, ada.channel, [3])


async def test_a_channel_that_is_forgotten_begins_anew(process: Process, pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:
    ada = await join()
    listener = await listen(pair[0], ada)
    await listener.subscribe(ada.channel)
    await tell(ada.channel)
    before = (await listener.heard(op="msg", n=1))["e"]
    async with process.runtime.db.write_session() as session:
        await forget(session, [ada.channel])
        await process.runtime.db.commit(session)
    await asyncio.sleep(1.1)  # the history is named after the second it began in
    await tell(ada.channel, "again")
    fresh = await listener.heard(op="fresh", ch=ada.channel)
    assert fresh["n"] == 1 and fresh["e"] != before


async def members(settings: Settings, room: str, *people: Person) -> None:
    """Only these may hear the room."""
    owner = await asyncpg.connect(settings.database_owner_url)
    await owner.execute("delete from live_test.member where room = $1", room)
    await owner.executemany("insert into live_test.member values ($1, $2)", [(room, person.id) for person in people])
    await owner.close()


async def test_who_loses_the_right_hears_nothing_later(settings: Settings, process: Process, pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:  # fmt: skip
    ada, obi, eve = await join(), await join(), await join()
    key = uuid7().hex
    room = f"room:{key}"
    await members(settings, key, ada, obi)
    listeners = [await listen(served, person) for served in pair for person in (ada, obi, eve)]
    for listener in listeners:
        answer = await listener.subscribe(room)
        listener.frames.append({"op": "was-let-in", "is": bool(answer["on"])})
    assert [next(f["is"] for f in one.frames if f["op"] == "was-let-in") for one in listeners] == [True, True, False] * 2
    await tell(room)
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from live_test.member where room = $1 and person_id = $2", key, obi.id)
        revoke(session, room, obi.id)
        publish(session, room, "secret")
        await process.runtime.db.commit(session)
    await tell(room, "later")
    for number, listener in enumerate(listeners):
        person = (ada, obi, eve)[number % 3]
        if person is ada:
            await heard_all(listener, room, [1, 2, 3, 4])
        elif person is obi:
            await listener.heard(op="gone", ch=room)
            assert listener.messages(room) == [1]
        else:
            assert listener.messages(room) == []
    back = await listeners[1].subscribe(room, number=7)
    assert (back["on"], back["no"]) == ([], [{"ch": room, "why": "forbidden"}])


async def test_what_is_said_reaches_listeners_and_is_kept_nowhere(settings: Settings, pair: Pair, join: Join, listen: Listen) -> None:
    ada, obi = await join(), await join()
    key = uuid7().hex
    room = f"room:{key}"
    await members(settings, key, ada, obi)
    speaker, hearer = await listen(pair[0], ada), await listen(pair[1], obi)
    await speaker.subscribe(room)
    await hearer.subscribe(room)
    await speaker.say({"op": "say", "ch": room, "k": "typing", "d": {"by": "somebody else"}})
    heard = await hearer.heard(op="msg", ch=room, k="typing")
    assert heard["by"] == str(ada.id) and "n" not in heard
    for refused in ({"k": "news"}, {"k": "typing", "ch": ada.channel}, {"k": "typing", "d": "x" * 2000}):
        await speaker.say({"op": "say", "ch": room, "id": 5, **refused})
    await speaker.until(lambda: len([frame for frame in speaker.frames if frame["op"] == "error"]) == 3)
    assert [frame["why"] for frame in speaker.frames if frame["op"] == "error"] == ["forbidden", "forbidden", "too-large"]
    assert len([frame for frame in hearer.frames if frame["op"] == "msg"]) == 1


async def test_after_a_failover_who_was_told_what_is_lost_is_told_to_fetch_afresh(settings: Settings, process: Process, tell: Tell) -> None:
    hub, watch = process.doorway.hub, process.doorway.watch
    await watch.start()
    channels = [f"person:{uuid7()}", f"person:{uuid7()}"]
    people = [Viewer(person_id=UUID(name[7:]), operator=False, name="Ada", session_key=name) for name in channels]
    readers = [Reading(process.doorway, "events") for _ in people]
    for reader, person, name in zip(readers, people, channels, strict=True):
        reader.viewer = person
        process.doorway.people[person.person_id] += 1
        hub.enter(reader)
        await hub.subscribe(reader, [Last(name)], number=1)
        for _ in range(3):
            await tell(name)
    for reader in readers:
        while sum(b'"op":"msg"' in text for text in reader.texts) < 3:
            await reader.wait(5)
            reader.news.clear()
        reader.take()
    owner = await asyncpg.connect(settings.database_owner_url)
    await owner.execute("delete from platform.live_message where channel = $1 and n = 3", channels[0])
    await owner.execute("update platform.live_channel set n = 2 where name = $1", channels[0])
    await owner.close()
    await watch.failed_over(await process.runtime.db.write_position())
    await readers[0].wait(5)
    assert [b'"op":"fresh"' in text and b'"n":2' in text for text in readers[0].take()] == [True]
    assert readers[1].take() == [], "nothing of this channel was lost"
    await tell(channels[0])
    await readers[0].wait(5)
    assert [b'"op":"msg"' in text and b'"n":3' in text for text in readers[0].take()] == [True]
    for reader in readers:
        hub.exit(reader, "left")
    assert process.doorway.people.total() == 0 and hub.topics == {} and hub.by_session == {}
    await watch.stop()


async def test_a_process_that_is_behind_catches_up_before_it_tells_somebody_to_fetch_afresh(
    settings: Settings, process: Process, tell: Tell
) -> None:
    hub = process.doorway.hub
    await process.doorway.watch.start()
    name = f"person:{uuid7()}"
    viewer = Viewer(person_id=UUID(name[7:]), operator=False, name="Ada", session_key=name)
    readers = [Reading(process.doorway, "poll") for _ in range(3)]
    for reader in readers:
        reader.viewer = viewer
        process.doorway.people[viewer.person_id] += 1
        hub.enter(reader)
    stays, comes, forges = readers
    await hub.subscribe(stays, [Last(name)], number=1)
    await process.doorway.watch.stop()  # from here on this process hears of nothing by itself, as between two looks while Valkey is away
    for _ in range(3):
        await tell(name)
    owner = await asyncpg.connect(settings.database_owner_url)
    epoch = await owner.fetchval("select epoch from platform.live_channel where name = $1", name)
    await owner.close()
    for reader in readers:
        reader.take()
    await hub.subscribe(comes, [Last(name, epoch, 3)], number=2)
    assert [(b'"fresh"' in text, b'"n":3' in text) for text in comes.take()] == [(False, True)], (
        "another process has told them three already"
    )
    assert [b'"op":"msg"' in text for text in stays.take()] == [True] * 3
    await hub.subscribe(forges, [Last(name, epoch, 4)], number=3)
    assert [(b'"fresh":true' in text, b'"n":3' in text) for text in forges.take()] == [(True, True)]
    for reader in readers:
        hub.exit(reader, "left")
    assert process.doorway.people.total() == 0 and hub.topics == {}
