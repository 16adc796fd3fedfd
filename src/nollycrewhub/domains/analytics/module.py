"""What the analytics domain registers."""

from nollycrewhub.domains.analytics import service
from nollycrewhub.domains.analytics.endpoints import ENDPOINTS
from nollycrewhub.domains.analytics.handlers import HANDLERS
from nollycrewhub.domains.analytics.pages import PAGES
from nollycrewhub.platform.module import Module, Personal

MODULE = Module(
    name="analytics",
    routes=(*ENDPOINTS, *PAGES),
    handlers=HANDLERS,
    personal=Personal("analytics", service.export_person, service.erase_person),
)
