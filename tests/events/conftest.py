"""People of the journeys, for events they cause; and servers and workers to kill."""

from tests.journeys.conftest import join
from tests.queueing.conftest import field, own_stack

__all__ = ["field", "join", "own_stack"]
