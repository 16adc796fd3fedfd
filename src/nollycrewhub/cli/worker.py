"""`nollycrewhub worker`: runs the background jobs of all domains."""

import argparse
import asyncio
from uuid import UUID

import uvloop

from nollycrewhub import services
from nollycrewhub.cli.supervisor import go_with_parent
from nollycrewhub.platform.db.budget import refuse_overdraft
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.services import roles


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options; the hidden ones are the worker's own, which runs a suspect job in a process apart."""
    services.add_argument(parser)
    parser.add_argument("--job", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--owner", type=UUID, help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    go_with_parent()
    modules = services.load(arguments.service).MODULES
    settings = from_environ()
    if arguments.job is None:
        refuse_overdraft(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if arguments.job is not None:
            return runner.run(roles.work_one(settings, modules, arguments.job, arguments.owner))
        runner.run(roles.work(settings, modules, service=arguments.service))
    return 0
