"""Who may do what in a group, and who is taken in at once."""

from collections.abc import Collection, Mapping
from uuid import UUID

Blocks = Collection[tuple[UUID, UUID]]
"""(who has blocked, whom)."""


def places(
    asker: UUID, fresh: Collection[UUID], *, present: Collection[UUID], known: Collection[UUID], back: Collection[UUID], blocks: Blocks
) -> dict[UUID, str]:  # fmt: skip
    """Where each of those who are asked will sit: `in`, `asked`, or nowhere: `absent`, which looks like in, or empty, which looks like asked.

    Whom the asker knows is in at once, all others must accept, and so must whoever is `back` after having gone. Nobody is put
    together with somebody they have blocked: whoever has blocked one of those inside must accept, and whom one of those inside
    has blocked is not taken in. Who has blocked the asker is asked nothing, and is absent where they would be in at once.
    """
    found: dict[UUID, str] = {}
    for one in fresh:
        if (one, asker) in blocks or any((other, one) in blocks for other in present):
            found[one] = "absent" if (one, asker) in blocks and one in known and one not in back else ""
    taken = {asker, *present, *(one for one in fresh if one not in found)}
    for one in fresh:
        if one not in found:
            has_blocked = any((one, other) in blocks for other in taken)
            found[one] = "in" if one in known and one not in back and not has_blocked else "asked"
    return found


def may_govern(owner: UUID | None, person: UUID) -> bool:
    """Renaming, putting out and handing over are the owner's."""
    return owner == person


def next_owner(since: Mapping[UUID, object], leaving: UUID) -> UUID | None:
    """Who owns a group after its owner: the longest-standing of those inside. `since` is in the order they came."""
    return next((one for one in since if one != leaving), None)
