"""What the projects domain registers."""

from nollycrewhub.contracts.projects import Rooms
from nollycrewhub.domains.projects import service
from nollycrewhub.domains.projects.endpoints import ENDPOINTS
from nollycrewhub.domains.projects.handlers import HANDLERS
from nollycrewhub.domains.projects.local import LocalRooms
from nollycrewhub.domains.projects.pages import PAGES
from nollycrewhub.domains.projects.tasks import CRON, TASKS
from nollycrewhub.platform.module import Module, Personal

MODULE = Module(
    name="projects",
    routes=(*ENDPOINTS, *PAGES),
    tasks=TASKS,
    handlers=HANDLERS,
    cron=CRON,
    provides=((Rooms, lambda ports: LocalRooms()),),
    personal=Personal("projects", service.export_person, service.erase_person, files=service.person_files),
)
