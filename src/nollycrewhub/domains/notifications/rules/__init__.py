"""Pure decisions about notices: what they say, who hears them how and when, and what a report from outside means."""

from nollycrewhub.domains.notifications.rules.kinds import CHANNELS, KINDS, Kind, kind_of
from nollycrewhub.domains.notifications.rules.ladder import Habits, Plan, Tried, is_on, leaves_at, plan
from nollycrewhub.domains.notifications.rules.states import advance
from nollycrewhub.domains.notifications.rules.words import (
    LEFT,
    LEFT_WRITER,
    MOVES,
    NOBODY,
    Words,
    as_chat,
    as_mail,
    as_text,
    asked,
    closed,
    digest_mail,
    ended,
    held,
    invited,
    job_found,
    matched,
    moved,
    received,
    released,
    retell,
    talk_link,
    withdrawn,
    wrote,
)

__all__ = [
    "CHANNELS", "KINDS", "LEFT", "LEFT_WRITER", "MOVES", "NOBODY", "Habits", "Kind", "Plan", "Tried", "Words", "advance", "as_chat",
    "as_mail", "as_text", "asked", "closed", "digest_mail", "ended", "held", "invited", "is_on", "job_found", "kind_of", "leaves_at",
    "matched", "moved", "plan", "received", "released", "retell", "talk_link", "withdrawn", "wrote",
]  # fmt: skip
