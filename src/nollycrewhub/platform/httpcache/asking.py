"""Asks the edge's provider once a minute what the edge has answered, for its hits never reach the program.

Each span is counted once: its row and the fleet's counters are stored in one transaction. A provider that does not tell is
asked for the same span again the next minute, and costs nothing but that the figures age.
"""

from datetime import datetime, timedelta
from typing import Protocol

from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import edge, log
from nollycrewhub.platform.edge import Counted
from nollycrewhub.platform.httpcache.cdn import CountsUnknown
from nollycrewhub.platform.metrics import EDGE
from nollycrewhub.platform.queue import Work, cron
from nollycrewhub.platform.tallies import tally

LOG = log.logger("edge")
LAG = timedelta(minutes=3)  # a provider counts an answer within a minute or two of it
FIRST = timedelta(minutes=5)  # what is asked for when nothing is known yet
WIDEST = timedelta(hours=23)  # Cloudflare's smallest plan tells of a day at once


class Edge(Protocol):
    """Whoever can say what the edge answered: the caches of this process."""

    async def counted(self, since: datetime, until: datetime) -> Counted | None:
        """What it answered from `since` to before `until`; None where there is no edge. Raises CountsUnknown."""


def span(known: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """What to ask for: whole minutes from where the last answer ended, as far back as a provider tells."""
    until = (now - LAG).replace(second=0, microsecond=0)
    return max(known or until - FIRST, until - WIDEST), until


@cron("edge.count", schedule="* * * * *", why="what the edge answers itself reaches no process; its provider counts it", timeout=30)
async def count(work: Work) -> None:
    """Stores what the edge answered since the last time; where there is no edge, nothing."""
    asked = work.ports.find(Edge)
    if asked is None:
        return
    since, until = span(await edge.last(work.read), utcnow())
    if since >= until:
        return
    try:
        counted = await asked.counted(since, until)
    except CountsUnknown as error:
        if await edge.begin_unknown(work.session):
            LOG.warning("the edge's provider does not tell what it answered", error=str(error), known_until=since.isoformat())
        return
    if counted is None or not await edge.store(work.session, since, until, counted):
        return
    for result, answers in (("hit", counted.hits), ("miss", counted.misses), ("passed", counted.passed)):
        await tally(work.session, EDGE, result, times=answers)
    if (began := await edge.end_unknown(work.session)) is not None:
        LOG.info("the edge's provider tells again what it answered", since=began.isoformat())
