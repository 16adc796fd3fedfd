"""The routes that no domain owns."""

from typing import Any

from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.assets import asset_file, worker_file
from nollycrewhub.web.pages import home, language, problems, reference


def web_routes(settings: Settings) -> tuple[Any, ...]:
    """Assets and pages; the gallery of components is not even imported in production."""
    routes = (asset_file, worker_file, *home.PAGES, *language.PAGES, *reference.PAGES, *problems.PAGES)
    if settings.is_production:
        return routes
    from nollycrewhub.web.pages.gallery import gallery  # noqa: PLC0415 - production must not even import it

    return (*routes, gallery)
