"""What the messages domain registers."""

from nollycrewhub.contracts.messages import Ties, Unread
from nollycrewhub.domains.messages import access, service
from nollycrewhub.domains.messages.endpoints import ENDPOINTS
from nollycrewhub.domains.messages.handlers import HANDLERS
from nollycrewhub.domains.messages.local import LocalTies, LocalUnread
from nollycrewhub.domains.messages.pages import PAGES
from nollycrewhub.domains.messages.tasks import CRON, TASKS
from nollycrewhub.platform.live import Channel
from nollycrewhub.platform.module import Module, Personal

MODULE = Module(
    name="messages",
    routes=(*ENDPOINTS, *PAGES),
    tasks=TASKS,
    handlers=HANDLERS,
    cron=CRON,
    provides=((Unread, lambda ports: LocalUnread()), (Ties, lambda ports: LocalTies())),
    personal=Personal("messages", service.export_person, service.erase_person, files=service.person_files),
    channels=(Channel("conversation", may=access.listeners, says=("typing", access.HERE), apart=access.apart),),
)
