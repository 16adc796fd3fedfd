"""Reactions to events: people forgotten, and projects that changed."""

from nollycrewhub.contracts.events import PersonErased, ProjectChanged
from nollycrewhub.domains.messages import service
from nollycrewhub.platform.events import on
from nollycrewhub.platform.queue import Work


@on(PersonErased, consumer="messages.person_erased")
async def person_erased(event: PersonErased, work: Work) -> None:
    """Forgets what is left, where messages runs apart from users."""
    await service.erase_person(work.session, event.person_id)


@on(ProjectChanged, consumer="messages.project_changed")
async def project_changed(event: ProjectChanged, work: Work) -> None:
    """Whoever is in the project is in its conversations."""
    await service.follow_project(work, event.project_id)


HANDLERS = (person_erased, project_changed)
