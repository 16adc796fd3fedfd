"""What scaling tells others: that something is wrong which more processes do not mend, and that it is over."""

from typing import ClassVar

from nollycrewhub.kit.events import Event


class IncidentOpened(Event, frozen=True, kw_only=True):
    """An operator has to look: `action` is the plan's name for it, `what` a sentence."""

    name: ClassVar[str] = "incident.opened"
    incident: int
    action: str
    what: str


class IncidentClosed(Event, frozen=True, kw_only=True):
    """It has not been seen for a while."""

    name: ClassVar[str] = "incident.closed"
    incident: int
    action: str
    what: str
