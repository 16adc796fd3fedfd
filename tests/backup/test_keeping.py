"""Which moments can be restored, which backup is taken for one, and what may go: decisions over a store's records."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from nollycrewhub.backup import keeping
from nollycrewhub.backup.errors import Refused
from nollycrewhub.backup.keeping import Kept, chosen, superfluous, windows
from nollycrewhub.backup.records import Base, Cluster, Held, Piece, Progress, Records, base_key
from nollycrewhub.backup.segments import Segment, Stretch, as_text, lineage
from nollycrewhub.backup.settings import KEEP_DAYS, KEEP_LEAST, VARIABLES, settings_of
from nollycrewhub.backup.store import Store
from tests.measuring import TOP

SIZE = 16 << 20
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def base(at: datetime, number: int, *, timeline: int = 1) -> Base:
    """A backup that ended at a moment, in the middle of a segment."""
    return Base(
        name=f"{at:%Y%m%dT%H%M%SZ}", began=at - timedelta(minutes=1), ended=at, timeline=timeline, start_lsn=as_text(number * SIZE + 40),
        end_lsn=as_text(number * SIZE + 4000), version=180006, superuser="postgres", database="postgres", pieces=(Piece("base.tar.gz", 3, "x"),),
        cluster_bytes=1,
    )  # fmt: skip


def shelf(bases: list[Base], whole: set[Segment], unfinished: set[Segment], progress: Progress | None, history: str = "") -> Kept:
    """A store with these in it."""
    lines = {1: lineage(1, "")} | ({2: lineage(2, history)} if history else {})
    return Kept(SIZE, Held(frozenset(whole), frozenset(unfinished), lines), progress, bases)


def log(timeline: int, first: int, last: int) -> set[Segment]:
    """Segments in a row."""
    return {Segment(timeline, number) for number in range(first, last + 1)}


def test_every_moment_from_a_backups_end_until_the_log_was_seen_last() -> None:
    first, second = base(NOON, 3), base(NOON + timedelta(hours=2), 6)
    last = NOON + timedelta(hours=3)
    found = shelf([first, second], log(1, 3, 7), {Segment(1, 8)}, Progress(1, as_text(8 * SIZE + 99), last))
    assert [each.until for each in windows(found)] == [last, last]
    assert chosen(found, NOON).base == first
    assert chosen(found, NOON + timedelta(hours=2) - timedelta(seconds=1)).base == first
    assert chosen(found, NOON + timedelta(hours=2)).base == second
    assert chosen(found, None).base == second
    with pytest.raises(Refused, match=r"The earliest moment that can be restored is 2026-11-30T12:00:00Z"):
        chosen(found, NOON - timedelta(seconds=1))
    with pytest.raises(Refused, match=r"complete until 2026-11-30T15:00:00.000000Z"):
        chosen(found, last + timedelta(seconds=1))


def test_a_backup_without_the_log_is_its_own_moment_only() -> None:
    found = shelf([base(NOON, 3)], set(), set(), None)
    assert [each.until for each in windows(found)] == [NOON]
    assert chosen(found, None).base.ended == NOON


def test_progress_that_the_log_does_not_bear_out_is_not_believed() -> None:
    """The unfinished segment was noted, and is not there; or the note is of a position further on."""
    noted = Progress(1, as_text(8 * SIZE + 99), NOON + timedelta(hours=3))
    assert [each.until for each in windows(shelf([base(NOON, 3)], log(1, 3, 7), set(), noted))] == [NOON]
    assert [each.until for each in windows(shelf([base(NOON, 3)], log(1, 3, 6), {Segment(1, 7)}, noted))] == [NOON]


def test_a_hole_is_named_and_only_what_comes_before_it_is_promised() -> None:
    noted = Progress(1, as_text(8 * SIZE + 99), NOON + timedelta(hours=3))
    later = base(NOON + timedelta(hours=2), 6)
    found = shelf([base(NOON, 3), later], log(1, 3, 7) - {Segment(1, 5)}, {Segment(1, 8)}, noted)
    holed, whole = windows(found)
    assert (holed.missing, holed.until) == (Segment(1, 5).name(SIZE), NOON)
    assert (whole.missing, whole.until) == ("", noted.at)


def test_the_newest_life_of_a_cluster_is_followed_unless_another_is_named() -> None:
    """A copy restored to the middle of segment 5 went on as timeline 2; a backup taken later on the first does not lead there."""
    before, astray, after = base(NOON, 3), base(NOON + timedelta(hours=1), 7), base(NOON + timedelta(hours=3), 6, timeline=2)
    history = f"1\t{as_text(5 * SIZE + 100)}\tbefore\n"
    noted = Progress(2, as_text(7 * SIZE + 9), NOON + timedelta(hours=4))
    found = shelf([before, astray, after], log(1, 3, 9) | log(2, 5, 6), {Segment(2, 7)}, noted, history)
    assert chosen(found, NOON + timedelta(hours=2)).base == before
    assert chosen(found, NOON + timedelta(hours=2)).chain.segments == (Segment(1, 3), Segment(1, 4), Segment(2, 5), Segment(2, 6))
    assert chosen(found, None).base == after
    assert chosen(found, NOON + timedelta(hours=1), timeline=1).base == astray
    assert chosen(found, None).line == [Stretch(1, 5 * SIZE + 100), Stretch(2, None)]


def test_what_is_thrown_away_keeps_every_promised_moment() -> None:
    days = [base(NOON + timedelta(days=n), 3 + 2 * n) for n in range(6)]
    found = shelf(days, log(1, 3, 20), {Segment(1, 21)}, None)
    now = NOON + timedelta(days=5, hours=1)
    gone, log_files = superfluous(found, now, keep_days=2, keep_least=1)
    assert gone == days[:3], "the fourth is from before the two days, and leads into them"
    assert log_files == sorted(log(1, 3, 8))
    assert superfluous(found, now, keep_days=2, keep_least=5) == (days[:1], sorted(log(1, 3, 4)))
    assert superfluous(found, now, keep_days=30, keep_least=1) == ([], [])
    assert superfluous(found, now + timedelta(days=900), keep_days=1, keep_least=1)[0] == days[:5], "the last one stays, however old"


def test_pruning_takes_the_record_first_and_leaves_the_rest_readable(tmp_path: Path) -> None:
    records = Records(Store(tmp_path.as_uri()))
    records.claim(Cluster("1", SIZE))
    for each in (old := base(NOON, 3), base(NOON + timedelta(days=9), 5)):
        records.store.put(base_key(each.name, "base.tar.gz"), b"abc")
        records.store.put(base_key(each.name, "backup.json"), msgspec.json.encode(each))
    for number in range(3, 7):
        records.put_segment(Segment(1, number).name(SIZE), b"log")
    gone, count = keeping.prune(records, NOON + timedelta(days=30), keep_days=14, keep_least=1)
    assert ([each.name for each in gone], count) == ([old.name], 2)
    assert [each.ended for each in records.bases()] == [NOON + timedelta(days=9)]
    assert records.held(SIZE).segments == log(1, 5, 6)


def test_settings_are_read_and_wrong_ones_are_sentences() -> None:
    assert settings_of({"BACKUP_URL": "s3://a/b", "DATABASE_DIRECT_URL": "postgresql://x"}, with_database=True).database == "postgresql://x"
    assert settings_of({"BACKUP_URL": "/var/backups"}, with_database=False).store == "file:///var/backups"
    for env, words in (
        ({}, "BACKUP_URL is not set"),
        ({"BACKUP_URL": "s3://a"}, "Neither BACKUP_DATABASE_URL nor DATABASE_DIRECT_URL"),
        ({"BACKUP_URL": "s3://a", "DATABASE_URL": "x", "BACKUP_KEEP_DAYS": "0"}, "BACKUP_KEEP_DAYS is a whole number"),
        ({"BACKUP_URL": "s3://a", "DATABASE_URL": "x", "BACKUP_KEEP_LEAST": "two"}, "'two' is not"),
    ):
        with pytest.raises(Refused, match=words):
            settings_of(env, with_database=True)


def test_the_settings_page_names_what_the_backup_commands_read() -> None:
    page = (TOP / "docs" / "SETTINGS.md").read_text().partition("## Of the backup commands alone")[2]
    assert re.findall(r"^\| `([A-Z_]+)` ", page, re.MULTILINE) == list(VARIABLES)
    assert f"| `BACKUP_KEEP_DAYS` | `{KEEP_DAYS}` |" in page and f"| `BACKUP_KEEP_LEAST` | `{KEEP_LEAST}` |" in page
