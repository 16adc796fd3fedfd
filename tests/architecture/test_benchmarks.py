"""The benchmarks' own promises: the page says what the file says, the corpus is as words are, the generator is wrk."""

from collections import Counter

import msgspec
import pytest

from bench import million, report
from bench.__main__ import misses
from bench.live import results as live
from bench.live.pages import Pages
from bench.questions import LISTS, search_of
from bench.report import REPORT
from nollycrewhub.domains.jobs.rules.indexing import Listing, derive


def test_the_page_says_what_the_results_say() -> None:
    page = report.PAGE.read_text()
    assert REPORT.with_table(page, REPORT.read()) == page
    changed = msgspec.structs.replace(REPORT.read(), machine=msgspec.structs.replace(REPORT.read().machine, cores=3))
    assert REPORT.with_table(page, changed) != page


def test_every_bar_of_ten_thousand_open_pages_can_be_missed_and_has_its_place_on_the_page() -> None:
    late = live.Late(deliveries=9, p50_ms=1.0, p95_ms=2.0, p99_ms=3.0, most_ms=4.0)
    pages = Pages(asked=9, signed_in=3, failed=0, p50_ms=1.0, p95_ms=2.0, p99_ms=3.0, signed_in_p95_ms=2.0)
    good = live.Live(
        machine=REPORT.read().machine, sockets=9, open=9, broken=0, connected_s=1.0, connect=late, before_mb=1.0, held_mb=2.0,
        after_mb=2.0, kb_each=30.0, kb_more_each=8.0, seconds=1, written=9, posted=1, refused=0, answered_p95_ms=1.0, messages=late,
        everybody=late, missed=0, unheard=0, pages=pages, cores=live.Cores(web=[0.1, 0.1], database=0.1, load=0.1, machine=0.2),
    )  # fmt: skip
    assert live.misses(good) == []
    for worse in (
        {"connected_s": 30.1}, {"kb_each": 40.1}, {"missed": 1}, {"unheard": 1}, {"broken": 1}, {"refused": 1},
        {"connect": msgspec.structs.replace(late, p99_ms=1000.1)}, {"messages": msgspec.structs.replace(late, p95_ms=150.1)},
        {"everybody": msgspec.structs.replace(late, p95_ms=300.1)}, {"pages": msgspec.structs.replace(pages, p95_ms=100.1)},
        {"pages": msgspec.structs.replace(pages, failed=1)},
    ):  # fmt: skip
        assert len(live.misses(msgspec.structs.replace(good, **worse))) == 1, worse
    assert live.table(good) in live.REPORT.with_table(report.PAGE.read_text(), good)


def test_a_page_without_its_marks_is_not_written_over() -> None:
    with pytest.raises(ValueError, match="lost the marks"):
        REPORT.with_table("# Performance\n", REPORT.read())


def test_missed_bars_are_said_in_sentences() -> None:
    results = REPORT.read()
    http = msgspec.structs.replace(results.http, lists=msgspec.structs.replace(results.http.lists, ratio=0.59))
    whole = msgspec.structs.replace(results.search.timed[0], way="Parallel Seq Scan")
    search = msgspec.structs.replace(results.search, slowest_p95_ms=50.0, timed=[whole])
    found = misses(msgspec.structs.replace(results, http=http, search=search))
    assert [sentence.split()[0] for sentence in found] == ["The", "The", "A"]
    good = msgspec.structs.replace(results.http, lists=msgspec.structs.replace(results.http.lists, ratio=0.6))
    assert misses(msgspec.structs.replace(results, http=good, search=msgspec.structs.replace(results.search, slowest_p95_ms=49.9))) == []


def test_the_corpus_is_the_same_for_a_seed_and_has_common_and_rare_words() -> None:
    used: Counter[str] = Counter()
    rows = list(million.listings(2000, 1, used))
    assert rows == list(million.listings(2000, 1, Counter()))
    assert [row[0] for row in rows] == list(range(1, 2001))
    counts = [count for _, count in used.most_common()]
    assert counts[0] > 1500 and counts[9] > 500 and counts[-1] == 1 and len(counts) > 10_000


def test_the_corpus_is_indexed_as_the_program_indexes() -> None:
    used: Counter[str] = Counter()
    for row in million.listings(50, 3, used):
        made = dict(zip(million.COLUMNS, row, strict=True))
        listing = Listing(
            title=made["title"], kind=made["kind"], category=made["category"], category_name="", company="", state=made["state"],
            state_name="", town="", pay_amount=made["pay_amount"], pay_unit=made["pay_unit"], pay_terms=made["pay_terms"],
            description=made["description"], skills=[], languages=made["languages"], language_names=[], starts_on=None,
            ends_on=None, deadline=made["deadline"], posted_at=made["posted_at"],
        )  # fmt: skip
        derived = derive(listing)
        assert sorted(made["search_tags"]) == sorted(derived.search_tags)
        assert (made["pay_key"], made["deadline_key"]) == (derived.pay_key, derived.deadline_key)
        assert (made["search_title"], made["search_text"]) == (derived.search_title, derived.search_text)


def test_the_lists_asked_for_are_all_different_and_readable() -> None:
    assert len({search_of(query) for query in LISTS}) >= len(LISTS) - 1
