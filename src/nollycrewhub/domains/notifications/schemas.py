"""Payloads and page props of notices."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from nollycrewhub.contracts.users import CodeCost

Channel = Literal["push", "email", "whatsapp", "sms"]
Minutes = Annotated[int, msgspec.Meta(ge=0, lt=1440)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as a person sees it."""

    id: UUID
    kind: str
    subject: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None
    confirmed_at: datetime | None


class ToldRow(NoticeRow, frozen=True, kw_only=True):
    """A notice as the machinery needs it."""

    person_id: UUID
    event_id: UUID
    sender_id: UUID | None
    overtaken_at: datetime | None = None


class ClimbRow(ToldRow, frozen=True, kw_only=True):
    """A notice with what its next step depends on: what the person chose, and what was tried (three lists in one order)."""

    digest: str | None
    digest_hour: int | None
    quiet_from: int | None
    quiet_until: int | None
    has_browser: bool
    chosen: list[str]
    refused: list[str]
    tried_channels: list[str]
    tried_states: list[str]
    tried_at: list[datetime]


class BlockedRow(msgspec.Struct, frozen=True):
    """An address that is not tried, and why."""

    channel: str
    address_key: str
    reason: str


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of one notice, as its person and its sender may see it."""

    channel: str
    state: str
    reason: str
    parts: int
    cost_kobo: int
    tries: int
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    confirmed_at: datetime | None


class DeliveryRow(ChannelState, frozen=True, kw_only=True):
    """What became of one notice on one channel, with what only the machinery needs."""

    id: UUID
    notice_id: UUID
    person_id: UUID
    kind: str
    provider_id: str
    address_key: str
    due_at: datetime | None
    handed_at: datetime | None
    window_closed_at: datetime | None


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about one channel of a notice, before anything has become of it."""

    channel: str
    state: str
    reason: str = ""
    address_key: str = ""
    parts: int = 0
    cost_kobo: int = 0
    due_at: datetime | None = None


class SeenRow(msgspec.Struct, frozen=True):
    """What a poster's decision told somebody, and how far it got; `best` is the best state of any channel."""

    notice_id: UUID
    person_id: UUID
    kind: str
    subject: str
    created_at: datetime
    read_at: datetime | None
    confirmed_at: datetime | None
    best: str


class RingRow(msgspec.Struct, frozen=True):
    """Somebody to ring, and why: no channel reached them, or the last call did not either."""

    id: UUID
    notice_id: UUID
    person_id: UUID
    kind: str
    reason: str
    created_at: datetime
    subject: str
    sender_id: UUID | None


class CountRow(msgspec.Struct, frozen=True):
    """How many messages of a day are in one state of one channel."""

    channel: str
    state: str
    count: int
    parts: int
    kobo: int


class SpentRow(msgspec.Struct, frozen=True):
    """What the fleet's messages of a day cost, and when the cap was met."""

    day: date
    kobo: int
    alarmed_at: datetime | None


class DecidedRow(msgspec.Struct, frozen=True):
    """What became by one channel of what somebody's decision told another; no channel where it is in the app only."""

    person_id: UUID
    kind: str
    subject: str
    created_at: datetime
    seen_at: datetime | None
    channel: str | None
    state: str | None
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None


class HabitsRow(msgspec.Struct, frozen=True):
    """When a person may be disturbed, as stored."""

    digest: str
    digest_hour: int
    quiet_from: int
    quiet_until: int


class ChosenRow(msgspec.Struct, frozen=True):
    """One choice."""

    kind: str
    channel: str
    is_on: bool


class DeviceRow(msgspec.Struct, frozen=True):
    """One browser that takes pushes."""

    id: UUID
    endpoint: str
    p256dh: str
    auth: str
    label: str
    created_at: datetime


class WindowRow(msgspec.Struct, frozen=True):
    """When somebody last wrote by WhatsApp."""

    heard_at: datetime


class ShownNotice(NoticeRow, frozen=True, kw_only=True):
    """A notice with why one gets it and what became of it outside the app."""

    why: str
    channels: list[ChannelState]


class NoticeList(msgspec.Struct, kw_only=True):
    """GET /api/notifications."""

    notices: list[ShownNotice]
    unread: int
    next: str | None = None


class Unread(msgspec.Struct):
    """GET /api/notifications/unread."""

    unread: int


class NoticesPage(msgspec.Struct, kw_only=True):
    """Props of /me/notices; `kinds` are (name, label) of those one has."""

    notices: list[ShownNotice]
    unread: int
    next: str | None = None
    kind: str = ""
    kinds: list[tuple[str, str]] = []


class SeenPage(msgspec.Struct, kw_only=True):
    """Props of /me/notices/sent: who has seen what one decided."""

    rows: list[SeenRow]
    names: dict[UUID, str]
    next: str | None = None


class RingPage(msgspec.Struct, kw_only=True):
    """Props of /ops/ring."""

    rows: list[RingRow]
    names: dict[UUID, str]
    phones: dict[UUID, str]


