"""What the platform may ask of analytics."""

from nollycrewhub.domains.analytics import service
from nollycrewhub.platform.db import ReadSession


class LocalDailyFacts:
    """Answers from our own table."""

    async def today(self, read: ReadSession) -> dict[str, int]:
        """How often each fact has happened since midnight in Lagos."""
        return await service.today(read)
