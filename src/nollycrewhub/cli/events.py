"""`nollycrewhub events dead|replay`: deliveries of events that were given up, and another try for them."""

import argparse

from nollycrewhub.cli.jobs import job_number, list_jobs, retry, retry_all, with_database
from nollycrewhub.scaling.service import EVENTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("action", choices=["dead", "replay"])
    parser.add_argument("job", type=job_number, nargs="?", help="one delivery's number; all without it")
    parser.add_argument("--consumer", default="%", help="of one consumer only, such as notifications.job_closed")


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    queue = EVENTS if arguments.consumer == "%" else f"event:{arguments.consumer}"
    if arguments.action == "dead":
        return with_database(lambda db: list_jobs(db, "failed", queue))
    if arguments.job is not None:
        return with_database(lambda db: retry(db, arguments.job))
    return with_database(lambda db: retry_all(db, queue))
