"""`make bench`: everything in one run, written to bench/results.json and docs/PERFORMANCE.md; about ten minutes."""

import argparse
import sys

from bench import http, report, search, shared
from bench.report import LIST_BAR, REPORT, Results
from bench.search import BAR_MS
from bench.servers import servers
from bench.shared import BARS, TWO_WORKERS, Shared


def misses(results: Results) -> list[str]:
    """The bars that were not reached, in sentences."""
    found = []
    if results.http.lists.ratio < LIST_BAR:
        found.append(f"The list reaches {results.http.lists.ratio:.2f} of the bare handler; the bar is {LIST_BAR}.")
    found += shared_misses(results.shared)
    if results.search.slowest_p95_ms >= BAR_MS:
        found.append(f"The slowest search has a p95 of {results.search.slowest_p95_ms} ms; the bar is {BAR_MS:.0f} ms.")
    found += [f"A search reads the whole table: {one}" for one in results.search.timed if "Seq Scan" in one.way]
    return found


def shared_misses(shared: Shared | None) -> list[str]:
    """The bars of answers from memory that were not reached."""
    if shared is None:
        return []
    reached = {"lists": shared.lists, "page": shared.page, "not_modified": shared.not_modified}
    found = [
        f"From memory, {name} reaches {pair.ratio:.2f} of the bare application; the bar is {BARS[name]}."
        for name, pair in reached.items()
        if pair.ratio < BARS[name]
    ]
    if shared.two_to_one > TWO_WORKERS:
        found.append(f"Two workers cost {shared.two_to_one:.2f} times one; the bar is {TWO_WORKERS}.")
    return found


def main() -> int:
    """Measures, writes, and says which bars were missed."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--listings", type=int, default=1_000_000, help="listings of the search (default a million)")
    parser.add_argument("--seconds", type=int, default=http.SECONDS, help="seconds of each round over HTTP")
    parser.add_argument("--dry", action="store_true", help="print the table; write no file")
    arguments = parser.parse_args()
    on = report.machine()
    with servers() as found:
        over_http = http.measure(found, seconds=arguments.seconds)
    with servers() as found:
        from_memory = shared.measure(found, seconds=arguments.seconds)
    with servers() as found:
        settings = found.settings
        searched = search.measure(settings.database_owner_url, settings.database_reader_url, count=arguments.listings)
    results = Results(machine=on, http=over_http, shared=from_memory, search=searched)
    print(report.table(results))
    if not arguments.dry:
        REPORT.write(results)
    missed = misses(results)
    print("\n".join(missed) or "Every bar is reached.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
