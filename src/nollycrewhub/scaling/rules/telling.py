"""A decision in sentences, from what was stored of it: what, when, why, and what became of it."""

from collections.abc import Sequence
from datetime import datetime

from nollycrewhub.kit.time import LAGOS


def many(count: int, one: str, more: str) -> str:
    """A number with its noun."""
    return f"{count} {one if count == 1 else more}"


def listed(parts: Sequence[str]) -> str:
    """In a row, with an “and” before the last."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def change(before: int, after: int, *, one: str, more: str) -> str:
    """What is done about one kind of process."""
    if after == before:
        return f"leave {many(after, one, more)} as they are" if after != 1 else f"leave one {one} as it is"
    return f"{'add to' if after > before else 'take from'} {many(before, one, more)} until there are {after}"


def because(reasons: Sequence[str]) -> str:
    """Why, in one piece."""
    return f", because {'; '.join(reasons)}" if reasons else ""


def explained(
    *, at: datetime, until: datetime, looks: int, before: tuple[int, int], after: tuple[int, int], actions: Sequence[str],
    reasons: Sequence[str], outcome: str,
) -> str:  # fmt: skip
    """The whole story of one decision. `before` and `after` are web processes and workers as they were asked for."""
    when, ends = at.astimezone(LAGOS), until.astimezone(LAGOS)
    web = change(before[0], after[0], one="web process", more="web processes")
    workers = change(before[1], after[1], one="worker", more="workers")
    if before == after:
        form = "%H:%M:%S" if ends.date() == when.date() else "%Y-%m-%d %H:%M:%S"
        since = f"From {when:%Y-%m-%d %H:%M:%S} to {ends:{form}} ({many(looks, 'look', 'looks')})"
        story = f"{since} it decided to {web} and to {workers}{because(reasons)}."
    else:
        changed = [what for what, one, other in ((web, before[0], after[0]), (workers, before[1], after[1])) if one != other]
        story = f"At {when:%Y-%m-%d %H:%M:%S} it decided to {' and to '.join(changed)}{because(reasons)}."
    passed = f" Past its threshold: {listed(list(actions))}." if actions else " No threshold was passed."
    return f"{story}{passed}{became(outcome)}"


def became(outcome: str) -> str:
    """What the actuator made of it."""
    if outcome == "held":
        return ""
    if not outcome:
        return " Whether the actuator was asked is not known: the lead was lost at that moment."
    return " The actuator was asked, and took it." if outcome == "asked" else f" The actuator did not do it: {outcome}"
