"""What the projects domain registers."""

from nollycrewhub.domains.projects import service
from nollycrewhub.domains.projects.endpoints import ENDPOINTS
from nollycrewhub.domains.projects.handlers import HANDLERS
from nollycrewhub.domains.projects.tasks import TASKS
from nollycrewhub.platform.module import Module, Personal

MODULE = Module(
    name="projects",
    routes=ENDPOINTS,
    tasks=TASKS,
    handlers=HANDLERS,
    personal=Personal("projects", service.export_person, service.erase_person, files=service.person_files),
)
