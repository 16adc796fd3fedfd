"""The queue jobs of notices. Each channel has its own, so one provider's backlog is not another's."""

from collections.abc import Sequence
from dataclasses import replace

from nollycrewhub.domains.notifications import service
from nollycrewhub.domains.notifications.repository import deliveries
from nollycrewhub.domains.notifications.schemas import Carry, Climb, Gather, Ring, TellAlert
from nollycrewhub.kit.events import FIRST
from nollycrewhub.platform.queue import Rate, Task, Work, cron, task

MOST_BITES = 40


@task(
    "notice.climb",
    payload=Climb,
    timeout=20,
    attempts=60,
    backoff=2.0,
    at_once=20,
    why="the database may have a bad hour; a step may run twice",
)
async def climb(payload: Climb, work: Work) -> None:
    """The next step for one notice."""
    await service.climb(work, [payload])


async def climb_all(payloads: Sequence[Climb], work: Work) -> None:
    """The next steps for several."""
    await service.climb(work, payloads)


def carrying(channel: str, *, at_once: int, most: int, why: str) -> Task:
    """The task that hands one channel's messages over; failures of the provider make a new job and are not raised."""

    @task(f"notice.{channel}", payload=Carry, timeout=30, attempts=20, backoff=5.0, at_once=at_once, rate=Rate(most, 1.0), why=why)
    async def run(payload: Carry, work: Work) -> None:
        await service.carry(work, payload)

    return run


@task("notice.digest", payload=Gather, timeout=30, attempts=60, backoff=5.0, rate=Rate(50, 1.0), why="mail servers have bad hours")
async def digest(payload: Gather, work: Work) -> None:
    """One person's digest."""
    await service.gather(work, payload)


@task("alert.tell", payload=TellAlert, timeout=20, attempts=60, backoff=2.0, priority=FIRST, why="the database may have a bad hour")
async def tell_alert(payload: TellAlert, work: Work) -> None:
    """The end of a repeated alert's quiet period."""
    await service.tell_later(work, payload)


def ringing(channel: str, *, why: str) -> Task:
    """The task that tells operators by one channel; after some hours without a yes the job is held among the dead letters."""

    @task(
        f"alert.{channel}", payload=Ring, timeout=30, attempts=30, backoff=5.0, longest_pause=1800.0, priority=FIRST, why=why
    )  # fmt: skip
    async def run(payload: Ring, work: Work) -> None:
        await service.ring(work, payload)

    return run


@cron("notice.prune", schedule="41 3 * * *", why="what became of messages is of use for a year, and a row a message is many")
async def prune(work: Work) -> None:
    """Some bites a day; what is left waits for tomorrow."""
    for _ in range(MOST_BITES):
        if not await deliveries.prune(work.session):
            return


TASKS = (
    replace(climb, run_all=climb_all),
    carrying("push", at_once=20, most=100, why="push services ask to be asked again later"),
    carrying("email", at_once=20, most=100, why="mail servers have bad hours and count what they are sent"),
    carrying("whatsapp", at_once=10, most=40, why="the Cloud API takes some 80 a second and number"),
    carrying("sms", at_once=10, most=20, why="the gateway queues more than that anyway"),
    digest,
    tell_alert,
    ringing("email", why="mail servers have bad hours, often the same as ours"),
    ringing("sms", why="the gateway may be away for an hour"),
    ringing("webhook", why="whoever keeps the webhook deploys it too, and may have set a wrong secret"),
)


@cron("alert.heartbeat", schedule="* * * * *", why="whoever waits for it hears of us when no worker can tell anybody anything", timeout=30)
async def heartbeat(work: Work) -> None:
    """Says to the outside that alerts would leave."""
    await service.beat(work)


CRON = (prune, heartbeat)
