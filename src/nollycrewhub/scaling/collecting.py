"""Gathers one look at the fleet: what its processes report, what waits in the queues. Decides nothing."""

from collections.abc import Mapping

import msgspec
import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.kit.report import Report
from nollycrewhub.platform import log
from nollycrewhub.platform.queue.looking import QueueState
from nollycrewhub.platform.reporting import active_people, reports
from nollycrewhub.scaling.rules.figuring import Figures, OneQueue, figures, kept, with_queues

EVENTS = "event:"
NEAR_ITS_RATE = 0.9
LOG = log.logger("scaling")


class Collector:
    """Keeps each process's last reports, and tells what they come to. `rates` are the queues' own bounds, jobs a minute."""

    def __init__(self, client: "valkey.Redis", *, span: float, rates: Mapping[str, float] | None = None) -> None:
        self.client = client
        self.span = span
        self.rates = rates or {}
        self.histories: dict[str, tuple[Report, ...]] = {}

    async def look(self, queues: list[QueueState] | None) -> Figures:
        """What is known now. Without the cache's Valkey nothing is of the processes, without `queues` nothing of what waits."""
        try:
            told, people = await reports(self.client), await active_people(self.client)
        except (RedisError, OSError, TimeoutError) as error:
            LOG.warning("no reports can be read", error=type(error).__name__)
            self.histories = {}
            seen = Figures()
        else:
            self.histories = kept(self.histories, told, span=self.span)
            seen = msgspec.structs.replace(figures(self.histories), active_people=people)
        return seen if queues is None else with_queues(seen, [self.queue(one) for one in queues], late(queues))

    def queue(self, state: QueueState) -> OneQueue:
        """One queue, and whether its own rate holds it back."""
        most = self.rates.get(state.queue, 0.0)
        return OneQueue(
            queue=state.queue, due=state.due, running=state.running, failed=state.failed, oldest_s=round(state.oldest, 2),
            is_bounded=most > 0 and state.done_rate + state.failed_rate >= NEAR_ITS_RATE * most,
        )  # fmt: skip


def late(queues: list[QueueState]) -> float:
    """How long the oldest event has waited for one of its consumers, in seconds."""
    return max((round(one.oldest, 2) for one in queues if one.queue.startswith(EVENTS)), default=0.0)
