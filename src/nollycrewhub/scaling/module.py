"""What scaling registers."""

from nollycrewhub.platform.module import Module
from nollycrewhub.scaling.calendar import pages as calendar
from nollycrewhub.scaling.pages import PAGES

MODULE = Module(name="scaling", routes=(*PAGES, *calendar.PAGES))
