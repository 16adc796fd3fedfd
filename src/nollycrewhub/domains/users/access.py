"""The only door to people: whoever may not see something learns only that there is nothing to see."""

from uuid import UUID

import msgspec

from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import NoSuchPerson
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.domains.users.rules import Audience, is_visible, photo_setting
from nollycrewhub.domains.users.schemas import AccountRow, PhotoRow, ProfileRow
from nollycrewhub.platform.db import ReadSession, WriteSession


async def own_account(read: ReadSession, person_id: UUID) -> AccountRow:
    """The signed-in person's account; gone means signed out meanwhile."""
    found = await repository.account_by_id(read, person_id)
    if found is None or found.banned_at is not None:
        raise NoSuchPerson
    return found


async def own_profile(read: ReadSession, person_id: UUID) -> ProfileRow:
    """The signed-in person's profile."""
    found = await repository.profile_by_id(read, person_id)
    if found is None:
        raise NoSuchPerson
    return found


async def own_for_change(session: WriteSession, person_id: UUID) -> tuple[Person, Profile]:
    """The signed-in person's rows, locked, to change."""
    person = await repository.person(session, person_id, lock=True)
    profile = await repository.profile(session, person_id)
    if person is None or profile is None or person.banned_at is not None:
        raise NoSuchPerson
    return person, profile


async def shown_profile(read: ReadSession, handle: str, viewer_id: UUID | None) -> tuple[ProfileRow, Audience]:
    """A profile and as whom the viewer sees it: an unlisted one is there for its owner only."""
    found = await repository.profile_by_handle(read, handle)
    if found is None:
        raise NoSuchPerson
    if viewer_id == found.person_id:
        return found, "owner"
    if not found.listed:
        raise NoSuchPerson
    return found, "member" if viewer_id is not None else "stranger"


async def photo_row(read: ReadSession, key: str) -> tuple[PhotoRow, str]:
    """Whose photo it is, and who may see it: public, members or private."""
    found = await repository.photo(read, key)
    if found is None:
        raise NoSuchPerson
    settings = msgspec.json.decode(found.visibility, type=dict[str, str])
    return found, photo_setting(settings, is_listed=found.listed)


def check_photo(row: PhotoRow, setting: str, viewer_id: UUID | None) -> None:
    """Lets through who may see a photo that is not everybody's."""
    audience: Audience = "owner" if viewer_id == row.person_id else "member" if viewer_id is not None else "stranger"
    if not is_visible("photo", {"photo": setting}, audience):
        raise NoSuchPerson
