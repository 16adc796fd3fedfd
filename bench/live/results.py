"""The figures of ten thousand open pages, their bars, and the table of docs/PERFORMANCE.md."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.live.pages import Pages
from bench.report import Machine, Report

BARS = {
    "connected_s": 30.0, "connect_p99_ms": 1000.0, "kb_each": 40.0, "everybody_p95_ms": 300.0, "messages_p95_ms": 150.0,
    "pages_p95_ms": 100.0,
}  # fmt: skip


class Late(msgspec.Struct, kw_only=True):
    """How late something was, from the moment it was due: a connection, or a message's reading by the listener."""

    deliveries: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    most_ms: float


class Cores(msgspec.Struct, kw_only=True):
    """What used the processor while everything was measured, in cores; `machine` is all of it as a part of what there is."""

    web: list[float]
    database: float
    load: float
    machine: float


class Live(msgspec.Struct, kw_only=True):
    """One run."""

    machine: Machine
    sockets: int
    open: int
    broken: int
    connected_s: float
    connect: Late
    before_mb: float
    held_mb: float
    after_mb: float
    kb_each: float
    kb_more_each: float
    seconds: int
    written: int
    posted: int
    refused: int
    answered_p95_ms: float
    messages: Late
    everybody: Late
    missed: int
    unheard: int
    pages: Pages
    cores: Cores


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
        "connected_s": live.connected_s, "connect_p99_ms": live.connect.p99_ms, "kb_each": live.kb_each,
        "everybody_p95_ms": live.everybody.p95_ms, "messages_p95_ms": live.messages.p95_ms, "pages_p95_ms": live.pages.p95_ms,
    }  # fmt: skip
    found += [f"{name} is {reached[name]}; the bar is {bar}." for name, bar in BARS.items() if reached[name] > bar]
    if live.open != live.sockets or live.broken:
        found.append(f"{live.broken} connections broke; {live.open} of {live.sockets} were open at the end.")
    if live.refused:
        found.append(f"{live.refused} of {live.written + live.posted + live.refused} messages and listings were not taken.")
    if live.missed:
        found.append(f"{live.missed} messages did not follow the one before.")
    if live.unheard:
        found.append(f"{live.unheard} deliveries of what was written never came, or came twice.")
    if live.pages.failed:
        found.append(f"{live.pages.failed} of {live.pages.asked} pages failed.")
    return found


def table(live: Live) -> str:
    """The figures in Markdown."""
    messages, everybody, pages, connect = live.messages, live.everybody, live.pages, live.connect
    lines = [
        live.machine.spoken(),
        "",
        "| what | p50 | p95 | p99 | bar |",
        "|---|---|---|---|---|",
        f"| {live.sockets:,} WebSockets connected and subscribed, {live.connected_s} s in all | {connect.p50_ms} ms | {connect.p95_ms} ms | "
        f"{connect.p99_ms} ms | {BARS['connected_s']:.0f} s in all, p99 {BARS['connect_p99_ms']:.0f} ms |",
        f"| memory of all server processes (web, hashing, supervisor; PSS) | | {live.held_mb} MB: {live.kb_each} kB each, {live.kb_more_each} kB more than "
        f"without any | | {BARS['kb_each']:.0f} kB each |",
        f"| {live.posted} listings told to everybody, {everybody.deliveries:,} deliveries | {everybody.p50_ms} ms | {everybody.p95_ms} ms | "
        f"{everybody.p99_ms} ms | p95 {BARS['everybody_p95_ms']:.0f} ms |",
        f"| {live.written:,} messages, {messages.deliveries:,} deliveries | {messages.p50_ms} ms | {messages.p95_ms} ms | {messages.p99_ms} ms | "
        f"p95 {BARS['messages_p95_ms']:.0f} ms |",
        f"| {pages.asked:,} pages and lists meanwhile, {pages.signed_in:,} signed in, {pages.failed} failed | {pages.p50_ms} ms | "
        f"{pages.p95_ms} ms (signed in {pages.signed_in_p95_ms}) | {pages.p99_ms} ms | p95 {BARS['pages_p95_ms']:.0f} ms |",
        "",
        f"{live.open:,} still open at the end, {live.missed} messages missed or out of order, {live.unheard} deliveries missing or doubled; "
        f"p95 of the answers to what was written, from when each was due, {live.answered_p95_ms} ms; after the load the servers held "
        f"{live.after_mb} MB. The web processes used {' and '.join(str(each) for each in live.cores.web)} cores, the database {live.cores.database}, "
        f"listeners, writers and askers {live.cores.load}, everything together {live.cores.machine:.0%} of the machine.",
    ]
    return "\n".join(lines) + "\n"


REPORT = Report("bench-live", Path(__file__).with_name("results.json"), Live, table=table)
