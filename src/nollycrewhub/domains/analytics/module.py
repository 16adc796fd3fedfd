"""What the analytics domain registers."""

from nollycrewhub.domains.analytics import service
from nollycrewhub.domains.analytics.endpoints import ENDPOINTS
from nollycrewhub.domains.analytics.handlers import HANDLERS
from nollycrewhub.domains.analytics.local import LocalDailyFacts
from nollycrewhub.domains.analytics.pages import PAGES
from nollycrewhub.domains.analytics.tasks import CRON
from nollycrewhub.platform.module import Module, Personal
from nollycrewhub.platform.tallies import DailyFacts

MODULE = Module(
    name="analytics",
    routes=(*ENDPOINTS, *PAGES),
    handlers=HANDLERS,
    cron=CRON,
    provides=((DailyFacts, lambda ports: LocalDailyFacts()),),
    personal=Personal("analytics", service.export_person, service.erase_person),
)
