"""A standby takes over under load: what survives is there for everybody, what was lost is shown to nobody, nobody waits."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
import pytest

from nollycrewhub.devstack.postgres import DATABASE
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.kit.ids import token
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Position, parse_position
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.conftest import FULL
from tests.faults.scene import member
from tests.journeys.conftest import JOB
from tests.measuring import Measure
from tests.replicas.conftest import eventually
from tests.served import Served, environment
from tests.servers import a_stack, kill, migrated, settings_on

PEOPLE = 8 if FULL else 3
CALM = 8.0 if FULL else 0.8  # seconds of load before, between and after
LONGEST = 10.0  # seconds one request may take; "for ever" would be the client's time-out
LISTS = ("/api/jobs?view=full&limit=20", "/jobs", "/api/jobs?view=compact&limit=50")


def either(url: str, port: int) -> str:
    """The same role on either of two servers, as the settings name a primary that may change."""
    head, _, database = url.rpartition("/")
    return f"{head},127.0.0.1:{port}/{database}?target_session_attrs=primary"


@pytest.fixture
def pair() -> Iterator[Stack]:
    """Servers of this test's own: afterwards they are not what they were."""
    with a_stack("failover", replicas=2) as servers:
        yield servers


@pytest.fixture
def pair_settings(pair: Stack, tmp_path: Path) -> Settings:
    """Settings that name both servers wherever the primary is meant."""
    addresses = pair.addresses()
    names = ("database_url", "database_owner_url", "database_direct_url", "database_reader_url")
    both = {name: either(getattr(addresses, name), pair.standbys[0].port) for name in names}
    return migrated(
        settings_on(msgspec.structs.replace(addresses, **both), instance_id="failover", media_folder=str(tmp_path / "media"), pool_wait=2.0)
    )


@pytest.fixture
async def inside(pair_settings: Settings) -> AsyncIterator[Process]:
    """One instance, in this process."""
    process = monolith.create_app(pair_settings)
    await process.runtime.start()
    yield process
    await process.runtime.stop()


@pytest.fixture
def outside(pair_settings: Settings, tmp_path: Path, inside: Process) -> Iterator[Served]:
    """Another, really started."""
    found = Served(tmp_path, ["serve"], environment(pair_settings, POOL_WAIT="2")).ready()
    yield found
    found.stop()


@dataclass(frozen=True)
class Posted:
    """A post that was confirmed to its writer."""

    job_id: int
    word: str
    position: Position
    at: float


@dataclass
class Town:
    """People who post through one instance and at once look through the other."""

    clients: list[httpx.AsyncClient]
    bearers: list[dict[str, str]]
    rng: random.Random
    posted: list[Posted] = field(default_factory=list)
    unseen: list[tuple[Posted, str]] = field(default_factory=list)
    refused: int = 0
    slowest: float = 0.0
    running: bool = True

    async def ask(self, client: httpx.AsyncClient, method: str, path: str, **words: object) -> httpx.Response | None:
        """One request; None when the instance could not be reached."""
        began = time.monotonic()
        try:
            return await client.request(method, path, **words)  # type: ignore[arg-type]
        except httpx.HTTPError:
            return None
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)

    async def live(self, number: int) -> None:
        """Posts and looks, again and again."""
        while self.running:
            first = self.rng.randrange(2)
            await self.post(self.clients[first], self.clients[1 - first], self.bearers[number])
            await asyncio.sleep(self.rng.uniform(0, 0.05))

    async def post(self, here: httpx.AsyncClient, there: httpx.AsyncClient, bearer: dict[str, str]) -> None:
        """One post, and the look for it."""
        word = f"Zq{token(9).lower().replace('-', 'x').replace('_', 'y')}"
        answer = await self.ask(here, "POST", "/api/jobs", json={**JOB, "title": f"{word} wanted in Enugu"}, headers=bearer)
        if answer is None or answer.status_code != 201:
            assert answer is None or answer.status_code == 503, answer.text
            self.refused += 1
            await asyncio.sleep(0.05)
            return
        position = parse_position(answer.headers["x-nch-position"])
        assert position is not None
        mine = Posted(answer.json()["job"]["id"], word, position, time.monotonic())
        self.posted.append(mine)
        for path in (f"/api/jobs/{mine.job_id}", f"/api/jobs?view=full&q={word}"):
            seen = await self.ask(there, "GET", path, headers=bearer)
            if seen is not None and seen.status_code != 503 and word not in seen.text:
                self.unseen.append((mine, path))

    async def strangers(self, paths: list[str]) -> list[str]:
        """What both instances show to everybody at these addresses."""
        found = []
        for client in self.clients:
            for path in paths:
                answer = await self.ask(client, "GET", path)
                assert answer is not None
                found.append(answer.text if answer.status_code == 200 else "")
        return found


def cut(pair: Stack) -> None:
    """The standbys receive no log any more; the one that will take over is cut last, so that the other can follow it."""
    for standby in reversed(pair.standbys):
        standby.sql("alter system set primary_conninfo = ''")
        standby.sql("select pg_reload_conf()")
        while standby.sql("select count(*) from pg_stat_wal_receiver").strip() != "0":
            time.sleep(0.02)


