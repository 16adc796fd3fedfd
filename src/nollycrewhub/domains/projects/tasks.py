"""This domain's queue jobs."""

from nollycrewhub.domains.projects import service
from nollycrewhub.domains.projects.repository.people import HOW_MANY
from nollycrewhub.domains.projects.schemas import Forgetting, Reading
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.queue import Keep, Rate, Work, task
from nollycrewhub.platform.standing import standing
from nollycrewhub.platform.storage import Storage


async def cancelled(payload: Reading, session: WriteSession) -> None:
    """Tells the script, so that it does not wait for ever."""
    await service.reading_cancelled(session, payload.script_id)


@task(
    service.QUEUE,
    payload=Reading,
    timeout=120,
    attempts=3,
    backoff=1.0,
    waits_whole=True,
    rate=Rate(100, 1.0),
    at_once=10,
    keep_failed=Keep(1000, 30),
    alarm_above=1000,
    on_cancel=cancelled,
    why="the plan's numbers; what fails three times is a fault of ours or of the file, and is kept to be looked at",
)
async def analyse(payload: Reading, work: Work) -> None:
    """Reads one script."""
    await service.read_script(work, payload.script_id)


@task("script.forget", payload=Forgetting, timeout=30, attempts=20, backoff=5.0, why="storage may be away for an hour")
async def forget(payload: Forgetting, work: Work) -> None:
    """Removes a file whose script is gone."""
    await work.ports.get(Storage).delete(payload.storage_key)


TASKS = (analyse, forget)
CRON = (standing("projects", HOW_MANY),)
