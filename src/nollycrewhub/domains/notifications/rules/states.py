"""What is known of one message on one channel, and what a report from outside changes about it."""

GOOD = ("queued", "sent", "delivered", "opened", "confirmed")
BAD = ("bounced", "blocked", "failed")
STATES = (*GOOD, *BAD)
STATE_NAMES = {
    "queued": "waiting", "sent": "sent", "delivered": "delivered", "opened": "opened", "confirmed": "seen",
    "bounced": "came back", "blocked": "not sent", "failed": "failed",
}  # fmt: skip


def advance(state: str, reported: str) -> str:
    """The state after a report. Reports come late, twice and out of order: nothing goes back, and who has it has it."""
    if reported in BAD:
        return reported if state in ("queued", "sent") else state
    if state in BAD:
        return reported if GOOD.index(reported) >= GOOD.index("delivered") else state
    return max(state, reported, key=GOOD.index)


def is_alive(state: str) -> bool:
    """Whether the message may still be seen."""
    return state in GOOD
