"""The commands on a real server: what they refuse, what survives a lost machine, and what is never lost in silence."""

import signal
import time
from pathlib import Path

import psutil
import pytest

from nollycrewhub.devstack.postgres import DATABASE
from nollycrewhub.devstack.stack import Stack
from tests.backup.shop import Shop, checksums, opened
from tests.served import wait_until
from tests.servers import a_stack
from tests.simulators.s3 import BUCKET, bucket

BUSY = "create table if not exists public.stock (id int, words text); insert into public.stock select n, repeat('word', 50) from generate_series(1, {}) n"


def write(shop: Shop, rows: int = 1000) -> None:
    """Something new."""
    shop.stack.primary.sql(BUSY.format(rows), database=DATABASE)


def test_over_s3_a_backup_restores_to_the_moment_it_ended_and_to_any_after_it(shop: Shop, place: Path, tmp_path: Path) -> None:
    with bucket() as (kept, environment):
        shop.environment |= {**environment, "BACKUP_URL": f"s3://{BUCKET}/nollycrewhub"}
        write(shop)
        assert "checked" in shop.done("backup")
        alone = shop.restored("latest", place / "alone")
        assert alone["tables"] == 1
        with shop.logging(tmp_path) as log:
            log.goes()
            write(shop)
            then, held = shop.now(), checksums(shop.stack.primary)
            time.sleep(0.2)
            shop.stack.primary.sql("drop table public.stock", database=DATABASE)
            shop.until(shop.now())
        assert log.process.returncode == 0
        came = shop.restored(then.isoformat(), place / "then")
        assert came["asked"] and came["last"] <= then.isoformat()
        with opened(shop.stack, place / "then") as server:
            assert checksums(server) == held
        assert "no faults" in shop.done("backup", "verify")
        spoiled = next(key for key in kept.objects if key.endswith("base.tar.gz"))
        kept.keep(spoiled, kept.objects[spoiled], "spoil")
        assert "base.tar.gz is not what was uploaded" in shop.refused("backup", "verify")
        assert "is not what was uploaded" in shop.refused("restore", "--to", "latest", "--into", str(place / "never"))
        assert not (place / "never").exists(), "no half folder is left behind"


def test_what_cannot_be_is_a_sentence(shop: Shop, place: Path, tmp_path: Path) -> None:
    assert "BACKUP_URL is not set" in shop.refused("backup", "list", BACKUP_URL="")
    assert "holds no backup" in shop.refused("backup", "list")
    app = shop.stack.primary.url("nollycrewhub_app")
    assert "needs a role with REPLICATION" in shop.refused("backup", BACKUP_DATABASE_URL=app)
    assert "password authentication failed" in shop.refused("backup", BACKUP_DATABASE_URL=app.replace("_app:", "_app:x"))
    assert "connection to server" in shop.refused("backup", BACKUP_DATABASE_URL="postgresql://replicator@127.0.0.1:1/postgres")
    write(shop)
    shop.done("backup")
    (place / "full").mkdir()
    (place / "full" / "file").write_text("mine")
    assert "is not empty, and nothing is ever restored over" in shop.refused("restore", "--to", "latest", "--into", str(place / "full"))
    assert (place / "full" / "file").read_text() == "mine"
    assert "complete until" in shop.refused("restore", "--to", "2027-01-01T00:00:00Z", "--into", str(place / "new"))
    assert "The earliest moment" in shop.refused("restore", "--to", "2020-01-01T00:00:00Z", "--into", str(place / "new"))
    assert "is not a moment with a zone" in shop.refused("restore", "--to", "yesterday", "--into", str(place / "new"))
    assert "Say where to" in shop.refused("restore", "--to", "latest")
    assert not (place / "new").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_restore_that_is_told_to_end_leaves_nothing(shop: Shop, place: Path, number: signal.Signals) -> None:
    write(shop)
    shop.done("backup")
    for delay in (0.0, 0.3, 0.8, 1.2):
        into = place / f"half-{delay}"
        restoring = shop.start("restore", "--to", "latest", "--into", str(into))
        wait_until(lambda into=into: into.exists() and any(into.iterdir()), what="it never began")
        time.sleep(delay)
        restoring.send_signal(number)
        code = restoring.wait(60)
        if code in (128 + number, 1):  # 1: what it was doing failed by it
            assert not into.exists(), delay
        else:  # it had come to its end before: 0, or the interpreter was on its way out
            assert code in (0, -number) and not (into / "backup_label").exists() and not (into / "postmaster.pid").exists(), delay
        assert not [one for one in psutil.process_iter(["cmdline"]) if str(into) in " ".join(one.info["cmdline"] or ())]


