"""People of the journeys, for events they cause."""

from tests.journeys.conftest import join

__all__ = ["join"]