def take_over(pair: Stack) -> int:
    """The first standby is promoted and the second follows it. The position where the new timeline begins."""
    new, other = pair.standbys
    new.sql("select pg_promote()")
    password = pair.known.passwords["replicator"]
    other.sql(f"alter system set primary_conninfo = 'host=127.0.0.1 port={new.port} user=replicator password={password}'")
    other.sql("alter system set primary_slot_name = ''")
    other.sql("select pg_reload_conf()")
    _, begins, *_ = (new.folder / "pg_wal" / "00000002.history").read_text().split("\n")[0].split("\t")
    high, _, low = begins.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def stored(pair: Stack, server: int, posts: list[Posted]) -> set[int]:
    """Which of the posts a server has, under their own titles."""
    where = pair.primary if server < 0 else pair.standbys[server]
    rows = where.sql("select id || ' ' || split_part(title, ' ', 1) from jobs.job", database=DATABASE).split("\n")
    have = set(rows)
    return {post.job_id for post in posts if f"{post.job_id} {post.word}" in have}


async def test_a_standby_takes_over_under_load(
    pair: Stack, inside: Process, outside: Served, tmp_path: Path, pair_settings: Settings, measured: Measure
) -> None:
    db, url = inside.runtime.db, inside.runtime.settings.public_url
    rng = random.Random(7)
    bearers = [(await member(inside))[1] for _ in range(PEOPLE)]
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app=inside), base_url=url, timeout=30, headers={"origin": url}) as one,
        httpx.AsyncClient(base_url=outside.url, timeout=30, headers={"origin": outside.url}) as two,
    ):
        town = Town([one, two], bearers, rng)
        life = [asyncio.create_task(town.live(number)) for number in range(PEOPLE)]
        await asyncio.sleep(CALM)
        await asyncio.to_thread(cut, pair)
        lost_from = len(town.posted)
        await asyncio.sleep(CALM)
        doomed = [f"/api/jobs/{post.job_id}" for post in town.posted[lost_from:]]
        assert doomed, "nothing was written that could be lost, so nothing was tried"
        warm = await town.strangers([*doomed, *LISTS])
        assert any(town.posted[-1].word in text for text in warm) or any(post.word in "".join(warm) for post in town.posted[lost_from:])
        kill(pair.primary)
        killed = time.monotonic()
        begins = await asyncio.to_thread(take_over, pair)
        assert await eventually(lambda: any(post.position.timeline == 2 for post in town.posted))
        outage = next(post.at for post in town.posted if post.position.timeline == 2) - killed
        await asyncio.sleep(CALM)
        town.running = False
        await asyncio.gather(*life)
        # what survived, and what did not
        new = [post for post in town.posted if post.position.timeline == 2]
        survived = [post for post in town.posted if post.position.timeline == 1 and post.position.lsn <= begins]
        lost = [post for post in town.posted if post.position.timeline == 1 and post.job_id not in stored(pair, 0, [post])]
        missing = len(survived) + len(new) - len(stored(pair, 0, survived + new))
        assert (missing, bool(lost), bool(survived)) == (0, True, True)
        unseen = [(post.position, path) for post, path in town.unseen if post not in lost]
        assert unseen == []
        shown = "".join(await town.strangers([*doomed, *(f"/api/jobs?view=full&q={post.word}" for post in lost), *LISTS]))
        ghosts = [post.word for post in lost if f"{post.word} wanted" in shown]
        assert ghosts == [], "a copy of the lost timeline is still shown"
        # a mark of the lost timeline
        furthest = max(post.position for post in lost)
        for client in town.clients:
            answer = await town.ask(client, "GET", LISTS[0], headers={"x-nch-position": str(furthest), **bearers[0]})
            assert answer is not None and answer.status_code == 200
        assert town.slowest < LONGEST
        assert await eventually(lambda: db.replicas[1].is_in), db.replicas[1].why
        assert not db.replicas[0].is_in and "takes writes" in db.replicas[0].why
        later = await a_former_primary_returns(pair, town, tmp_path, pair_settings)
    measured(
        "D5", what="promotion", people=PEOPLE, survived=len(survived), lost_with_their_timeline=len(lost), missing=missing, shown_though_lost=0,
        own_writes_missed=0, write_outage_s=round(outage, 2), refused_meanwhile=town.refused, slowest_request_s=round(town.slowest, 2),
        written_after_a_former_primary_returned=later, of_these_stored_there=0,
    )  # fmt: skip


async def a_former_primary_returns(pair: Stack, town: Town, folder: Path, settings: Settings) -> int:
    """It believes that it is the primary, and it is the first one in every address. Not one write goes to it."""
    await asyncio.to_thread(pair.primary.start)
    (folder / "third").mkdir()
    third = await asyncio.to_thread(lambda: Served(folder / "third", ["serve"], environment(settings, POOL_WAIT="2")).ready())
    try:
        async with httpx.AsyncClient(base_url=third.url, timeout=30, headers={"origin": third.url}) as fresh:
            before = len(town.posted)
            for number in range(30):
                await town.post(town.clients[number % 2], fresh, town.bearers[0])
                await town.post(fresh, town.clients[number % 2], town.bearers[0])
    finally:
        third.stop()
    after = town.posted[before:]
    assert len(after) == 60
    assert len(stored(pair, 0, after)) == 60 and stored(pair, -1, after) == set()
    assert not [path for post, path in town.unseen if post in after]
    return len(after)
