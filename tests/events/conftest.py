"""People of the journeys, for events they cause; servers and workers to kill, and the program on them."""

from collections.abc import AsyncIterator

import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.services import monolith
from tests.journeys.conftest import join
from tests.queueing.conftest import Field, field, own_stack
from tests.servers import settings_on

EMPTIED = """
truncate platform.event, platform.effect, platform.event_lag, platform.mailbox, analytics.daily, jobs.job, jobs.suggested, jobs.suggestion,
    jobs.saved_search, jobs.search_match, notifications.notice, notifications.spend, notifications.blocked_address, users.person cascade
"""
__all__ = ["field", "join", "own_stack"]


@pytest.fixture
async def town(field: Field) -> AsyncIterator[Process]:  # noqa: F811 - the fixture above
    """The program on servers that are killed here, with empty tables."""
    process = monolith.create_app(settings_on(field.stack.addresses(), instance_id="town"))
    await field.sql(EMPTIED)
    field.program = "tests.events.consumers"
    await process.runtime.start()
    yield process
    await process.runtime.stop()
