"""What an operator may do about a job: each leaves a line in the audit trail, in the same transaction."""

from uuid import UUID

import msgspec
import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.platform import audit
from nollycrewhub.platform.db import ReadSession, ServerState, WriteSession
from nollycrewhub.platform.queue import CancelHooks, looking
from nollycrewhub.platform.reporting import reports
from nollycrewhub.scaling.errors import NothingToCancel, NothingToRetry
from nollycrewhub.scaling.schemas import QueuesPage, ServersPage

PAGE = 50
EVENTS = "event:%"


async def queues(read: ReadSession, *, status: str, queue: str, before: int | None, confirmed: bool) -> QueuesPage:
    """All queues, a page of jobs, and the deliveries of events that were given up."""
    found = await looking.jobs(read, status, queue=queue, before=before, limit=PAGE + 1)
    return QueuesPage(
        queues=await looking.states(read), jobs=found[:PAGE], total=await looking.count(read, status, queue=queue), before=before,
        status=status, queue=queue, next=found[PAGE - 1].id if len(found) > PAGE else None,
        dead=await looking.jobs(read, "failed", queue=EVENTS, limit=PAGE),
        dead_total=await looking.count(read, "failed", queue=EVENTS), confirmed=confirmed,
    )  # fmt: skip


def servers(states: list[ServerState], *, instance: str, primary_for: int) -> ServersPage:
    """The servers with their shares of this process's reads."""
    return ServersPage(servers=states, instance=instance, reads=sum(state.reads for state in states), primary_for=primary_for)


async def fleet_servers(states: list[ServerState], client: "valkey.Redis", *, instance: str, primary_for: int) -> ServersPage:
    """The servers with their shares of all processes' reads, as these have reported them; of this one's while nobody can tell."""
    try:
        told = [report.reads for report in await reports(client) if report.reads]
    except (RedisError, OSError, TimeoutError):
        told = []
    if not told:
        return servers(states, instance=instance, primary_for=primary_for)
    summed = [msgspec.structs.replace(state, reads=sum(reads.get(state.name, 0) for reads in told)) for state in states]
    return msgspec.structs.replace(servers(summed, instance=instance, primary_for=primary_for), processes=len(told))


async def retry(session: WriteSession, operator: UUID | None, job_id: int) -> None:
    """Lets a failed job run again."""
    if not await looking.retry(session, job_id):
        raise NothingToRetry("That job is not among the failed ones any more, or the same work already waits.")
    await audit.record(session, operator, "job.retry", subject=f"job:{job_id}")


async def retry_all(session: WriteSession, operator: UUID | None, queue: str) -> int:
    """Lets all failed jobs of a queue or pattern run again; how many."""
    count = await looking.retry_all(session, queue)
    await audit.record(session, operator, "job.retry-all", subject=f"queue:{queue}", detail={"jobs": count})
    return count


async def cancel(session: WriteSession, operator: UUID | None, job_id: int, hooks: CancelHooks) -> str:
    """Takes a waiting or failed job away and tells its task, or ends a running one; `cancelled` or `asked`."""
    became = await looking.cancel(session, job_id, hooks=hooks)
    if became == "gone":
        raise NothingToCancel("That job has finished, or was cancelled already.")
    await audit.record(session, operator, "job.cancel", subject=f"job:{job_id}", detail={"became": became})
    return became
