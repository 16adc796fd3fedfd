"""All domains in one process: the laptop's shape, and the small cloud's."""

from collections.abc import Sequence
from typing import Any

from nollycrewhub.domains.analytics.module import MODULE as ANALYTICS
from nollycrewhub.domains.jobs.module import MODULE as JOBS
from nollycrewhub.domains.messages.module import MODULE as MESSAGES
from nollycrewhub.domains.notifications.module import MODULE as NOTIFICATIONS
from nollycrewhub.domains.projects.module import MODULE as PROJECTS
from nollycrewhub.domains.users.module import MODULE as USERS
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings, from_environ
from nollycrewhub.scaling.module import MODULE as SCALING
from nollycrewhub.services.roles import web

MODULES = (USERS, JOBS, NOTIFICATIONS, MESSAGES, PROJECTS, ANALYTICS, SCALING)


def create_app(settings: Settings | None = None, *, extra: Sequence[Any] = ()) -> Process:
    """The ASGI application; without settings it reads the environment, as a server's factory call does."""
    return web(settings or from_environ(), MODULES, extra=extra)
