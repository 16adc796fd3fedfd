"""When a message may leave: quiet hours, the ban on promotional SMS at night, and the hour of a digest. All in Lagos time."""

from datetime import datetime, timedelta

from nollycrewhub.kit.time import LAGOS

QUIET_FROM, QUIET_UNTIL = 21 * 60, 7 * 60
PROMOTION_FROM, PROMOTION_UNTIL = 20 * 60, 8 * 60
"""The NCC bars promotional SMS from 20:00 to 08:00."""
DIGEST_HOUR = 8
MONDAY = 0


def minute_of_day(moment: datetime) -> int:
    """Minutes since midnight in Lagos."""
    local = moment.astimezone(LAGOS)
    return local.hour * 60 + local.minute


def is_within(minute: int, start: int, end: int) -> bool:
    """Whether the minute is in the span, which may pass midnight; a span that ends where it starts is empty."""
    return start <= minute < end if start <= end else minute >= start or minute < end


def end_of(moment: datetime, start: int, end: int) -> datetime:
    """When the span around the moment ends; the moment itself when it is outside."""
    if not is_within(minute_of_day(moment), start, end):
        return moment
    local = moment.astimezone(LAGOS)
    ended = local.replace(hour=end // 60, minute=end % 60, second=0, microsecond=0)
    return ended if ended > local else ended + timedelta(days=1)


def allowed_at(moment: datetime, channel: str, *, quiet: tuple[int, int] | None, promotional: bool) -> datetime:
    """The first moment from this one on at which the channel may be used; `quiet` is None for what passes quiet hours.

    Where quiet hours and the ban leave no minute of the day between them, the ban holds.
    """
    if channel != "sms" or not promotional:
        return end_of(moment, *quiet) if quiet else moment
    at = end_of(moment, PROMOTION_FROM, PROMOTION_UNTIL)
    later = end_of(at, *quiet) if quiet else at
    return end_of(later, PROMOTION_FROM, PROMOTION_UNTIL)


def next_digest(moment: datetime, digest: str, hour: int) -> datetime:
    """The next digest after the moment: daily, or on Mondays, at the hour."""
    local = moment.astimezone(LAGOS)
    due = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if due <= local:
        due += timedelta(days=1)
    if digest == "weekly":
        due += timedelta(days=(MONDAY - due.weekday()) % 7)
    return due
