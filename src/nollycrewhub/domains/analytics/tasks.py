"""This domain's schedules."""

from nollycrewhub.domains.analytics import service
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.queue import Work, cron


@cron("analytics.count-messages", schedule="* * * * *", why="messages are too many to be counted one by one; a minute's are one read")
async def count_messages(work: Work) -> None:
    """Counts those of the minutes since the last time."""
    await service.count_messages(work.session, now=utcnow())


CRON = (count_messages,)
