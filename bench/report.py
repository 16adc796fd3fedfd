"""The results as a file and as the table of docs/PERFORMANCE.md; a test holds the page to the file."""

import os
import platform
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from bench.http import Http, Pair
from bench.search import BAR_MS, Searches, Timed
from bench.shared import BARS, TWO_WORKERS, Shared

TOP = Path(__file__).resolve().parents[1]
PAGE = TOP / "docs" / "PERFORMANCE.md"
LIST_BAR = 0.6
Figures = TypeVar("Figures", bound=msgspec.Struct)


class Machine(msgspec.Struct, kw_only=True):
    """Where and when it ran; `busy` is the load average before it began, which tells a quiet machine from a busy one."""

    when: str
    commit: str
    cores: int
    system: str
    python: str
    busy: float

    def spoken(self) -> str:
        """The line above its figures."""
        return f"{self.when} UTC at {self.commit}: {self.cores} cores, {self.system}, Python {self.python}, load average {self.busy} before the run."


class Report(Generic[Figures]):
    """The figures of one `make` target: a file, and a table between two marks of the page, in step."""

    def __init__(self, target: str, file: Path, figures: type[Figures], *, table: Callable[[Figures], str]) -> None:
        self.file = file
        self.figures = figures
        self.table = table
        self.start, self.end = f"<!-- {target}: written by make {target} -->", f"<!-- /{target} -->"

    def read(self) -> Figures:
        """The committed results."""
        return msgspec.json.decode(self.file.read_bytes(), type=self.figures)

    def with_table(self, page: str, figures: Figures) -> str:
        """The page with its table made anew."""
        before, _, rest = page.partition(self.start)
        _, end, after = rest.partition(self.end)
        if not end:
            raise ValueError(f"{PAGE.name} has lost the marks between which the table stands.")
        return f"{before}{self.start}\n{self.table(figures)}{self.end}{after}"

    def write(self, figures: Figures) -> None:
        """Keeps the file and the page's table in step."""
        self.file.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")
        PAGE.write_text(self.with_table(PAGE.read_text(), figures))


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


def table(results: Results) -> str:
    """The tables in Markdown."""
    http, search = results.http, results.search
    lines = [
        results.machine.spoken(),
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


REPORT = Report("bench", TOP / "bench" / "results.json", Results, table=table)
