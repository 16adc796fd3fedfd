"""The base of every event: what happened to one thing, in the order it happened to it.

It stands in kit because both the bridges (contracts) and the post office (platform.events) need it.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import utcnow

FIRST = 5
"""The priority of what notices and tells that something is wrong: it must not stand in the pile that it tells of."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact. `aggregate_id` and `version` say of what and in which order; a consumer refuses an older version.

    Of higher `priority` is delivered first.
    """

    name: ClassVar[str]
    priority: ClassVar[int] = 0
    aggregate_id: str
    version: int
    event_id: UUID = msgspec.field(default_factory=uuid7)
    at: datetime = msgspec.field(default_factory=utcnow)
