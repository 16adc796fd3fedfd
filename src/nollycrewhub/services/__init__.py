"""What is deployed: the whole program in one process, or one domain in each.

A process names the one it is (`--service`, SERVICE) and loads that module only.
"""

import os
from argparse import ArgumentParser
from importlib import import_module
from types import ModuleType

from nollycrewhub.platform.settings import SettingsError

NAMES = ("monolith", "users", "jobs", "notifications", "messages", "projects", "analytics")


def add_argument(parser: ArgumentParser) -> None:
    """The option that names the service; SERVICE where the command line does not."""
    given = os.environ.get("SERVICE") or "monolith"
    parser.add_argument("--service", choices=NAMES, default=given, help=f"which domains to load (default {given})")


def load(name: str) -> ModuleType:
    """The service's module: `create_app` makes its web process, MODULES are the domains of its worker."""
    if name not in NAMES:
        raise SettingsError([f"SERVICE: there is no {name}. There are {', '.join(NAMES)}."])
    return import_module(f"nollycrewhub.services.{name}")
