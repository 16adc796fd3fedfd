"""This domain's queue jobs and schedules."""

from nollycrewhub.domains.messages.schemas import ForgetFile
from nollycrewhub.domains.messages.service import files
from nollycrewhub.platform.queue import Work, cron, task
from nollycrewhub.platform.storage import Storage


@task("messages.forget-file", payload=ForgetFile, timeout=30, attempts=20, backoff=5.0, why="storage may be away for an hour")
async def forget_file(payload: ForgetFile, work: Work) -> None:
    """Removes a file that nobody may see any more."""
    await files.remove(work.ports.get(Storage), payload.storage_key)


@cron(
    "messages.prune-files",
    schedule="41 * * * *",
    why="what was never sent, or lost its process half way, must not fill the disk",
    timeout=240,
)
async def prune_files(work: Work) -> None:
    """Forgets unsent files and sweeps up orphans."""
    await files.prune(work)


TASKS = (forget_file,)
CRON = (prune_files,)
