"""One run: the scenario by its name, with whatever the servers of the target tell about their inside."""

import argparse
import asyncio
import os
import sys

import uvloop

from nollycrewhub.cli.loadtesting.asking import inside_of, servers_of
from nollycrewhub.cli.loadtesting.market import LoadtestFailed
from nollycrewhub.loadtest.progress import Progress
from nollycrewhub.loadtest.results import Result
from nollycrewhub.loadtest.running import Run
from nollycrewhub.loadtest.scenario import Asked
from nollycrewhub.loadtest.scenarios import RECIPES
from nollycrewhub.loadtest.targets import Target
from nollycrewhub.loadtest.world import NothingThere

SCALED = "flash-scaled"
HINT = "--data names the folder of the `up`, or DATABASE_URL its database."


async def run(arguments: argparse.Namespace, target: Target, named: str) -> Result:
    """The run, from beginning to end."""
    asked = Asked(rate=arguments.rate, shorter=arguments.shorter, seed=arguments.seed, reaction=arguments.reaction)
    servers = servers_of(arguments.data, os.environ, port=target.port if target.is_here else 0)
    if not servers:
        print(
            f"No run's servers are known in {arguments.data}: connections and backlog are not measured. --data names its folder.",
            file=sys.stderr,
        )
    async with inside_of(servers) as known:
        return await Run(
            recipe=RECIPES[SCALED if arguments.scaled else arguments.name], target=target, named=named, asked=asked, progress=Progress(sys.stderr),
            inside=known.look if known else None, decided=known.changes if known else None, effects=known.effects if known else None,
        ).go()  # fmt: skip


def drive(arguments: argparse.Namespace, target: Target, named: str) -> Result:
    """The same, on a loop that costs little."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(run(arguments, target, named))
        except NothingThere as error:
            raise LoadtestFailed(str(error)) from error
