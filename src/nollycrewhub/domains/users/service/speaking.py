"""The language of a person: what is sent to them is in it, and so are the pages on each device they sign in on."""

from uuid import UUID

from nollycrewhub.domains.users import repository
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.languages import offered


async def settle(read: ReadSession, session: WriteSession, person_id: UUID, *, chosen_here: str) -> str:
    """The language that a device is to keep from now on: the person's own choice, and where there is none, the choice made here.

    Nothing where neither is there: then the browser is asked.
    """
    if len(offered()) == 1:
        return ""
    spoken = await repository.language(read, person_id)
    if spoken is not None and spoken.locale_chosen:
        return spoken.locale if spoken.locale in offered() else ""
    if chosen_here in offered():
        await repository.choose_language(session, person_id, chosen_here)
    return ""
