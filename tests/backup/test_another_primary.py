"""The log goes on over a failover: what the former primary and the new one wrote is restored as one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nollycrewhub.devstack.postgres import DATABASE
from nollycrewhub.devstack.stack import Stack
from tests.backup.shop import Shop, checksums, opened
from tests.replicas.test_failover import either
from tests.served import wait_until
from tests.servers import a_stack, kill


@pytest.fixture
def two() -> Iterator[Stack]:
    """A primary that will be lost, and the standby that takes over."""
    with a_stack("another", replicas=1) as stack:
        yield stack


@pytest.mark.full
def test_the_log_follows_a_failover(two: Stack, place: Path, tmp_path: Path) -> None:
    shop = Shop(two, (tmp_path / "store").as_uri())
    new = two.standbys[0]
    shop.environment["BACKUP_DATABASE_URL"] = either(two.primary.url("replicator", database="postgres"), new.port)
    two.primary.sql("create table public.stock (words text); insert into public.stock values ('before')", database=DATABASE)
    shop.done("backup")
    with shop.logging(tmp_path) as log:
        log.goes()
        two.primary.sql("insert into public.stock values ('in the log')", database=DATABASE)
        shop.until(shop.now())
        wait_until(lambda: new.sql("select count(*) from public.stock", database=DATABASE).strip() == "2", what="the standby never had it")
        kill(two.primary)
        new.sql("select pg_promote()")
        new.sql("insert into public.stock values ('after')", database=DATABASE)
        at = float(new.sql("select extract(epoch from clock_timestamp())"))
        wait_until(lambda: shop.records_reach(at), what=f"the log never went on: {log.said()}")
    came = shop.restored("latest", place / "all")
    assert came["position"]
    with opened(two, place / "all") as server:
        assert checksums(server)["public.stock"] == checksums(new)["public.stock"]
        assert (
            server.sql("select string_agg(words, ', ' order by ctid) from public.stock", database=DATABASE).strip()
            == "before, in the log, after"
        )
    assert [each["missing"] for each in shop.windows()] == [None]
