"""Pure decisions about notices: what they say, who hears them how and when, and what a report from outside means."""

from nollycrewhub.domains.notifications.rules.kinds import CHANNELS, KINDS, Kind, kind_of
from nollycrewhub.domains.notifications.rules.ladder import Habits, Plan, Tried, plan
from nollycrewhub.domains.notifications.rules.states import advance
from nollycrewhub.domains.notifications.rules.words import (
    LEFT,
    MOVES,
    Words,
    as_mail,
    as_text,
    closed,
    digest_mail,
    held,
    matched,
    moved,
    received,
    released,
    withdrawn,
)

__all__ = [
    "CHANNELS", "KINDS", "LEFT", "MOVES", "Habits", "Kind", "Plan", "Tried", "Words", "advance", "as_mail", "as_text", "closed",
    "digest_mail", "held", "kind_of", "matched", "moved", "plan", "received", "released", "withdrawn",
]  # fmt: skip
