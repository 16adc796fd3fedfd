"""People of the journeys, for tests of one domain at the front door."""

from tests.journeys.conftest import join

__all__ = ["join"]
