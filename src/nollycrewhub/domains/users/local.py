"""The in-process answer to contracts.users."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from nollycrewhub.contracts.users import CodeCost, Found, MailAddress, PersonCard, Standing
from nollycrewhub.domains.users import repository, service
from nollycrewhub.domains.users.errors import NoSuchPerson
from nollycrewhub.domains.users.rules import is_visible, label
from nollycrewhub.domains.users.service.directory import photo_path
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.sessions import Sessions


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
                label=label(row.name, row.handle, settings, "member"),
            )  # fmt: skip
        return found

    async def address(self, read: ReadSession, person_id: UUID) -> MailAddress | None:
        """Confirmed addresses only."""
        return (await self.addresses(read, [person_id])).get(person_id)

    async def addresses(self, read: ReadSession, ids: Sequence[UUID]) -> dict[UUID, MailAddress]:
        """The same for several; whose account is closed is gone too."""
        return {
            row.id: MailAddress(
                name=row.name, email=row.email if row.email_confirmed_at else None,
                phone=row.phone if row.phone_confirmed_at else None, locale=row.locale,
            )
            for row in await repository.accounts(read, ids) if row.banned_at is None
        }  # fmt: skip

    async def operators(self, read: ReadSession) -> list[UUID]:
        """All of them; there are few."""
        return await repository.operators(read)

    async def standing(self, read: ReadSession, person_id: UUID) -> Standing | None:
        """Since when, and whether an address is confirmed."""
        return await repository.standing(read, person_id)

    async def by_handles(self, read: ReadSession, handles: Sequence[str]) -> dict[str, Found]:
        """Open accounts only."""
        return {row.handle: Found(person_id=row.person_id, listed=row.listed) for row in await repository.by_handles(read, handles)}

    async def code_costs(self, read: ReadSession, after: date) -> list[CodeCost]:
        """For the page of what sending costs."""
        return await repository.code_costs(read, after)


class LocalSpeakers:
    """Keeps which language people chose."""

    async def choose(self, session: WriteSession, person_id: UUID, language: str) -> None:
        """A choice is a person's own, and no profile changes by it."""
        await repository.choose_language(session, person_id, language)


class LocalAccounts:
    """Closes accounts as /ops/people does."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    async def close(self, session: WriteSession, person_id: UUID, *, reason: str, actor: UUID) -> None:
        """The same rules hold: an operator's account is not closed from here."""
        try:
            await service.ban_person(session, person_id, reason=reason, sessions=self.ports.get(Sessions), actor=actor)
        except NoSuchPerson:
            return
