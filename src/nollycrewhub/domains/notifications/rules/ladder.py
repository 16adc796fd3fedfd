"""The next step for one notice and one person: what to send now, what waits until when, when to look again, whom to ring."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from nollycrewhub.domains.notifications.rules.kinds import CALL, CHANNELS, Kind
from nollycrewhub.domains.notifications.rules.states import is_alive
from nollycrewhub.domains.notifications.rules.timing import DIGEST_HOUR, QUIET_FROM, QUIET_UNTIL, allowed_at, next_digest


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """What a person chose: digests of e-mail (off, daily, weekly, at an hour), quiet hours (minutes of the day in Lagos)."""

    digest: str = "off"
    digest_hour: int = DIGEST_HOUR
    quiet_from: int = QUIET_FROM
    quiet_until: int = QUIET_UNTIL


class Tried(msgspec.Struct, frozen=True):
    """One channel that was tried."""

    channel: str
    state: str
    at: datetime


class Plan(NamedTuple):
    """`send` now; `digest` is when the e-mail goes out with others; `again` is when to plan anew; `ring` by a person."""

    send: tuple[str, ...] = ()
    digest: datetime | None = None
    again: datetime | None = None
    ring: bool = False


def is_on(kind: Kind, channel: str, chosen: Mapping[str, bool]) -> bool:
    """Whether the person wants this kind by this channel."""
    return chosen.get(channel, channel in kind.usual)


def plan(kind: Kind, now: datetime, *, habits: Habits, chosen: Mapping[str, bool], reach: Sequence[str], tried: Sequence[Tried]) -> Plan:
    """What to do now for a notice that nobody has confirmed. `reach` are the channels that lead to the person at all."""
    done = {one.channel for one in tried}
    left = [channel for channel in CHANNELS if channel in reach and is_on(kind, channel, chosen) and channel not in done]
    due = None
    if habits.digest != "off" and not kind.urgent and "email" in left:
        left.remove("email")
        due = next_digest(now, habits.digest, habits.digest_hour)
    if not kind.climb:
        return at_once(kind, now, habits, left)._replace(digest=due)
    waits = [one.at + timedelta(minutes=kind.climb) for one in tried if is_alive(one.state) and one.channel != CALL]
    if waits and max(waits) > now:
        return Plan(again=max(waits))
    if not left:
        is_wanted = any(is_on(kind, channel, chosen) for channel in CHANNELS)  # whoever switched all off wants no call either
        return Plan(ring=kind.ring and CALL not in done and is_wanted)
    first = at_once(kind, now, habits, left[:1])
    return first if first.again else first._replace(again=now + timedelta(minutes=kind.climb))


def leaves_at(kind: Kind, channel: str, now: datetime, habits: Habits) -> datetime:
    """The first moment from now on at which this kind may leave by the channel. Asked twice: when a message is planned, and when it is sent."""
    passes = kind.urgent or channel in kind.at_night
    quiet = None if passes else (habits.quiet_from, habits.quiet_until)
    return allowed_at(now, channel, quiet=quiet, promotional=kind.promotional)


def at_once(kind: Kind, now: datetime, habits: Habits, channels: Sequence[str]) -> Plan:
    """Everything that may leave now, and when to look again for what may not."""
    send: list[str] = []
    later: list[datetime] = []
    for channel in channels:
        at = leaves_at(kind, channel, now, habits)
        if at <= now:
            send.append(channel)
        else:
            later.append(at)
    return Plan(send=tuple(send), again=min(later, default=None))
