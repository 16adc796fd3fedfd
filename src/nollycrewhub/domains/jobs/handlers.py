"""Reactions to other domains' events."""

from nollycrewhub.contracts.events import PersonErased
from nollycrewhub.domains.jobs import service
from nollycrewhub.platform.events import on
from nollycrewhub.platform.queue import Work


@on(PersonErased, consumer="jobs.person_erased")
async def person_erased(event: PersonErased, work: Work) -> None:
    """Forgets what is left, where jobs runs apart from users."""
    await service.erase_person(work.session, event.person_id)


HANDLERS = (person_erased,)
