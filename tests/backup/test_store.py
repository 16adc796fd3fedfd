"""What is put is read back: on a local folder, and on an S3 that is busy, says no, or keeps something else than it was given."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nollycrewhub.backup.errors import Refused, Unreachable
from nollycrewhub.backup.records import Cluster, Records
from nollycrewhub.backup.store import Missing, Store, packed, unpacked
from tests.simulators.s3 import BUCKET, Bucket, bucket

LARGE = bytes(range(256)) * 60_000  # past the size from which objects go in parts


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Bucket, Store]]:
    """A bucket that answers, and the store on it."""
    with bucket() as (kept, environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield kept, Store(f"s3://{BUCKET}/nollycrewhub")


def test_both_kinds_keep_list_give_back_and_forget(remote: tuple[Bucket, Store], tmp_path: Path) -> None:
    for store in (remote[1], Store((tmp_path / "a folder").as_uri())):
        assert store.put("wal/1/a.gz", b"one").size == 3
        source = tmp_path / "large"
        source.write_bytes(LARGE)
        assert store.put_file("base/x/large", source).size == len(LARGE)
        assert store.keys("base") == {"base/x/large": len(LARGE)}
        assert store.get("wal/1/a.gz") == b"one"
        assert store.get("wal/1/b.gz") is None
        assert store.fetch("base/x/large", tmp_path / "back").sha.digest() == store.put_file("base/y/large", source).sha.digest()
        assert (tmp_path / "back").read_bytes() == LARGE
        store.delete(["wal/1/a.gz", "wal/1/never.gz"])
        assert store.keys("wal") == {}


def test_the_bucket_has_everything_below_the_folder_that_was_named(remote: tuple[Bucket, Store]) -> None:
    remote[1].put("cluster.json", b"{}")
    assert set(remote[0].objects) == {"nollycrewhub/cluster.json"}


def test_what_comes_back_spoiled_is_no_success(remote: tuple[Bucket, Store], tmp_path: Path) -> None:
    kept, store = remote
    kept.faults.append("spoil")
    with pytest.raises(Unreachable, match=r"gave back wal/1/a.gz other than it was sent"):
        store.put("wal/1/a.gz", b"one")
    source = tmp_path / "large"
    source.write_bytes(LARGE)
    kept.faults.extend(["", "", "", "", "spoil"])
    with pytest.raises(Unreachable, match=r"other than it was sent"):
        store.put_file("base/x/large", source)


def test_a_busy_store_is_asked_again(remote: tuple[Bucket, Store]) -> None:
    kept, store = remote
    kept.faults.extend(["busy", "busy"])
    assert store.put("wal/1/a.gz", b"one").size == 3
    assert kept.asked.count("PUT nollycrewhub/wal/1/a.gz") == 3


def test_a_key_that_may_not_is_said_to_be_so(remote: tuple[Bucket, Store]) -> None:
    remote[0].faults.append("denied")
    with pytest.raises(Refused, match=r"Look at the key of the store"):
        remote[1].put("wal/1/a.gz", b"one")
    assert remote[0].objects == {}


def test_a_store_that_is_away_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with bucket() as (_, environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
    monkeypatch.setattr("nollycrewhub.backup.store.TRIES", {"max_retries": 0})
    with pytest.raises(Unreachable, match=r"could not write wal/1/a.gz"):
        Store(f"s3://{BUCKET}").put("wal/1/a.gz", b"one")


def test_a_store_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot be used"):
        Store("ftp://somewhere/backups")
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match=r"cannot be used"):
        Store((tmp_path / "file").as_uri())
    for url in ("file://var/backups", "file://backups", "file://"):  # two strokes: what follows is a machine's name, and no folder's
        with pytest.raises(Refused, match="three strokes"):
            Store(url)


def test_a_missing_file_and_a_damaged_one_are_told_apart(tmp_path: Path) -> None:
    store = Store(tmp_path.as_uri())
    with pytest.raises(Missing):
        list(store.pieces("wal/1/a.gz"))
    content = packed(LARGE)
    assert unpacked(content, "a") == LARGE
    assert packed(LARGE) == content, "the same bytes pack to the same bytes, whenever it is"
    for damaged in (content[:-9], content[:1000] + bytes([content[1000] ^ 1]) + content[1001:], b"no gzip at all"):
        with pytest.raises(Refused, match=r"a in the store is damaged"):
            unpacked(damaged, "a")


def test_another_clusters_store_is_refused_and_a_segment_is_never_written_over(tmp_path: Path) -> None:
    records = Records(Store(tmp_path.as_uri()))
    records.claim(Cluster("1", 16))
    records.claim(Cluster("1", 16))
    with pytest.raises(Refused, match=r"backups of another cluster"):
        records.claim(Cluster("2", 16))
    name = "000000010000000000000003"
    records.put_segment(name, b"first")
    records.put_segment(name, b"first")
    with pytest.raises(Refused, match=r"Two servers write into one store"):
        records.put_segment(name, b"other")
    assert records.log_file(f"wal/00000001/{name}.gz") == b"first"
