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


def fault(name: str | None = None) -> str:
    """What is wrong with the name of a service, SERVICE if none is given; empty when nothing is."""
    name = name or os.environ.get("SERVICE") or NAMES[0]
    return "" if name in NAMES else f"SERVICE: there is no {name}. There are {', '.join(NAMES)}."


def load(name: str) -> ModuleType:
    """The service's module: `create_app` makes its web process, MODULES are the domains of its worker."""
    if wrong := fault(name):
        raise SettingsError([wrong])
    return import_module(f"nollycrewhub.services.{name}")
