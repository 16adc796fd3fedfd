"""What scaling tells others: that something is wrong which more processes do not mend, and that it is over."""

from typing import ClassVar

from nollycrewhub.kit.events import FIRST, Event


class IncidentOpened(Event, frozen=True, kw_only=True):
    """An operator has to look: `action` is the plan's name for it, `what` a sentence."""

    name: ClassVar[str] = "incident.opened"
    priority: ClassVar[int] = FIRST
    incident: int
    action: str
    what: str


class IncidentClosed(Event, frozen=True, kw_only=True):
    """It has not been seen for a while."""

    name: ClassVar[str] = "incident.closed"
    priority: ClassVar[int] = FIRST
    incident: int
    action: str
    what: str
