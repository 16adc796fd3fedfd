"""The in-process answer to contracts.users."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from nollycrewhub.contracts.users import MailAddress, PersonCard
from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.rules import is_visible
from nollycrewhub.domains.users.service.directory import photo_path
from nollycrewhub.platform.db import ReadSession


class LocalPeople:
    """Answers from our own tables."""

    async def cards(self, read: ReadSession, ids: Sequence[UUID]) -> dict[UUID, PersonCard]:
        """Cards as members may see them, and the name in any case: it goes with what the person sends."""
        found = {}
        for row in await repository.profiles(read, ids):
            settings = msgspec.json.decode(row.visibility, type=dict[str, str])
            photo = photo_path(row.photo_key, "s") if is_visible("photo", settings, "member") else None
            found[row.person_id] = PersonCard(
                person_id=row.person_id, handle=row.handle, name=row.name,
                state=row.state if is_visible("state", settings, "member") else "",
                town=row.town if is_visible("town", settings, "member") else "",
                photo=photo, roles=row.roles if is_visible("roles", settings, "member") else [],
                headline=row.headline if is_visible("headline", settings, "member") else "", listed=row.listed,
            )  # fmt: skip
        return found

    async def address(self, read: ReadSession, person_id: UUID) -> MailAddress | None:
        """Confirmed addresses only."""
        row = await repository.account_by_id(read, person_id)
        if row is None or row.banned_at is not None:
            return None
        return MailAddress(
            name=row.name, email=row.email if row.email_confirmed_at else None,
            phone=row.phone if row.phone_confirmed_at else None, locale="en",
        )  # fmt: skip
