"""/ops/analytics: what happened each day, for operators."""

from datetime import date

from litestar import Response, get

from nollycrewhub.domains.analytics import service
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.web.page import page


@get("/ops/analytics", access="operator", include_in_schema=False)
async def analytics_page(read: ReadSession, since: date | None = None, until: date | None = None) -> Response[bytes]:
    """Counts by day, by state and by region."""
    return page("analytics/daily.html", await service.overview(read, since=since, until=until), title="Numbers")


PAGES = (analytics_page,)