class SampleText(msgspec.Struct):
    """What a kind says in a text message, how long that is in the SMS alphabet, and what it costs."""

    label: str
    text: str
    units: int
    parts: int
    kobo: int


class SendingPage(msgspec.Struct, kw_only=True):
    """Props of /ops/sending."""

    day: date
    counts: list[CountRow]
    spent: list[SpentRow]
    cap_kobo: int
    codes: list[CodeCost]
    codes_kobo: dict[str, int]
    """What each part of the codes may cost in a day."""
    samples: list[SampleText]


class ChoiceInput(msgspec.Struct, forbid_unknown_fields=True):
    """One kind by one channel, on or off."""

    kind: Annotated[str, msgspec.Meta(max_length=60)]
    channel: Channel
    on: bool


class SettingsInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """PUT /api/notifications/settings: times are minutes of the day in Lagos."""

    digest: Literal["off", "daily", "weekly"] = "off"
    digest_hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 8
    quiet_from: Minutes = 1260
    quiet_until: Minutes = 420
    choices: Annotated[list[ChoiceInput], msgspec.Meta(max_length=200)] = []


class KindSetting(msgspec.Struct):
    """One kind and which channels it goes by for this person."""

    kind: str
    label: str
    why: str
    urgent: bool
    channels: dict[str, bool]


class NoticeSettings(msgspec.Struct, kw_only=True):
    """GET /api/notifications/settings; `offered` are the channels that exist here, `push_key` is what a browser subscribes with."""

    digest: str
    digest_hour: int
    quiet_from: int
    quiet_until: int
    kinds: list[KindSetting]
    offered: list[str]
    push_key: str


class SettingsPage(msgspec.Struct, kw_only=True):
    """Props of /me/notices/settings; on a laptop pushes stay on the machine."""

    settings: NoticeSettings
    channels: list[tuple[str, str]]
    devices: list[DeviceRow]
    saved: bool = False
    is_laptop: bool = False


class SubscriptionInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A browser's push subscription, as PushSubscription.toJSON() has it, and a name for it."""

    endpoint: Annotated[str, msgspec.Meta(min_length=10, max_length=1000)]
    keys: dict[Annotated[str, msgspec.Meta(max_length=20)], Key]
    expirationTime: float | None = None  # noqa: N815 - the browser's name
    label: Annotated[str, msgspec.Meta(max_length=80)] = ""


class PushReport(msgspec.Struct, forbid_unknown_fields=True):
    """POST /api/notifications/pushes: a browser has shown a push, or it was tapped there; the token came in it."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern="^[A-Za-z0-9_-]+$")]
    state: Literal["delivered", "opened"]


class StopPage(msgspec.Struct):
    """Props of the page behind a stop link."""

    token: str
    label: str
    channel: str
    done: bool = False


class SeenLinkPage(msgspec.Struct):
    """Props of the page behind the link in a text message; `stops` are channels with the token that ends this kind there."""

    token: str
    subject: str
    body: str
    is_seen: bool
    stops: list[tuple[str, str]]


class Climb(msgspec.Struct, frozen=True):
    """
    A job: the next step for a notice. `by_mail` and `stop` (an address) are the saved search's own; `turn` counts the steps.

    What `repeats` stays in the app: the same was told outside it as often as a day allows.
    """

    notice_id: UUID
    by_mail: bool = True
    stop: str = ""
    turn: int = 0
    repeats: bool = False


class Carry(msgspec.Struct, frozen=True):
    """A job: hands one message to its carrier."""

    delivery_id: UUID
    stop: str = ""


class Gather(msgspec.Struct, frozen=True):
    """A job: one person's digest."""

    person_id: UUID
    at: datetime


class AlertRow(msgspec.Struct, frozen=True):
    """One case of trouble: what it is, and when operators were told of it."""

    id: UUID
    ref: str
    subject: str
    title: str
    what: str
    runbook: str
    raised_at: datetime
    cleared_at: datetime | None
    told_at: datetime | None


class NewAlertDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be sent, or why not."""

    stage: str
    channel: str
    address_key: str
    person_id: UUID | None
    state: str = "queued"
    reason: str = ""
    cost_kobo: int = 0


class AlertDeliveryRow(NewAlertDelivery, frozen=True, kw_only=True):
    """What became of one message about a case. `handed_at` as with notices."""

    id: UUID
    alert_id: UUID
    created_at: datetime
    handed_at: datetime | None
    sent_at: datetime | None


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its messages, as operators read it."""

    case: AlertRow
    messages: list[AlertDeliveryRow]
    is_trial: bool = False


class AlertsPage(msgspec.Struct, kw_only=True):
    """Props of /ops/alerts. `places` are a channel and whom it reaches, by the settings of the process that answers."""

    places: list[tuple[str, str]]
    lines: list[AlertLine]
    quiet_minutes: int
    confirmed: bool


class TellAlert(msgspec.Struct, frozen=True):
    """A job: the quiet period of a repeated alert is over."""

    alert_id: UUID


class Ring(msgspec.Struct, frozen=True):
    """A job: hands one message about a case to its carrier."""

    delivery_id: UUID
