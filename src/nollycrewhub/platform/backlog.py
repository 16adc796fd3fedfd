"""Looks at every queue once a minute, and says so loudly when work piles up or events arrive late: log line, figure, event.

Since when each is in trouble is a row, so that the end of it is told too, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from nollycrewhub.kit.events import FIRST, Event
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import log
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.metrics import BACKLOG_ALARMS, EVENT_LAG_ALARMS
from nollycrewhub.platform.queue import DeclaredTasks, Task, Work, cron, looking
from nollycrewhub.platform.queue.looking import QueueState
from nollycrewhub.platform.tallies import tally

LOG = log.logger("backlog")
USUAL_ALARM = 1000
USUAL_AGE = 3600.0
EVENTS = "event:"
LATE_SECONDS = 30.0
QUEUES, CONSUMERS = "queue.backlog", "event.lagging"
MARK = """
insert into platform.alarm (name, key) select $1, key from unnest($2::text[]) as given(key) order by key
on conflict (name, key) do update set name = excluded.name returning key, since
"""
OVER = "delete from platform.alarm where name = $1 and key <> all ($2::text[]) returning key, since"


class QueueBacklog(Event, frozen=True, kw_only=True):
    """More jobs wait in a queue than its task finds normal, or one has been due for longer; those between two tries wait too."""

    name: ClassVar[str] = "queue.backlog"
    priority: ClassVar[int] = FIRST
    queue: str
    waiting: int
    oldest_seconds: float
    threshold: int
    since: datetime | None = None
    longest_seconds: float = USUAL_AGE


class QueueRelieved(Event, frozen=True, kw_only=True):
    """No more jobs wait in it than is normal."""

    name: ClassVar[str] = "queue.relieved"
    priority: ClassVar[int] = FIRST
    queue: str
    since: datetime


class EventLagging(Event, frozen=True, kw_only=True):
    """A consumer is behind what has happened by more than is normal."""

    name: ClassVar[str] = "event.lagging"
    priority: ClassVar[int] = FIRST
    consumer: str
    waiting: int
    oldest_seconds: float
    threshold: float
    since: datetime | None = None


class EventRecovered(Event, frozen=True, kw_only=True):
    """The consumer keeps up again."""

    name: ClassVar[str] = "event.recovered"
    priority: ClassVar[int] = FIRST
    consumer: str
    since: datetime


async def mark(session: WriteSession, name: str, keys: Sequence[str]) -> dict[str, datetime]:
    """Notes what is in trouble now; since when each is."""
    return {row[0]: row[1] for row in await session.sql(MARK, name, list(keys))} if keys else {}


async def over(session: WriteSession, name: str, keys: Sequence[str]) -> list[tuple[str, datetime]]:
    """What was in trouble and is not among `keys` now, and since when it was; forgets it."""
    return [(row[0], row[1]) for row in await session.sql(OVER, name, list(keys))]


@dataclass(frozen=True)
class Pile:
    """What waits in a queue, with the bounds of what is normal: how many, and for how many seconds."""

    queue: str
    waiting: int
    oldest: float
    most: int
    longest: float

    @property
    def is_alarming(self) -> bool:
        """Whether either is past its bound. Of an event that is late its own alarm tells, and far sooner."""
        return self.waiting > self.most or (self.oldest > self.longest and not self.queue.startswith(EVENTS))


def pile_of(state: QueueState, task: Task | None) -> Pile:
    """A queue as the alarm sees it: what is due, and what was and pauses after a failure."""
    most, longest = (task.alarm_above, task.alarm_after) if task else (USUAL_ALARM, USUAL_AGE)
    return Pile(state.queue, state.due + state.retrying, state.late, most, longest)


@cron("queue.watch", schedule="* * * * *", why="a pile of waiting jobs is seen within a minute, with its age")
async def watch(work: Work) -> None:
    """Alarms for each queue past its bounds (1,000 waiting, an hour, unless its task says otherwise), and says when one is not any more."""
    declared = work.ports.find(DeclaredTasks)
    tasks = {task.name: task for task in declared.tasks} if declared else {}
    now = utcnow()
    piled = [pile for state in await looking.states(work.read) if (pile := pile_of(state, tasks.get(state.queue))).is_alarming]
    queues = [pile.queue for pile in piled]
    since = await mark(work.session, QUEUES, queues)
    for pile in piled:
        LOG.warning(
            "queue backlog", queue=pile.queue, waiting=pile.waiting, oldest_seconds=round(pile.oldest), threshold=pile.most,
            longest_seconds=pile.longest,
        )  # fmt: skip
        await tally(work.session, BACKLOG_ALARMS, pile.queue)
        await emit(work.session, QueueBacklog(
            aggregate_id=f"queue:{pile.queue}", version=int(now.timestamp()), queue=pile.queue, waiting=pile.waiting,
            oldest_seconds=pile.oldest, threshold=pile.most, since=since[pile.queue], longest_seconds=pile.longest,
        ))  # fmt: skip
    for queue, began in await over(work.session, QUEUES, queues):
        LOG.info("the backlog is over", queue=queue, since=began.isoformat())
        await emit(
            work.session, QueueRelieved(aggregate_id=f"queue:{queue}", version=int(now.timestamp()), queue=queue, since=began)
        )  # fmt: skip


@cron("event.watch", schedule="* * * * *", why="an event that does not arrive is seen within a minute and a half")
async def watch_events(work: Work) -> None:
    """Alarms for each consumer with an event that has waited longer than 30 s for its effect, and says when it keeps up again."""
    now = utcnow()
    late = await looking.late(work.read, seconds=LATE_SECONDS)
    consumers = [behind.consumer for behind in late]
    since = await mark(work.session, CONSUMERS, consumers)
    for behind in late:
        seconds = round(behind.oldest, 1)
        LOG.warning("events are late", consumer=behind.consumer, waiting=behind.waiting, oldest_seconds=seconds, threshold=LATE_SECONDS)
        await tally(work.session, EVENT_LAG_ALARMS, behind.consumer)
        await emit(work.session, EventLagging(
            aggregate_id=f"consumer:{behind.consumer}", version=int(now.timestamp()), consumer=behind.consumer,
            waiting=behind.waiting, oldest_seconds=seconds, threshold=LATE_SECONDS, since=since[behind.consumer],
        ))  # fmt: skip
    for consumer, began in await over(work.session, CONSUMERS, consumers):
        LOG.info("events arrive in time again", consumer=consumer, since=began.isoformat())
        await emit(work.session, EventRecovered(
            aggregate_id=f"consumer:{consumer}", version=int(now.timestamp()), consumer=consumer, since=began,
        ))  # fmt: skip
