"""The routes that no domain owns."""

from typing import Any

from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.assets import asset_file
from nollycrewhub.web.pages.home import PAGES


def web_routes(settings: Settings) -> tuple[Any, ...]:
    """Assets and pages for every shape."""
    return (asset_file, *PAGES)