@pytest.mark.full
def test_another_cluster_is_refused(shop: Shop) -> None:
    with a_stack("other", replicas=0) as other:
        stranger = Shop(other, shop.environment["BACKUP_URL"])
        write(shop)
        shop.done("backup")
        assert "holds backups of another cluster" in stranger.refused("backup")
        assert "holds backups of another cluster" in stranger.refused("backup", "log")


def segments(stack: Stack, count: int) -> None:
    """Fills so many segments of the log."""
    for _ in range(count):
        stack.primary.sql("select pg_logical_emit_message(false, 'x', repeat('y', 1000)); select pg_switch_wal()")


@pytest.mark.full
def test_the_server_keeps_the_log_until_the_store_has_it(shop: Shop, place: Path, tmp_path: Path) -> None:
    """The machine of the log dies with its folder while the store is away; another one goes on, and nothing is missing."""
    with bucket() as (kept, environment):
        shop.environment |= {**environment, "BACKUP_URL": f"s3://{BUCKET}/nollycrewhub"}
        write(shop)
        shop.done("backup")
        with shop.logging(tmp_path) as first:
            first.goes()
            segments(shop.stack, 2)
            shop.until(shop.now())
            kept.faults.extend(["busy"] * 200)
            segments(shop.stack, 2)
            write(shop)
            wait_until(lambda: "trying again" in first.said(), what=f"it said nothing of a store that is away: {first.said()}")
            first.kill()
        kept.faults.clear()
        segments(shop.stack, 2)
        shop.stack.primary.sql("checkpoint")
        write(shop)
        with shop.logging(tmp_path) as second:
            second.goes()
            shop.until(shop.now())
        assert [each["missing"] for each in shop.windows()] == [None]
        shop.restored("latest", place / "all")
        with opened(shop.stack, place / "all") as server:
            assert checksums(server) == checksums(shop.stack.primary)


@pytest.mark.full
def test_log_that_the_server_threw_away_is_said_aloud_and_never_hidden(shop: Shop, tmp_path: Path) -> None:
    primary = shop.stack.primary
    write(shop)
    shop.done("backup")
    with shop.logging(tmp_path) as log:
        log.goes()
    for line in ("alter system set max_slot_wal_keep_size = '32MB'", "alter system set wal_keep_size = 0", "select pg_reload_conf()"):
        primary.sql(line)
    try:
        segments(shop.stack, 6)
        primary.sql("checkpoint")
        said = shop.refused("backup", "log")
        assert "has thrown away log that the store never got" in said and "--after-gap" in said
        with shop.logging(tmp_path, "--after-gap") as after:
            after.goes()
            write(shop)
            shop.done("backup")
            shop.until(shop.now())
        holed, whole = shop.windows()
        assert holed["missing"] and not whole["missing"]
        assert "the log lacks" in shop.done("backup", "list")
        assert "the log lacks" in shop.refused("backup", "verify")
    finally:
        for name in ("max_slot_wal_keep_size", "wal_keep_size"):
            primary.sql(f"alter system reset {name}")
        primary.sql("select pg_reload_conf()")
