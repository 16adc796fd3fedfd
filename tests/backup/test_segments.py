"""The arithmetic of the log, against what PostgreSQL itself says and for positions of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.backup.segments import Segment, Stretch, as_text, chain, holds, lineage, lsn, segment, segment_at
from nollycrewhub.devstack.stack import Stack

SIZES = st.sampled_from([1 << n for n in range(20, 31)])
MEGA = 1 << 20
SIZE = 16 * MEGA


@given(st.integers(0, (1 << 64) - 1))
def test_a_position_reads_as_it_was_written(position: int) -> None:
    assert lsn(as_text(position)) == position


@given(st.integers(1, (1 << 32) - 1), st.integers(0, (1 << 63) - 1), SIZES)
def test_a_segment_is_what_its_name_says(timeline: int, position: int, size: int) -> None:
    here = segment_at(timeline, position, size)
    assert segment(here.name(size), size) == here
    assert here.begins(size) <= position < here.next().begins(size)
    assert here.next().before() == here


def test_names_are_postgresqls_own(cluster: Stack) -> None:
    for position in ("0/0", "0/1000000", "0/FFFFFFFF", "1/0", "AB/CDEF0123"):
        names = cluster.primary.sql(f"select file_name from pg_walfile_name_offset('{position}')").split()
        assert names == [segment_at(1, lsn(position), SIZE).name(SIZE)]


@pytest.mark.parametrize("text", ["", "0", "0/", "/0", "0/123456789", "G/0", "0/0 "])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a position"):
        lsn(text)


@pytest.mark.parametrize("text", ["", "00000001", "0000000100000000000001FF", "00000001000000000000000G"])
def test_what_is_no_segment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a segment"):
        segment(text, SIZE)


def test_a_history_is_read() -> None:
    text = "1\t0/3000148\tno recovery target specified\n\n2\t0/5000000\tbefore 2026-11-30 10:00:00+00\n"
    assert lineage(3, text) == [Stretch(1, 0x3000148), Stretch(2, 0x5000000), Stretch(3, None)]
    assert lineage(1, "") == [Stretch(1, None)]
    assert holds(lineage(3, text), 1, 0x3000148) and not holds(lineage(3, text), 1, 0x3000149)


@given(
    st.lists(st.integers(0, 40), min_size=0, max_size=3).map(sorted), st.integers(0, 39), st.sets(st.integers(0, 80)), st.integers(0, 45)
)
def test_a_chain_follows_every_change_of_timeline_and_finds_the_first_hole(
    ends: list[int], first: int, lost: set[int], newest: int
) -> None:
    """Each timeline ends in the middle of a segment, whose file the next one has too."""
    line = [*(Stretch(n + 1, at * SIZE + MEGA) for n, at in enumerate(ends)), Stretch(len(ends) + 1, None)]
    path = [Segment(next(s.timeline for s in line if s.ends is None or n < s.ends // SIZE), n) for n in range(46)]
    start = path[first]
    held = {each for each in path if each.number not in lost and each.number <= newest}
    found = chain(start, line, held, SIZE)
    want = []
    for each in path[first:]:
        if each not in held:
            break
        want.append(each)
    assert list(found.segments) == want
    later = [each for each in held if each.number > first + len(want)]
    assert (found.missing is not None) == bool(later)
