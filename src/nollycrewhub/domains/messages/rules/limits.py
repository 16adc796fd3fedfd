"""How much an account may do, by what it has shown so far. Figures are ours, chosen so that work is never in the way."""

from datetime import datetime, timedelta
from typing import NamedTuple

LONGEST = 4000
LONGEST_TITLE = 80
MOST_PEOPLE = 100
MOST_REPORTED = 20
EDIT_WITHIN = timedelta(minutes=15)
REFUSED_COUNTS_FOR = timedelta(days=30)
NEWCOMER = timedelta(days=7)
ESTABLISHED = timedelta(days=30)
SOME_ACCEPTED, MANY_ACCEPTED = 3, 5


class Level(NamedTuple):
    """`requests` first messages may wait for an answer at a time; `a_minute` messages go out."""

    name: str
    requests: int
    a_minute: int


UNCONFIRMED = Level("unconfirmed", 0, 10)
WATCHED = Level("watched", 1, 10)
NEW = Level("new", 3, 20)
KNOWN = Level("known", 10, 60)
TRUSTED = Level("trusted", 30, 120)


def level_of(*, age: timedelta, is_confirmed: bool, accepted: int, upheld: int) -> Level:
    """`accepted` first messages were answered with yes; `upheld` reports against the account were found right."""
    if not is_confirmed:
        return UNCONFIRMED
    if upheld:
        return WATCHED
    if age >= ESTABLISHED and accepted >= MANY_ACCEPTED:
        return TRUSTED
    if age < NEWCOMER and accepted < SOME_ACCEPTED:
        return NEW
    return KNOWN


def may_ask(level: Level, *, waiting: int, more: int) -> bool:
    """Whether that many more first messages may wait for an answer."""
    return waiting + more <= level.requests


def may_edit(sent_at: datetime, *, is_deleted: bool, now: datetime) -> bool:
    """A message can be put right for a quarter of an hour."""
    return not is_deleted and now - sent_at <= EDIT_WITHIN
