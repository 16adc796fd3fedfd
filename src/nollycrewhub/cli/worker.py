"""`nollycrewhub worker`: runs the background jobs of all domains."""

import argparse
import asyncio

import uvloop

from nollycrewhub import services
from nollycrewhub.cli.reaching import refuse_strangers
from nollycrewhub.cli.supervisor import go_with_parent, say_ready
from nollycrewhub.platform.db.budget import refuse_overdraft
from nollycrewhub.platform.priority import yield_to_pages
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.services import roles


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    services.add_argument(parser)
    parser.add_argument("--nice", type=int, default=0, choices=range(20), metavar="0-19", help="run behind the machine's pages (default 0)")


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    go_with_parent()
    if arguments.nice:
        yield_to_pages(arguments.nice)
    modules = services.load(arguments.service).MODULES
    settings = from_environ()
    refuse_strangers(settings, down_too=False)
    refuse_overdraft(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(roles.work(settings, modules, service=arguments.service, ready=say_ready))
    return 0
