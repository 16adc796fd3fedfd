"""Props of the console's pages."""

from datetime import datetime

import msgspec

from nollycrewhub.platform.edge import Lately
from nollycrewhub.platform.queue.looking import QueueState
from nollycrewhub.scaling.calendar import Calendar
from nollycrewhub.scaling.console.repository import Past
from nollycrewhub.scaling.repository import Incident
from nollycrewhub.scaling.rules.calendar import Busy, Span
from nollycrewhub.scaling.rules.figuring import Figures
from nollycrewhub.scaling.rules.plotting import Plot
from nollycrewhub.scaling.rules.traffic import Traffic
from nollycrewhub.scaling.rules.watching import Check, Tone, Trigger
from nollycrewhub.scaling.schemas import ServersPage
from nollycrewhub.scaling.status import Status, Told


class Row(msgspec.Struct, frozen=True):
    """A line of the table beside the plots: the time it begins, and its figures."""

    at: datetime
    told: Past


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in the last so many hours, as plots and as a table."""

    hours: int
    plots: tuple[Plot, ...]
    rows: tuple[Row, ...]


class ConsolePage(msgspec.Struct, kw_only=True):
    """Props of /ops/scaling. `seen` is the newest look's while somebody scales, else what the processes report at this moment.

    `wishes` is what the newest look alone wished for, `failed` counts jobs that were given up, `coming` is the
    next event that begins.
    """

    status: Status
    seen: Figures
    tone: Tone
    checks: tuple[Check, ...]
    triggers: tuple[Trigger, ...]
    busy: Busy
    calendar: Calendar
    coming: Span | None
    confirmed: bool
    wishes: tuple[int, int] | None
    history: History
    decisions: list[Told]
    servers: ServersPage
    queues: list[QueueState]
    failed: int


class TrafficPage(msgspec.Struct, kw_only=True):
    """Props of /ops/scaling/traffic: the mean of the last `minutes`, from so many looks; `seen` is of this moment.

    `edge` is what an edge in front answered itself in the last hour; `has_edge` whether there is one that can be asked.
    """

    traffic: Traffic
    minutes: int
    looks: int
    seen: Figures
    failed: int
    edge: Lately
    has_edge: bool


class HistoryPage(msgspec.Struct, kw_only=True):
    """Props of /ops/scaling/history. `next` is the number to read older decisions before."""

    history: History
    spans: tuple[int, ...]
    decisions: list[Told]
    incidents: list[Incident]
    changes: bool
    next: int | None
