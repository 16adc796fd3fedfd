"""What scaling registers."""

from nollycrewhub.platform.module import Module
from nollycrewhub.scaling.calendar import pages as calendar
from nollycrewhub.scaling.console import pages as console
from nollycrewhub.scaling.pages import PAGES
from nollycrewhub.scaling.tasks import TASKS

MODULE = Module(name="scaling", routes=(*PAGES, *calendar.PAGES, *console.PAGES), tasks=TASKS)
