"""/api/analytics: parse, call one service function, answer."""

from datetime import date

from litestar import get

from nollycrewhub.domains.analytics import service
from nollycrewhub.domains.analytics.schemas import Daily
from nollycrewhub.platform.db import ReadSession


@get("/api/analytics/daily", access="operator", summary="Counts a day")
async def daily(read: ReadSession, since: date | None = None, until: date | None = None) -> Daily:
    """Lagos days, both included, the last thirty unless told; every event before `true_at` is counted."""
    return await service.daily(read, since=since, until=until)


ENDPOINTS = (daily,)
