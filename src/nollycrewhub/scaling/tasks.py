"""Incidents are told to everybody who listens, by a job that is stored with the incident."""

import msgspec

from nollycrewhub.contracts.scaling import IncidentClosed, IncidentOpened
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.queue import Work, task
from nollycrewhub.scaling import repository


class TellIncident(msgspec.Struct, frozen=True):
    """Which one."""

    id: int


@task(
    "incident.tell", payload=TellIncident, timeout=20, attempts=30, backoff=2.0,
    why="operators must hear of an incident even after a server's bad hour",
)  # fmt: skip
async def tell_incident(payload: TellIncident, work: Work) -> None:
    """Tells that it is open, or over, whichever it is by now."""
    found = await repository.incident(work.read, payload.id)
    if found is None:
        return
    kind, version = (IncidentOpened, 1) if found.closed is None else (IncidentClosed, 2)
    await emit(
        work.session,
        kind(aggregate_id=f"incident:{found.id}", version=version, incident=found.id, action=found.action, what=found.what),
    )
    publish(work.session, "ops", kind.name, {"id": found.id})


TASKS = (tell_incident,)
