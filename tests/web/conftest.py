"""People at the front door, as in the journeys."""

from tests.journeys.conftest import join

__all__ = ["join"]
