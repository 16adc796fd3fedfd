"""Looks at every queue once a minute, and says so loudly when work piles up or events arrive late: log line, figure, event."""

from typing import ClassVar

from nollycrewhub.kit.events import Event
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import log
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.metrics import BACKLOG_ALARMS, EVENT_LAG_ALARMS
from nollycrewhub.platform.queue import DeclaredTasks, Work, cron, looking
from nollycrewhub.platform.tallies import tally

LOG = log.logger("backlog")
USUAL_ALARM = 1000
LATE_SECONDS = 30.0


class QueueBacklog(Event, frozen=True, kw_only=True):
    """More jobs wait in a queue than its task finds normal."""

    name: ClassVar[str] = "queue.backlog"
    queue: str
    waiting: int
    oldest_seconds: float
    threshold: int


class EventLagging(Event, frozen=True, kw_only=True):
    """A consumer is behind what has happened by more than is normal."""

    name: ClassVar[str] = "event.lagging"
    consumer: str
    waiting: int
    oldest_seconds: float
    threshold: float


@cron("queue.watch", schedule="* * * * *", why="a pile of waiting jobs is seen within a minute, with its age")
async def watch(work: Work) -> None:
    """Alarms for each queue above its threshold (1,000 waiting unless its task says otherwise)."""
    declared = work.ports.find(DeclaredTasks)
    thresholds = {task.name: task.alarm_above for task in declared.tasks} if declared else {}
    now = utcnow()
    for state in await looking.states(work.read):
        threshold = thresholds.get(state.queue, USUAL_ALARM)
        if state.due <= threshold:
            continue
        LOG.warning("queue backlog", queue=state.queue, waiting=state.due, oldest_seconds=round(state.oldest), threshold=threshold)
        await tally(work.session, BACKLOG_ALARMS, state.queue)
        await emit(work.session, QueueBacklog(
            aggregate_id=f"queue:{state.queue}", version=int(now.timestamp()), queue=state.queue, waiting=state.due,
            oldest_seconds=state.oldest, threshold=threshold,
        ))  # fmt: skip


@cron("event.watch", schedule="* * * * *", why="an event that does not arrive is seen within a minute and a half")
async def watch_events(work: Work) -> None:
    """Alarms for each consumer with an event that has waited longer than 30 s for its effect."""
    now = utcnow()
    for behind in await looking.late(work.read, seconds=LATE_SECONDS):
        seconds = round(behind.oldest, 1)
        LOG.warning("events are late", consumer=behind.consumer, waiting=behind.waiting, oldest_seconds=seconds, threshold=LATE_SECONDS)
        await tally(work.session, EVENT_LAG_ALARMS, behind.consumer)
        await emit(work.session, EventLagging(
            aggregate_id=f"consumer:{behind.consumer}", version=int(now.timestamp()), consumer=behind.consumer,
            waiting=behind.waiting, oldest_seconds=seconds, threshold=LATE_SECONDS,
        ))  # fmt: skip
