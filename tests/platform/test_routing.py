"""Routing is pure: nearest region first, marks always held, lag by both measures, people kept where they are."""

from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Position, Query, furthest, parse_pin
from nollycrewhub.platform.db.position import UNKNOWN_LSN
from nollycrewhub.platform.db.routing import Trail, choose, preference, stays
from nollycrewhub.platform.db.steady import Pin
from nollycrewhub.platform.regions import NAMES, NEAREST, nearness, region_named
from nollycrewhub.platform.settings import REGION_NAMES, SettingsError, from_environ
from tests.platform.test_settings import GOOD

NUMBER = Query(int, "select 7")
POSITIONS = st.builds(Position, st.integers(1, 3), st.integers(0, 50))


@dataclass
class Seen:
    """What a probe saw of a server."""

    name: str
    region: str
    is_in: bool
    seen: Position | None


SERVERS = st.lists(
    st.builds(
        Seen, st.uuids().map(str), st.sampled_from(NAMES), st.booleans(), st.none() | POSITIONS
    ), max_size=6, unique_by=lambda server: server.name,
)  # fmt: skip


@given(SERVERS, st.sampled_from(NAMES), st.text(max_size=3), st.none() | POSITIONS)
def test_the_chosen_server_is_in_has_reached_the_mark_and_is_the_nearest_such(
    servers: list[Seen], region: str, key: str, need: Position | None
) -> None:
    chosen = choose(servers, region, key=key, need=need)
    fit = [s for s in servers if s.is_in and s.seen is not None and s.seen.has_reached(need)]
    assert (chosen is None) == (fit == [])
    if chosen is not None:
        assert chosen in fit
        assert nearness(region, chosen.region) == min(nearness(region, s.region) for s in fit)


@given(SERVERS.filter(lambda servers: len(servers) > 1), st.sampled_from(NAMES), st.text(max_size=8), st.data())
def test_a_person_moves_only_if_their_own_server_goes(servers: list[Seen], region: str, key: str, data: st.DataObject) -> None:
    before = preference(servers, region, key)
    gone = data.draw(st.sampled_from(servers))
    after = preference([s for s in servers if s is not gone], region, key)
    assert after == [s for s in before if s is not gone]


def test_many_people_spread_over_the_replicas_of_a_region() -> None:
    servers = [Seen(f"africa-{n}", "africa", True, Position(1, 1)) for n in range(4)]
    shares = [0] * 4
    for person in range(4000):
        shares[servers.index(preference(servers, "africa", str(person))[0])] += 1
    assert min(shares) > 850


@given(st.lists(st.none() | POSITIONS, max_size=4), POSITIONS)
def test_the_furthest_of_marks_is_reached_exactly_by_who_has_reached_all(marks: list[Position | None], seen: Position) -> None:
    assert seen.has_reached(furthest(*marks)) == all(seen.has_reached(mark) for mark in marks)


def test_a_newer_timeline_alone_is_not_enough() -> None:
    """A standby that follows a failover but has not yet replayed up to the switch still misses old writes."""
    assert not Position(2, 100).has_reached(Position(1, 101))
    assert Position(2, 101).has_reached(Position(1, 101))
    assert not Position(1, 500).has_reached(Position(2, 101))


def test_lag_is_counted_by_our_own_clock_and_not_when_nothing_is_written() -> None:
    trail = Trail()
    trail.note(10.0, 1000)
    assert trail.behind(500.0, 1000) == (0, 0.0)
    trail.note(501.0, 3000)
    trail.note(502.0, 4000)
    trail.note(503.0, 4000)
    assert trail.behind(504.0, 3000) == (1000, 2.0)
    assert trail.behind(504.0, 1000) == (3000, 3.0)
    assert trail.behind(504.0, 4500) == (0, 0.0)


@pytest.mark.parametrize(
    ("lag", "was_in", "serves"),
    [
        ((101, 5), True, True),
        ((99, 11), True, True),
        ((101, 11), True, False),
        ((101, 11), False, False),
        ((60, 6), False, False),
        ((50, 11), False, True),
        ((101, 5), False, True),
    ],
)
def test_leaving_needs_both_bytes_and_seconds_and_coming_back_half_of_either(lag: tuple[int, float], was_in: bool, serves: bool) -> None:
    assert stays(*lag, limits=(100, 10.0), was_in=was_in) is serves


