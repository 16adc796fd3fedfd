"""What people choose: kinds by channel, digests, quiet hours, browsers; and the link that ends a kind of message in one tap."""

from datetime import timedelta
from uuid import UUID

from nollycrewhub.domains.notifications.errors import BadSubscription
from nollycrewhub.domains.notifications.repository import habits
from nollycrewhub.domains.notifications.rules import CHANNELS, KINDS, Habits
from nollycrewhub.domains.notifications.rules.kinds import CHANNEL_NAMES
from nollycrewhub.domains.notifications.rules.ladder import is_on
from nollycrewhub.domains.notifications.schemas import (
    ChosenRow,
    DeviceRow,
    Gather,
    HabitsRow,
    KindSetting,
    NoticeSettings,
    SettingsInput,
    SubscriptionInput,
)
from nollycrewhub.domains.notifications.service.links import EVERY, stop_of
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.text import clean
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told, what
from nollycrewhub.platform.carriers import Carriers, Subscription
from nollycrewhub.platform.carriers.push import is_usable
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.queue import enqueue
from nollycrewhub.platform.settings import Settings

MOST_DEVICES = 10
LONGEST_WAIT = timedelta(days=8)  # no digest is farther away


async def settings_of(read: ReadSession, carriers: Carriers, person_id: UUID) -> NoticeSettings:
    """Everything one can choose, as it is now."""
    row = await habits.habits(read, person_id) or HabitsRow(**{name: getattr(Habits(), name) for name in Habits.__struct_fields__})
    chosen: dict[str, dict[str, bool]] = {}
    for one in await habits.chosen(read, person_id):
        chosen.setdefault(one.kind, {})[one.channel] = one.is_on
    offered = [channel for channel in CHANNELS if channel in carriers.offered]
    kinds = [
        KindSetting(
            kind.name, kind.label, kind.why, kind.urgent, {channel: is_on(kind, channel, chosen.get(kind.name, {})) for channel in offered}
        )
        for kind in KINDS.values()
    ]
    return NoticeSettings(
        digest=row.digest, digest_hour=row.digest_hour, quiet_from=row.quiet_from, quiet_until=row.quiet_until, kinds=kinds,
        offered=list(offered), push_key=carriers.push.public_key if carriers.push else "",
    )  # fmt: skip


async def set_settings(session: WriteSession, person_id: UUID, given: SettingsInput) -> None:
    """Stores them; a kind that does not exist is refused."""
    unknown = next((one.kind for one in given.choices if one.kind not in KINDS), None)
    if unknown is not None:
        raise Invalid("There is no such kind of notice.", field="choices")
    former = await habits.set_habits(session, person_id, HabitsRow(given.digest, given.digest_hour, given.quiet_from, given.quiet_until))
    if given.digest == "off" and former not in (None, "off"):  # what waits for its day goes out as the last one
        await enqueue(session, "notice.digest", Gather(person_id, utcnow() + LONGEST_WAIT))
    wanted = {(one.kind, one.channel): one.on for one in given.choices}
    await habits.choose(session, person_id, [ChosenRow(kind, channel, on) for (kind, channel), on in wanted.items()])


async def add_device(session: WriteSession, settings: Settings, person_id: UUID, given: SubscriptionInput) -> None:
    """Stores a browser that wants pushes; BadSubscription for what no push service of the settings would have given out."""
    subscription = Subscription(endpoint=given.endpoint, p256dh=given.keys.get("p256dh", ""), auth=given.keys.get("auth", ""))
    hosts = tuple(filter(None, (host.strip() for host in settings.push_hosts.split(","))))
    if not is_usable(subscription, hosts, is_local=not settings.is_production):
        raise BadSubscription(told("This browser's push service is not one we know, or its keys are broken."), field="endpoint")
    try:
        label = clean(given.label)
    except ValueError as error:
        raise Invalid(what(error), field="label") from error
    new = DeviceRow(uuid7(), subscription.endpoint, subscription.p256dh, subscription.auth, label or "A browser", utcnow())
    await habits.add_device(session, person_id, new, most=MOST_DEVICES)


async def drop_device(session: WriteSession, person_id: UUID, *, device_id: UUID | None = None, endpoint: str = "") -> bool:
    """Forgets one's own browser; whether it was there."""
    return await habits.drop_device(session, person_id, device_id=device_id, endpoint=endpoint)


async def devices(read: ReadSession, person_id: UUID) -> list[DeviceRow]:
    """One's own browsers."""
    return await habits.devices(read, person_id)


def stopping(settings: Settings, token: str) -> tuple[str, str]:
    """What a stop link ends, in words, and on which channel; NoSuchLink."""
    _, kind, channel = stop_of(settings, token)
    return told("All notices") if kind == EVERY else KINDS[kind].label, CHANNEL_NAMES[channel]


async def stop(session: WriteSession, settings: Settings, token: str) -> tuple[str, str]:
    """Ends it: who holds the message holds the right, signed in or not. Notices in the app go on."""
    person_id, kind, channel = stop_of(settings, token)
    kinds = list(KINDS) if kind == EVERY else [kind]
    await habits.choose(session, person_id, [ChosenRow(one, channel, is_on=False) for one in kinds])
    return stopping(settings, token)
