"""A table is dropped and the second before is brought back; then the machine is lost, and what is lost with it is timed (bar D9)."""

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nollycrewhub.devstack.postgres import DATABASE
from nollycrewhub.devstack.stack import Stack
from tests.backup.conftest import place
from tests.backup.shop import Shop, checksums, opened
from tests.conftest import FULL
from tests.measuring import Measure
from tests.servers import a_stack, kill, migrated, settings_on

__all__ = ["place"]
ROWS = 1_000_000 if FULL else 2_000
BULK = "create table public.bulk as select n, (select string_agg(md5(n::text || k::text), '') from generate_series(1, 10) k) words from generate_series(1, {}) n"
TICK = "insert into public.tick values (clock_timestamp()) returning extract(epoch from at)"
LONGEST_LOST = 5.0
LONGEST_PER_GB = 300.0


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Stack]:
    """Servers of this drill's own, with the program's schema: they are lost in the end."""
    with a_stack("restore", replicas=0) as stack:
        migrated(settings_on(stack.addresses(), instance_id="restore", media_folder=str(tmp_path)))
        yield stack


class Ticking:
    """Somebody who writes ten times a second, and remembers the last write that was acknowledged."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.last = 0.0
        self.running = True
        stack.primary.sql("create table if not exists public.tick (at timestamptz)", database=DATABASE)
        self.thread = threading.Thread(target=self._tick)
        self.thread.start()

    def _tick(self) -> None:
        while self.running:
            try:
                self.last = float(self.stack.primary.sql(TICK, database=DATABASE))
            except Exception:
                return
            time.sleep(0.1)

    def stop(self) -> None:
        """No more."""
        self.running = False
        self.thread.join()


@pytest.mark.full
@pytest.mark.timeout(1_800)
def test_the_second_before_and_the_machine_lost(lost: Stack, place: Path, tmp_path: Path, measured: Measure) -> None:
    shop = Shop(lost, (tmp_path / "store").as_uri())
    lost.primary.sql(BULK.format(ROWS), database=DATABASE)
    size = int(lost.primary.sql("select sum(pg_database_size(oid)) from pg_database"))
    began = time.monotonic()
    shop.done("backup")
    taken = time.monotonic() - began
    with shop.logging(tmp_path) as log:
        log.goes()
        ticking = Ticking(lost)
        time.sleep(2)
        ticking.stop()
        before = checksums(lost.primary)
        time.sleep(1.2)
        dropped = shop.now()
        lost.primary.sql("drop table jobs.application cascade", database=DATABASE)
        ticking = Ticking(lost)
        shop.until(shop.now() + timedelta(seconds=1))
        began = time.monotonic()
        came = shop.restored((dropped - timedelta(seconds=1)).isoformat(), place / "before")
        restoring = time.monotonic() - began
        with opened(lost, place / "before") as server:
            after = checksums(server)
        assert ticking.thread.is_alive()
        kill(lost.primary)
        log.kill()
        ticking.stop()
    came_last = shop.restored("latest", place / "last")
    gone = ticking.last - datetime.fromisoformat(came_last["last"]).astimezone(UTC).timestamp()
    back_in_place(shop, lost)
    per_gb = restoring / (size / 1e9)
    measured(
        "D9", what="a table dropped, the second before restored", database_mb=round(size / 1e6), tables=len(before), tables_that_differ=sum(after.get(name) != held for name, held in before.items()),
        base_backup_s=round(taken, 1), restored_in_s=round(restoring, 1), of_it=came["seconds"], seconds_a_gb=round(per_gb, 1),
    )  # fmt: skip
    measured("D9", what="the whole machine lost, also that of the log", seconds_of_writes_lost=round(gone, 2))
    assert after == before
    assert gone <= LONGEST_LOST
    assert per_gb <= LONGEST_PER_GB or not FULL


def back_in_place(shop: Shop, lost: Stack) -> None:
    """`restore --data` puts the database where `make up` looks for it, once the former one has been moved away."""
    lost.stop()
    said = shop.refused("restore", "--to", "latest", "--data", str(lost.folder))
    assert "is not empty" in said
    shutil.rmtree(lost.primary.folder)
    shop.done("restore", "--to", "latest", "--data", str(lost.folder))
    lost.start()
    lost.primary.sql(TICK, database=DATABASE)
