"""How much an account may do, by what it has shown so far. Figures are ours, chosen so that work is never in the way."""

from datetime import datetime, timedelta
from typing import NamedTuple

LONGEST = 4000
LONGEST_TITLE = 80
MOST_PEOPLE = 100
MOST_REPORTED = 20
REPORTS_AN_HOUR = 10
MOST_FILES = 6
LARGEST_FILE = 10_000_000
MOST_TOGETHER = 20_000_000
MEGABYTE = 1_000_000
UNSENT_FOR = timedelta(days=1)
EDIT_WITHIN = timedelta(minutes=15)
REFUSED_COUNTS_FOR = timedelta(days=30)
NEWCOMER = timedelta(days=7)
ESTABLISHED = timedelta(days=30)
SOME_ACCEPTED, MANY_ACCEPTED = 3, 5


class Level(NamedTuple):
    """`requests` first messages may wait for an answer at a time; `a_minute` messages go out; files and bytes are of 24 hours."""

    name: str
    requests: int
    a_minute: int
    files: int
    bytes: int


UNCONFIRMED = Level("unconfirmed", 0, 10, 5, 10 * MEGABYTE)
WATCHED = Level("watched", 1, 10, 5, 10 * MEGABYTE)
NEW = Level("new", 3, 20, 20, 50 * MEGABYTE)
KNOWN = Level("known", 10, 60, 100, 200 * MEGABYTE)
TRUSTED = Level("trusted", 30, 120, 300, 500 * MEGABYTE)


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


def may_upload(level: Level, *, files: int, size: int, more: int) -> bool:
    """Whether one more file of `more` bytes may be stored, after so many files and bytes of the last 24 hours."""
    return files < level.files and size + more <= level.bytes


def may_edit(sent_at: datetime, *, is_deleted: bool, now: datetime) -> bool:
    """A message can be put right for a quarter of an hour."""
    return not is_deleted and now - sent_at <= EDIT_WITHIN
