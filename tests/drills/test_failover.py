"""The primary is killed under writes with a synchronous standby: nothing acknowledged is lost, and the former primary takes no write (bar D5)."""

import asyncio
import random
import time

import httpx
import pytest

from nollycrewhub.devstack.account import DevstackError
from nollycrewhub.devstack.postgres import DATABASE, Server
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.app import Process
from tests.faults.scene import member
from tests.measuring import Measure
from tests.replicas.conftest import eventually
from tests.replicas.test_failover import CALM, PEOPLE, Town, inside, outside, pair, pair_settings, stored, take_over
from tests.served import Served, wait_until
from tests.servers import kill

__all__ = ["inside", "outside", "pair", "pair_settings"]
LONGEST_OUTAGE = 15.0
SYNCHRONOUS = "select count(*) from pg_stat_replication where sync_state = 'sync'"


def make_synchronous(pair: Stack) -> None:
    """A commit is acknowledged only when the first standby has it on its disk."""
    pair.primary.sql(f"""alter system set synchronous_standby_names = 'FIRST 1 ("{pair.standbys[0].name}")'""")
    pair.primary.sql("select pg_reload_conf()")
    wait_until(lambda: pair.primary.sql(SYNCHRONOUS).strip() == "1", what="no standby became synchronous")


def rewind(pair: Stack) -> None:
    """The former primary throws away what only it had and becomes a standby of the new one."""
    old, new = pair.primary, pair.standbys[0]
    where = f"host=127.0.0.1 port={new.port} user=postgres password={pair.known.passwords['postgres']} dbname=postgres"
    pair.account.run(old.tool("pg_rewind"), "-D", old.folder, "--source-server", where)
    (old.folder / "standby.signal").touch()
    password = pair.known.passwords["replicator"]
    (old.folder / "postgresql.auto.conf").write_text(
        f"primary_conninfo = 'host=127.0.0.1 port={new.port} user=replicator password={password}'\n"
    )
    for name in ("standby.signal", "postgresql.auto.conf"):
        pair.account.own(old.folder / name)
    old.start()


def refuses(server: Server) -> str:
    """What a server says to a write; the test fails if it takes it."""
    try:
        server.sql("create table public.split_brain (n int)", database=DATABASE)
    except DevstackError as error:
        return str(error)
    raise AssertionError("the former primary took a write")


@pytest.mark.full
async def test_nothing_acknowledged_is_lost(pair: Stack, inside: Process, outside: Served, measured: Measure) -> None:
    make_synchronous(pair)
    url = inside.runtime.settings.public_url
    bearers = [(await member(inside))[1] for _ in range(PEOPLE)]
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app=inside), base_url=url, timeout=30, headers={"origin": url}) as one,
        httpx.AsyncClient(base_url=outside.url, timeout=30, headers={"origin": outside.url}) as two,
    ):
        town = Town([one, two], bearers, random.Random(11))
        life = [asyncio.create_task(town.live(number)) for number in range(PEOPLE)]
        await asyncio.sleep(CALM)
        kill(pair.primary)
        killed = time.monotonic()
        await asyncio.to_thread(take_over, pair)
        promoted = time.monotonic() - killed
        assert await eventually(lambda: any(post.position.timeline == 2 for post in town.posted))
        outage = next(post.at for post in town.posted if post.position.timeline == 2) - killed
        await asyncio.sleep(CALM)
        town.running = False
        await asyncio.gather(*life)
    before = [post for post in town.posted if post.position.timeline == 1]
    lost = len(town.posted) - len(stored(pair, 0, town.posted))
    began = time.monotonic()
    await asyncio.to_thread(rewind, pair)
    rewound = time.monotonic() - began
    said = refuses(pair.primary)
    wait_until(lambda: len(stored(pair, -1, town.posted)) == len(town.posted), what="the former primary never caught up")
    measured(
        "D5", what="kill -9 with a synchronous standby", acknowledged=len(town.posted), before_the_kill=len(before), lost=lost,
        promoted_after_s=round(promoted, 2), write_outage_s=round(outage, 2), refused_meanwhile=town.refused,
        instances_restarted=0, rewound_in_s=round(rewound, 2), former_primary_says="read-only" if "read-only" in said else said,
    )  # fmt: skip
    assert len(before) > 0
    assert (lost, "read-only" in said) == (0, True), said
    assert outage <= LONGEST_OUTAGE
    assert outside.process.poll() is None
