"""The results as a file and as the table of docs/PERFORMANCE.md; a test holds the page to the file."""

import os
import platform
import subprocess
import time
from pathlib import Path

import msgspec

from bench.http import Http, Pair
from bench.search import BAR_MS, Searches, Timed
from bench.shared import BARS, TWO_WORKERS, Shared

TOP = Path(__file__).resolve().parents[1]
RESULTS = TOP / "bench" / "results.json"
PAGE = TOP / "docs" / "PERFORMANCE.md"
START, END = "<!-- bench: written by make bench -->", "<!-- /bench -->"
LIST_BAR = 0.6


class Machine(msgspec.Struct, kw_only=True):
    """Where and when it ran; `busy` is the load average before it began, which tells a quiet machine from a busy one."""

    when: str
    commit: str
    cores: int
    system: str
    python: str
    busy: float


class Results(msgspec.Struct, kw_only=True):
    """One run of everything."""

    machine: Machine
    http: Http
    shared: Shared | None = None
    search: Searches


def machine() -> Machine:
    """This one, now."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=TOP, capture_output=True, text=True, check=False)
    return Machine(
        when=time.strftime("%Y-%m-%d %H:%M", time.gmtime()), commit=done.stdout.strip(), cores=os.cpu_count() or 1,
        system=platform.system(), python=platform.python_version(), busy=round(os.getloadavg()[0], 2),
    )  # fmt: skip


def write(results: Results) -> None:
    """Keeps the file and the page's table in step."""
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    PAGE.write_text(with_table(PAGE.read_text(), results))


def read() -> Results:
    """The committed results."""
    return msgspec.json.decode(RESULTS.read_bytes(), type=Results)


def with_table(page: str, results: Results) -> str:
    """The page with its table made anew."""
    before, _, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE.name} has lost the marks between which the table stands.")
    return f"{before}{START}\n{table(results)}{END}{after}"


def table(results: Results) -> str:
    """The tables in Markdown."""
    on, http, search = results.machine, results.http, results.search
    lines = [
        f"{on.when} UTC at {on.commit}: {on.cores} cores, {on.system}, Python {on.python}, load average {on.busy} before the run.",
        "",
        "| what | ours a second | its limit | ratio | bar | p95 ms | processor µs: ours, limit, database |",
        "|---|---|---|---|---|---|---|",
        pair_line("list of 20, uncached", http.lists, bar=f"{LIST_BAR:.1f}"),
        pair_line("one job, uncached", http.one_job, bar=""),
        f"| sign-in | {http.sign_in.ours.per_second:.1f} | {http.sign_in.hashes_per_second:.1f} hashes | {http.sign_in.ratio:.2f} | "
        f"| {http.sign_in.ours.p95_ms:.0f} | {http.sign_in.ours.web_us:.0f}, , {http.sign_in.ours.database_us:.0f} |",
        "",
        f"The list cost {http.statements_each:.2f} statements a request: no cache answered.",
        *(shared_lines(results.shared) if results.shared is not None else ()),
        "",
        f"Search over {search.listings:,} listings, at the database as the reader role (bar: p95 below {BAR_MS:.0f} ms; the slowest has "
        f"{search.slowest_p95_ms:.1f} ms):",
        "",
        "| rank of the word | listings with it | filters | sort | p50 ms | p95 ms | the planner's way |",
        "|---|---|---|---|---|---|---|",
        *(search_line(one) for one in search.timed),
    ]
    return "\n".join(lines) + "\n"


def shared_lines(shared: Shared) -> list[str]:
    """What is answered from memory, beside a bare ASGI application that sends the same bytes."""
    return [
        "",
        "From process memory, beside a bare ASGI application that sends the same bytes and headers:",
        "",
        "| what | ours a second | its limit | ratio | bar | p95 ms | processor µs: ours, limit, database |",
        "|---|---|---|---|---|---|---|",
        pair_line("list of 20 over 50 filters", shared.lists, bar=f"{BARS['lists']}"),
        pair_line("the job board's page", shared.page, bar=f"{BARS['page']}"),
        pair_line("304 of a list", shared.not_modified, bar=f"{BARS['not_modified']}"),
        "",
        f"A list cost {shared.one_worker_us} µs of processor time with one worker and {shared.two_workers_us} µs with two: "
        f"{shared.two_to_one:.2f} times (bar: at most {TWO_WORKERS}).",
    ]


def pair_line(name: str, pair: Pair, *, bar: str) -> str:
    """One line of ours beside its limit."""
    return (
        f"| {name} | {pair.ours.per_second:,.0f} | {pair.limit.per_second:,.0f} | {pair.ratio:.2f} | {bar} | {pair.ours.p95_ms:.1f} | "
        f"{pair.ours.web_us:.0f}, {pair.limit.web_us:.0f}, {pair.ours.database_us:.0f} |"
    )


def search_line(one: Timed) -> str:
    """One line of the search."""
    return f"| {one.rank:,} | {one.listings:,} | {one.filters} | {one.sort} | {one.p50_ms:.1f} | {one.p95_ms:.1f} | {one.way} |"
