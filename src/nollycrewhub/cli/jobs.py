"""`nollycrewhub jobs list|show|retry|cancel`: the queue from a shell, with the same audit trail as the console."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TypeVar

from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.platform import log
from nollycrewhub.platform.db import Database, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.queue import CancelHooks, looking
from nollycrewhub.platform.queue.looking import JobRow
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.scaling import service

LISTED = 100
STATUSES = {"failed": "failed", "waiting": "queued", "running": "picked"}
Action = Callable[[Database], Awaitable[int]]
T = TypeVar("T")

MOST_ID = 2**63 - 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("action", choices=["list", "show", "retry", "cancel"])
    parser.add_argument("job", type=job_number, nargs="?", help="a job's number")
    parser.add_argument("--status", choices=sorted(STATUSES), default="failed", help="which jobs to list (default failed)")
    parser.add_argument("--queue", default="", help="one queue only; %% stands for anything")
    parser.add_argument("--all", action="store_true", help="retry all failed jobs of --queue")


def job_number(text: str) -> int:
    """A number that a job may have; past the greatest nobody can even ask for it."""
    found = int(text)
    if not 0 < found <= MOST_ID:
        raise argparse.ArgumentTypeError(f"no job has the number {text[:40]}")
    return found


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    if arguments.action == "list":
        return with_database(lambda db: list_jobs(db, STATUSES[arguments.status], arguments.queue))
    if arguments.action == "retry" and arguments.all:
        return with_database(lambda db: retry_all(db, arguments.queue or "%"))
    if arguments.job is None:
        print(f"Say which job: nollycrewhub jobs {arguments.action} NUMBER", file=sys.stderr)
        return 1
    doing = {"show": show, "retry": retry, "cancel": cancel}[arguments.action]
    return with_database(lambda db: doing(db, arguments.job))


def with_database(action: Action) -> int:
    """Runs it with pools of its own; a refusal is a sentence and exit code 1."""

    async def inner() -> int:
        settings = from_environ()
        log.set_up(instance_id=settings.instance_id)
        db = Database(settings, hearers=HEARERS)
        await db.start()
        try:
            return await action(db)
        except Problem as refusal:
            print(refusal.detail, file=sys.stderr)
            return 1
        finally:
            await db.stop()

    return asyncio.run(inner())


async def stored(db: Database, step: Callable[[WriteSession], Awaitable[T]]) -> T:
    """One step in a transaction of its own."""
    async with db.write_session() as session:
        found = await step(session)
        await db.commit(session)
    return found


def line(job: JobRow) -> str:
    """One job on one line."""
    told = f"  {job.told.done}/{job.told.of} {job.told.note}" if job.told else ""
    return f"{job.id:>10}  {job.status:<8} {job.queue:<40} attempts {job.attempts}, kills {job.kills}  {job.error or ''}{told}"


async def list_jobs(db: Database, status: str, queue: str) -> int:
    """The newest hundred of a status, and how many more there are."""
    read = db.read_session(primary=True)
    shown = await looking.jobs(read, status, queue=queue, limit=LISTED)
    for job in shown:
        print(line(job))
    if len(shown) == LISTED and (more := await looking.count(read, status, queue=queue) - LISTED) > 0:
        print(f"and {more:,} more, older than these.")
    return 0


async def show(db: Database, job_id: int) -> int:
    """One job; a finished one is gone."""
    job = await looking.job(db.read_session(primary=True), job_id)
    if job is None:
        print("There is no such job in the queue; it may have finished.", file=sys.stderr)
        return 1
    print(line(job))
    print(f"            added {job.created:%Y-%m-%d %H:%M:%S}, changed {job.updated:%H:%M:%S}, due {job.due:%Y-%m-%d %H:%M:%S} UTC")
    return 0


async def retry(db: Database, job_id: int) -> int:
    """Runs one again."""
    await stored(db, lambda session: service.retry(session, None, job_id))
    print(f"Job {job_id} waits to run again.")
    return 0


async def retry_all(db: Database, queue: str) -> int:
    """Runs all failed ones of a queue again."""
    count = await stored(db, lambda session: service.retry_all(session, None, queue))
    print("One job waits to run again." if count == 1 else f"{count} jobs wait to run again.")
    return 0


async def cancel(db: Database, job_id: int) -> int:
    """Takes one away, or ends it; its task is told."""
    modules = import_module("nollycrewhub.services.monolith").MODULES
    hooks = CancelHooks.of(task for module in modules for task in module.tasks)
    became = await stored(db, lambda session: service.cancel(session, None, job_id, hooks))
    print(f"Job {job_id} is cancelled." if became == "cancelled" else f"Job {job_id} runs; its worker has been told to end it.")
    return 0
