"""What the jobs domain registers."""

from nollycrewhub.contracts.jobs import Applications, Finds, NewestJobs
from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.endpoints import ENDPOINTS
from nollycrewhub.domains.jobs.handlers import HANDLERS
from nollycrewhub.domains.jobs.local import LocalApplications, LocalFinds, LocalNewestJobs
from nollycrewhub.domains.jobs.pages import PAGES
from nollycrewhub.domains.jobs.tasks import CRON, TASKS
from nollycrewhub.platform.live import Channel, everyone
from nollycrewhub.platform.module import Module, Personal

MODULE = Module(
    name="jobs",
    routes=(*ENDPOINTS, *PAGES),
    tasks=TASKS,
    handlers=HANDLERS,
    cron=CRON,
    provides=(
        (NewestJobs, lambda ports: LocalNewestJobs()),
        (Applications, lambda ports: LocalApplications()),
        (Finds, lambda ports: LocalFinds()),
    ),
    personal=Personal("jobs", service.export_person, service.erase_person),
    channels=(Channel("jobs", may=everyone, keyed=False),),
)
