"""Reactions to events: people forgotten."""

from nollycrewhub.contracts.events import PersonErased
from nollycrewhub.domains.messages import service
from nollycrewhub.platform.events import on
from nollycrewhub.platform.queue import Work


@on(PersonErased, consumer="messages.person_erased")
async def person_erased(event: PersonErased, work: Work) -> None:
    """Forgets what is left, where messages runs apart from users."""
    await service.erase_person(work.session, event.person_id)


HANDLERS = (person_erased,)
