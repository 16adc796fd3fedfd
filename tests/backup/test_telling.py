"""What `backup log` tells of the store: the ages of what is there, nothing before it has looked, and no end where there is nothing."""

import math
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from nollycrewhub.backup.errors import Refused
from nollycrewhub.backup.records import CLUSTER, Base, Piece, Progress, Records, Verified, base_key
from nollycrewhub.backup.settings import telling_of
from nollycrewhub.backup.store import Store
from nollycrewhub.backup.telling import REGISTRY, Watch
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform import metrics
from tests.backup.shop import Shop
from tests.served import wait_until
from tests.servers import FIGURES, METRICS_TOKEN

ENCODED = b'{"system_identifier":"1","segment_size":16777216}'


def said(name: str) -> float:
    """A figure as Prometheus would read it."""
    found = re.search(rf'^{name}{{instance="log"}} (\S+)$', metrics.of("log", REGISTRY).decode(), re.MULTILINE)
    assert found, name
    return float(found[1])


def base(ended: datetime) -> Base:
    """A whole base backup's record."""
    return Base(
        name=f"{ended:%Y%m%dT%H%M%SZ}", began=ended - timedelta(minutes=1), ended=ended, timeline=1, start_lsn="0/3000028", end_lsn="0/3000158",
        version=180006, superuser="postgres", database="postgres", pieces=(Piece("base.tar.gz", 3, "x"),), cluster_bytes=1,
    )  # fmt: skip


def test_ages_are_those_of_what_is_in_the_store(tmp_path: Path) -> None:
    store = Store((tmp_path / "store").as_uri())
    records, now = Records(store), datetime.now(UTC)
    watch = Watch(records)
    assert math.isnan(said("nch_backup_log_age_seconds")) and math.isnan(said("nch_backup_base_age_seconds")), "it has not looked yet"
    watch.look()
    assert (said("nch_backup_log_age_seconds"), said("nch_backup_base_age_seconds"), said("nch_backup_bases")) == (math.inf, math.inf, 0)
    store.put(CLUSTER, ENCODED)
    records.note(Progress(1, "0/3000200", now - timedelta(seconds=40)))
    for hours in (50, 26, 2):
        one = base(now - timedelta(hours=hours))
        store.put(base_key(one.name, "backup.json"), msgspec.json.encode(one))
    watch.look()
    assert said("nch_backup_log_age_seconds") == pytest.approx(40, abs=5)
    assert said("nch_backup_base_age_seconds") == pytest.approx(7200, abs=5), "the newest one"
    assert said("nch_backup_bases") == 3
    assert (said("nch_backup_verified_age_seconds"), math.isnan(said("nch_backup_faults"))) == (math.inf, True), "nobody has read it yet"
    records.note_verified(Verified(now - timedelta(days=3), 2))
    watch.look()
    assert said("nch_backup_verified_age_seconds") == pytest.approx(3 * 86_400, abs=5)
    assert said("nch_backup_faults") == 2


def test_a_store_that_cannot_be_read_leaves_the_ages_growing(tmp_path: Path) -> None:
    records = Records(Store((tmp_path / "store").as_uri()))
    watch = Watch(records)
    records.note(Progress(1, "0/3000200", datetime.now(UTC) - timedelta(seconds=40)))
    watch.look()
    before = said("nch_backup_log_age_seconds")
    records.store.put("progress.json", b"rubbish")
    watch.look()
    assert before <= said("nch_backup_log_age_seconds") < before + 5


def test_where_it_tells_is_read_from_the_programs_own_settings() -> None:
    told = telling_of({"METRICS_PORT": "9100", "METRICS_TOKEN": "t", "HOST": "0.0.0.0", "INSTANCE_ID": "log-1"})
    assert (told.port, told.token, told.host, told.instance) == (9100, "t", "0.0.0.0", "log-1")
    assert telling_of({}).port == 0
    for wrong in ("70000", "-1", "http"):
        with pytest.raises(Refused, match="METRICS_PORT is a whole number from 0 to 65535"):
            telling_of({"METRICS_PORT": wrong})


def test_the_log_tells_of_itself_while_it_runs(shop: Shop, tmp_path: Path) -> None:
    port = free_port()
    shop.environment |= {"METRICS_PORT": str(port), "METRICS_TOKEN": METRICS_TOKEN, "INSTANCE_ID": "log"}
    shop.done("backup")
    with shop.logging(tmp_path) as log:
        log.goes()
        began = time.time()

        def ages() -> tuple[float, float] | None:
            text = httpx.get(f"http://127.0.0.1:{port}/metrics", headers=FIGURES).text
            found = re.findall(r'^nch_backup_(?:log|base)_age_seconds\{instance="log"\} (\S+)$', text, re.MULTILINE)
            told = float(found[0]), float(found[1])
            return told if all(map(math.isfinite, told)) else None

        log_age, base_age = wait_until(ages, what="it never told the ages of both")
        assert 0 <= log_age < time.time() - began + 30
        assert 0 <= base_age < time.time() - began + 60
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 404
    shop.done("backup", "verify")
    noted = Records(Store(shop.environment["BACKUP_URL"])).verified()
    assert noted is not None and noted.faults == 0 and abs((datetime.now(UTC) - noted.at).total_seconds()) < 60
    assert log.process.returncode == 0
