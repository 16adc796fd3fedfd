"""`nollycrewhub seed`: invented people, companies and jobs, the same for the same seed."""

import argparse
import asyncio
import sys

from nollycrewhub.cli import seeding
from nollycrewhub.cli.supervisor import go_with_parent
from nollycrewhub.platform.settings import from_environ


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--applications", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)


def run(arguments: argparse.Namespace) -> int:
    """The command; production has no sample accounts."""
    go_with_parent()
    settings = from_environ()
    if settings.is_production:
        print("Sample accounts have a password everybody knows, so production refuses them.", file=sys.stderr)
        return 1
    did = asyncio.run(
        seeding.run(
            settings,
            users=arguments.users,
            jobs=arguments.jobs,
            applications=arguments.applications,
            seed=arguments.seed,
        )
    )
    print("Sample data loaded." if did else "Sample data is already there; nothing was changed.")
    return 0
