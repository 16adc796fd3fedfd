"""What the users domain registers."""

from nollycrewhub.contracts.users import Accounts, People, Speakers
from nollycrewhub.domains.users import service
from nollycrewhub.domains.users.endpoints import ENDPOINTS
from nollycrewhub.domains.users.local import LocalAccounts, LocalPeople, LocalSpeakers
from nollycrewhub.domains.users.pages import PAGES
from nollycrewhub.domains.users.tasks import CRON, TASKS
from nollycrewhub.platform.module import Module, Personal

MODULE = Module(
    name="users",
    routes=(*ENDPOINTS, *PAGES),
    tasks=TASKS,
    cron=CRON,
    provides=((People, lambda ports: LocalPeople()), (Accounts, LocalAccounts), (Speakers, lambda ports: LocalSpeakers())),
    personal=Personal("users", service.export_own_rows, service.erase_own_rows),
)