@given(
    st.builds(Pin, st.sampled_from(["primary", "africa", "europe-2"]), st.integers(0, 2**50), st.none() | POSITIONS, st.integers(0, 2**40))
)
def test_pins_round_trip(pin: Pin) -> None:
    assert parse_pin(str(pin)) == pin


@pytest.mark.parametrize("text", [None, "", "a b c", "a 1 2/3", "a x 2/3 4", "a 1 - 4 5"])
def test_what_is_no_pin_is_none(text: str | None) -> None:
    assert parse_pin(text) is None


def test_regions_know_their_neighbours() -> None:
    assert set(NAMES) == set(REGION_NAMES) and all(sorted(near) == sorted(NAMES) and near[0] == name for name, near in NEAREST.items())
    assert [region_named(name) for name in ("africa", "africa-2", "north-america", "north-america-11")] == [
        "africa", "africa", "north-america", "north-america",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("READ_REPLICA_URLS", "asia=postgresql://a/x"),
        ("REGION_URLS", "afrika=https://a.example"),
        ("REGION_ROUTING", "redirect"),
        ("REGION", "moon"),
        ("REGION_ROUTING", "fly-replay"),
    ],
)
def test_wrong_regions_stop_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_environ({**GOOD, name: value})
    assert len(caught.value.sentences) == 1 and ("region" in caught.value.sentences[0].lower())


@pytest.mark.parametrize("code", ["https://x", "JNB", "jnb2", "jn"])
def test_fly_is_told_regions_of_its_own(code: str) -> None:
    routed = {**GOOD, "REGION": "europe", "REGION_ROUTING": "fly-replay"}
    with pytest.raises(SettingsError) as caught:
        from_environ({**routed, "REGION_URLS": f"europe=fra,africa={code}"})
    assert [sentence.partition(",")[0] for sentence in caught.value.sentences] == ["REGION_URLS holds something that is no region of Fly's"]
    assert from_environ({**routed, "REGION_URLS": "europe=fra,africa=jnb"}).region_urls == {"europe": "fra", "africa": "jnb"}


async def test_a_commit_tells_a_position_at_or_past_itself(toy: Process) -> None:
    db = toy.runtime.db
    last = Position(0, 0)
    for _ in range(5):
        async with db.write_session() as session:
            await session.sql("select set_config('nch.test', 'x', true), pg_current_xact_id()")
            position = await db.commit(session)
        assert position is not None and last < position < Position(position.timeline, UNKNOWN_LSN)
        assert db.primary.seen is not None and db.primary.seen >= position
        last = position


async def test_a_read_says_who_answered_and_what_it_surely_contains(toy: Process) -> None:
    db = toy.runtime.db
    async with db.write_session() as session:
        await session.sql("select pg_current_xact_id()")
        mark = await db.commit(session)
    assert mark is not None
    read = db.read_session(Position(mark.timeline, mark.lsn + 10**6))
    assert (read.server, read.position) == ("", None)
    assert await read.value(NUMBER) == 7
    assert read.server == "primary"
    assert read.position is not None and mark <= read.position <= await db.primary.position_now()


async def test_operators_see_who_is_in_and_who_is_out_and_why(process: Process, app_client: httpx.AsyncClient) -> None:
    db, token = process.runtime.db, await process.runtime.sessions.create(uuid4(), name="Op", operator=True)
    db.primary_until = 0.0
    for probe in db._probes:
        probe.cancel()
    headers = {"authorization": f"Bearer {token}", "accept": "text/html"}
    assert " bytes, " in (await app_client.get("/ops/servers", headers=headers)).text
    db.replicas[0].leave("does not answer (a test)")
    await db.read_session(primary=True).value(NUMBER)
    shown = await app_client.get("/ops/servers", headers=headers)
    stranger = await app_client.get("/ops/servers")
    assert (shown.status_code, stranger.status_code) == (200, 401)
    for words in ("primary", "replica", "africa", "out: does not answer (a test)", str(db.primary.seen)):
        assert words in shown.text
    assert " bytes, " not in shown.text, "nobody knows how far behind a server is that does not answer"
    assert "All reads go to the primary" not in shown.text
