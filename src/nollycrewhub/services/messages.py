"""The messages domain alone in one process."""

from nollycrewhub.domains.messages.module import MODULE
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings, from_environ
from nollycrewhub.services.roles import web

MODULES = (MODULE,)


def create_app(settings: Settings | None = None) -> Process:
    """The ASGI application of this domain only."""
    return web(settings or from_environ(), MODULES, pages=False)
