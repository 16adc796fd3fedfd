"""What nobody has measured: how many come at once, what they leave behind in a year, what a rented core is worth.

Each has a value, and any of them can be given another (`--assume core=0.8`); the report prints all of them.
"""

from collections.abc import Iterable

import msgspec


class Assumptions(msgspec.Struct, frozen=True, kw_only=True):
    """The first two are the plan's table: a tenth is there at once, and each asks for something every ten seconds."""

    at_once: float = 0.1  # share of all people who are there in the busiest hour
    requests_each: float = 0.1  # requests a second of somebody who is there
    event_times: float = 10.0  # a great event beside an ordinary evening (the plan's peak)
    event_hours: float = 24.0  # hours of such events in a month
    core: float = 0.5  # a rented processor beside a core of the measured machine
    processor_target: float = 0.6  # share of the processors in use that is aimed at (the plan's 60 %)
    edge_share: float = 0.0  # share of the requests that a CDN answers; none of the plan's figures counts on one
    job_seconds: float = 0.3  # how long a background job keeps a worker's slot, its provider included
    slots: float = 10.0  # jobs at once in a worker (the plan's concurrency)
    spare: float = 1.0  # instances that may be lost without anybody noticing
    sessions_each: float = 0.5  # live sessions for each person, over their devices
    answers_each: float = 0.2  # different shared answers kept for each person
    visits_a_month: float = 12.0  # of each person
    assets_a_visit: float = 30_000.0  # bytes of scripts, styles and pictures past what the browser keeps
    media_each: float = 400_000.0  # bytes of photos and files a person adds in a year, kept in object storage
    replicas_from: float = 50_000.0  # people from which reads have a replica (the plan's third phase)
    regions_from: float = 100_000.0  # people from which there is a replica in a second region
    headroom: float = 1.3  # of memory and disk
    row_guess: float = 400.0  # bytes of a row, with its indexes, of tables too small to be measured


# What a value may be, where it is not any number from 0 to a million millions: shares, what is divided by, what multiplies.
MOST = 1e12
BOUNDS = {
    "at_once": (0.0, 1.0), "edge_share": (0.0, 1.0), "event_times": (1.0, MOST), "event_hours": (0.0, 744.0), "core": (0.01, 100.0),
    "processor_target": (0.01, 1.0), "slots": (1.0, MOST), "headroom": (1.0, MOST),
}  # fmt: skip

# Rows that a person leaves behind in a year, by table; what is not here is not about people or is pruned.
ROWS_A_YEAR = {
    "users.person": 1.0, "users.profile": 0.8, "users.secret": 0.5, "jobs.job": 1.5, "jobs.application": 18.0, "jobs.saved_search": 1.0,
    "jobs.search_match": 60.0, "notifications.notice": 90.0, "notifications.delivery": 120.0, "notifications.preference": 1.0,
    "messages.conversation": 4.0, "messages.member": 8.0, "messages.message": 120.0, "messages.attachment": 3.0, "projects.project": 0.1,
    "projects.member": 0.6, "projects.script": 0.1, "projects.scene": 6.0, "projects.shooting_day": 1.0, "platform.event": 60.0,
    "platform.effect": 120.0, "platform.audit": 2.0,
}  # fmt: skip


class NoAssumption(ValueError):
    """A name that is none, or a value that is no number or out of its bounds."""


def changed(assumptions: Assumptions, words: Iterable[str]) -> Assumptions:
    """With some values in place of others, written as `core=0.8`; NoAssumption says which names there are."""
    new: dict[str, float] = {}
    for word in words:
        name, _, text = word.partition("=")
        try:
            value = float(text)
        except ValueError:
            raise NoAssumption(f"{word!r} is not a name and a number, such as core=0.8.") from None
        if name not in Assumptions.__struct_fields__:
            raise NoAssumption(f"{name!r} is no assumption. There are {', '.join(Assumptions.__struct_fields__)}.")
        least, most = BOUNDS.get(name, (0.0, MOST))
        if not least <= value <= most:
            raise NoAssumption(f"{word!r} is out of all proportion: {name} is a number from {least:g} to {most:g}.")
        new[name] = value
    return msgspec.structs.replace(assumptions, **new)
