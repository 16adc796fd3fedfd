"""What the notifications domain registers."""

from nollycrewhub.contracts.notifications import Unopened
from nollycrewhub.domains.notifications import service
from nollycrewhub.domains.notifications.endpoints import ENDPOINTS
from nollycrewhub.domains.notifications.handlers import HANDLERS
from nollycrewhub.domains.notifications.local import LocalUnopened
from nollycrewhub.domains.notifications.pages import PAGES
from nollycrewhub.domains.notifications.tasks import CRON, TASKS
from nollycrewhub.platform.module import Module, Personal

MODULE = Module(
    name="notifications",
    routes=(*ENDPOINTS, *PAGES),
    handlers=HANDLERS,
    tasks=TASKS,
    cron=CRON,
    provides=((Unopened, lambda ports: LocalUnopened()),),
    personal=Personal("notifications", service.export_person, service.erase_person),
)
