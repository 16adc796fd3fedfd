"""What somebody may do in a conversation, from where they stand in it."""

from collections.abc import Iterable

PAIRED = frozenset({"direct", "application"})  # between two, who cannot be changed
GROWING = frozenset({"group"})
ROOMS = frozenset({"project", "scene", "day"})  # whoever is in the project is in them
SEEN = frozenset({"in", "asked", "left", "out"})  # who can read it; to all others it is not there
LOOKS_ASKED = frozenset({"asked", "declined", "unheard"})  # who has said no, and who was asked nothing because of a block, look like it
# Whom the one who asks knows, and who has blocked them, stands there as being in it, or put out, and is not there.
LOOKS_IN = frozenset({"in", "absent"})
LOOKS = {**dict.fromkeys(LOOKS_ASKED, "asked"), "absent": "in", "absent-out": "out"}
AGAIN = frozenset({"left", "out", "lost", "refused", "unheard", "absent", "absent-out"})  # who can be asked into a group once more
BEEN = frozenset({"in", "left", "out"})  # who has accepted it once
NEVER_IN = frozenset({*LOOKS_ASKED, "refused", "lost"})  # a no of somebody who was then put out, and others put out before an answer
TURNS = ("accept", "decline", "leave", "mute", "unmute", "archive", "unarchive")
NEXT_STATE = {("asked", "accept"): "in", ("asked", "decline"): "declined", ("in", "leave"): "left"}
FLAGS = {"mute": ("muted", True), "unmute": ("muted", False), "archive": ("archived", True), "unarchive": ("archived", False)}


def may_send(state: str, *, others: Iterable[str], kind: str, has_written: bool) -> bool:
    """Whether one more message may be sent: one is in it, and of two the other has accepted, or nothing was sent yet."""
    if state != "in":
        return False
    if kind in PAIRED:
        return not has_written or any(other in ("in", "left") for other in others)
    return True


def after_turn(state: str, turn: str, *, kind: str) -> str | None:
    """Where a turn leads; None where it cannot be done. What only sets a mark leaves the state as it is."""
    if turn in FLAGS:
        return state if state in BEEN else None
    if turn == "leave" and kind not in GROWING:
        return None
    return NEXT_STATE.get((state, turn))


def reaches(state: str, *, n: int, from_n: int, until_n: int | None) -> bool:
    """Whether a new message is seen from a seat: by whoever is in it, and the first one by whoever is asked and was never there."""
    return state == "in" or (state == "asked" and until_n is None and n <= from_n + 1)


def speaks_first(state: str, *, n: int, from_n: int, until_n: int | None) -> bool:
    """Whether a message is the one that whoever was asked reads until they accept. A no makes no difference, as it is not told."""
    return state in NEVER_IN and until_n is None and n == from_n + 1


def shows_name(state: str) -> bool:
    """Whether one's name goes with one's seat: whoever has not answered yet is called as members see them."""
    return LOOKS.get(state, state) in BEEN


def shows_presence(choice: str, *, kind: str, theirs: str, mine: str) -> bool:
    """Whether somebody sees when another was last here: by that one's choice, and never before both are in it."""
    return choice == "talks" and kind in PAIRED and theirs == mine == "in"
