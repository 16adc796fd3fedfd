"""Time: UTC inside, Lagos on the page."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

LAGOS = ZoneInfo("Africa/Lagos")


def utcnow() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)
