"""The figures of ten thousand open pages, their bars, and the table of docs/PERFORMANCE.md."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.live.pages import Pages
from bench.report import Machine, Report

BARS = {"connected_s": 30.0, "kb_each": 40.0, "everybody_p95_ms": 300.0, "rooms_p95_ms": 150.0, "pages_p95_ms": 100.0}


class Late(msgspec.Struct, kw_only=True):
    """How late messages were, from the moment each was due to its reading by the listener."""

    deliveries: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    most_ms: float


class Live(msgspec.Struct, kw_only=True):
    """One run."""

    machine: Machine
    sockets: int
    open: int
    broken: int
    connected_s: float
    before_mb: float
    held_mb: float
    after_mb: float
    kb_each: float
    kb_more_each: float
    seconds: int
    told: int
    told_failed: int
    told_everybody: int
    committed_p95_ms: float
    rooms: Late
    everybody: Late
    missed: int
    pages: Pages
    web_cpu: list[float]


def percentiles(times: Sequence[float]) -> Late:
    """The figures of one kind of message."""
    ordered = sorted(times) or [0.0]

    def at(part: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000, 1)

    return Late(deliveries=len(times), p50_ms=at(0.5), p95_ms=at(0.95), p99_ms=at(0.99), most_ms=at(1.0))


def misses(live: Live) -> list[str]:
    """The bars that were not reached, in sentences."""
    found = []
    reached = {
        "connected_s": live.connected_s, "kb_each": live.kb_each, "everybody_p95_ms": live.everybody.p95_ms,
        "rooms_p95_ms": live.rooms.p95_ms, "pages_p95_ms": live.pages.p95_ms,
    }  # fmt: skip
    found += [f"{name} is {reached[name]}; the bar is {bar}." for name, bar in BARS.items() if reached[name] > bar]
    if live.open != live.sockets or live.broken:
        found.append(f"{live.broken} connections broke; {live.open} of {live.sockets} were open at the end.")
    if live.told_failed:
        found.append(f"{live.told_failed} of {live.told} messages were never committed: the database had no room for half a minute.")
    if live.missed:
        found.append(f"{live.missed} messages did not follow the one before.")
    if live.pages.failed:
        found.append(f"{live.pages.failed} of {live.pages.asked} pages failed.")
    return found


def table(live: Live) -> str:
    """The figures in Markdown."""
    rooms, everybody, pages = live.rooms, live.everybody, live.pages
    lines = [
        live.machine.spoken(),
        "",
        "| what | p50 | p95 | p99 | bar |",
        "|---|---|---|---|---|",
        f"| {live.sockets:,} WebSockets connected and subscribed | | {live.connected_s} s in all | | {BARS['connected_s']:.0f} s |",
        f"| memory of all server processes (web, hashing, supervisor; PSS) | | {live.held_mb} MB: {live.kb_each} kB each, {live.kb_more_each} kB more than "
        f"without any | | {BARS['kb_each']:.0f} kB each |",
        f"| {live.told_everybody} broadcasts, {everybody.deliveries:,} deliveries | {everybody.p50_ms} ms | {everybody.p95_ms} ms | "
        f"{everybody.p99_ms} ms | p95 {BARS['everybody_p95_ms']:.0f} ms |",
        f"| {live.told:,} messages, {rooms.deliveries:,} deliveries | {rooms.p50_ms} ms | {rooms.p95_ms} ms | {rooms.p99_ms} ms | "
        f"p95 {BARS['rooms_p95_ms']:.0f} ms |",
        f"| {pages.asked:,} pages and lists meanwhile, {pages.failed} failed | {pages.p50_ms} ms | {pages.p95_ms} ms | {pages.p99_ms} ms | "
        f"p95 {BARS['pages_p95_ms']:.0f} ms |",
        "",
        f"{live.open:,} still open at the end, {live.missed} messages missed or out of order; p95 of the commits alone, from "
        f"when each was due, {live.committed_p95_ms} ms; the web processes used "
        f"{' and '.join(str(each) for each in live.web_cpu)} cores.",
    ]
    return "\n".join(lines) + "\n"


REPORT = Report("bench-live", Path(__file__).with_name("results.json"), Live, table=table)
