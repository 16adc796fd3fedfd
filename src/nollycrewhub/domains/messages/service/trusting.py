"""How much an account may do here, by what it has shown so far."""

import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from nollycrewhub.contracts.users import People, Standing
from nollycrewhub.domains.messages.repository import writing
from nollycrewhub.domains.messages.repository.writing import Record
from nollycrewhub.domains.messages.rules.limits import REFUSED_COUNTS_FOR, UNCONFIRMED, Level, level_of
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter

KNOWN_FOR = 60.0  # seconds
MOST_KNOWN = 10_000


@dataclass(frozen=True)
class Desk:
    """What a use case of writing needs beside its transaction: fresh reads, other domains, and the counters of rates."""

    read: ReadSession
    ports: Ports
    limiter: Limiter


class Lately:
    """The standings of those who wrote within the last minute, so that a talk does not ask for them with every message.

    Only of accounts that are confirmed: since when they exist stays as it is, and whoever confirms an address is not held up.
    """

    def __init__(self) -> None:
        self.found: dict[UUID, tuple[float, Standing]] = {}

    def of(self, person_id: UUID) -> Standing | None:
        """What was noted, if that was a moment ago."""
        noted, standing = self.found.get(person_id, (0.0, None))
        return standing if time.monotonic() < noted + KNOWN_FOR else None

    def note(self, person_id: UUID, standing: Standing | None) -> None:
        """Keeps what was found; all is forgotten when it is too much."""
        if standing is None or not standing.confirmed:
            return
        if len(self.found) >= MOST_KNOWN:
            self.found.clear()
        self.found[person_id] = (time.monotonic(), standing)


LATELY = Lately()


def level(standing: Standing | None, record: Record) -> Level:
    """What an account of this standing may do."""
    if standing is None:
        return UNCONFIRMED
    age: timedelta = utcnow() - standing.since
    return level_of(age=age, is_confirmed=standing.confirmed, accepted=record.accepted, upheld=record.upheld)


async def standing_of(person_id: UUID, desk: Desk) -> Standing | None:
    """As the domain of people tells it."""
    people = desk.ports.find(People)
    found = await people.standing(desk.read, person_id) if people is not None else None
    LATELY.note(person_id, found)
    return found


async def trust(session: WriteSession, person_id: UUID, desk: Desk) -> tuple[Level, int]:
    """How much this account may do, and how many of its first messages wait for an answer; its others are held off meanwhile."""
    standing = await standing_of(person_id, desk)
    record = await writing.record(session, person_id, refused_for=REFUSED_COUNTS_FOR)
    return level(standing, record), record.waiting


async def check_rate(person_id: UUID, desk: Desk, record: Record) -> None:
    """So many messages a minute, by trust. The counter being away stops nobody: each process then counts for itself."""
    standing = LATELY.of(person_id) or await standing_of(person_id, desk)
    await desk.limiter.check(f"messages:{person_id}", limit=level(standing, record).a_minute, per=60, needed=False)
