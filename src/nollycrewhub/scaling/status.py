"""What `scale status` and the console tell: the newest look with all figures, the newest decisions, and what is wrong."""

from datetime import datetime

import msgspec

from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.scaling import repository
from nollycrewhub.scaling.repository import Incident, Looked, Stored
from nollycrewhub.scaling.rules.deciding import Sample
from nollycrewhub.scaling.rules.figuring import Figures
from nollycrewhub.scaling.rules.telling import explained

MOST_ID = 2**63 - 1  # past it there is no number in the database
SILENT = 30.0  # s without a look, after which nobody scales


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with its sentence."""

    id: int
    at: datetime
    until: datetime
    looks: int
    leader: str
    term: int
    web_before: int
    workers_before: int
    web: int
    workers: int
    actions: list[str]
    reasons: list[str]
    outcome: str
    why: str
    sample: Sample


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """`age_s` is how long ago the newest look was; None when there never was one. `change` is the newest decision that changed a number."""

    leader: str | None
    at: datetime | None
    age_s: float | None
    is_watched: bool
    sample: Sample | None
    figures: Figures | None
    decision: Told | None
    change: Told | None
    incidents: list[Incident]


def told(stored: Stored) -> Told:
    """With its sentence."""
    why = explained(
        at=stored.at, until=stored.until, looks=stored.looks, before=(stored.web_before, stored.workers_before),
        after=(stored.web, stored.workers), actions=stored.actions, reasons=stored.reasons, outcome=stored.outcome,
    )  # fmt: skip
    same = {name: getattr(stored, name) for name in Told.__struct_fields__ if name not in ("why", "sample")}
    return Told(**same, why=why, sample=stored.seen)


async def status(read: ReadSession) -> Status:
    """As it is stored now."""
    looked: list[Looked] = await repository.looks(read, limit=1)
    newest = await repository.decisions(read, limit=1)
    change = await repository.decisions(read, changes_only=True, limit=1)
    look = looked[0] if looked else None
    age = (utcnow() - look.at).total_seconds() if look else None
    return Status(
        leader=look.leader if look else None, at=look.at if look else None, age_s=None if age is None else round(max(age, 0.0), 1),
        is_watched=age is not None and age < SILENT, sample=look.seen if look else None, figures=look.known if look else None,
        decision=told(newest[0]) if newest else None, change=told(change[0]) if change else None,
        incidents=[one for one in await repository.incidents(read, limit=20) if one.closed is None],
    )  # fmt: skip


async def explanation(read: ReadSession, *, decision_id: int | None = None, at: datetime | None = None) -> Told | None:
    """One decision: of that number, or the one in force at a moment, or the newest that changed something, or else the newest."""
    if decision_id is not None:
        found = await repository.decision(read, decision_id) if abs(decision_id) <= MOST_ID else None
        return told(found) if found else None
    choices = [await repository.decisions(read, changes_only=True, limit=1)] if at is None else []
    for rows in (*choices, await repository.decisions(read, until=at, limit=1)):
        if rows:
            return told(rows[0])
    return None
