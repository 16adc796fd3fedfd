"""This domain's queue jobs and schedules."""

from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.schemas import ShelveOne, SuggestBatch
from nollycrewhub.platform.queue import Work, cron, enqueue, task


@task("jobs.suggest", payload=SuggestBatch, timeout=60, attempts=20, backoff=5.0, why="a busy database is quiet again within the hour")
async def suggest(payload: SuggestBatch, work: Work) -> None:
    """Renews the suggestions of one batch of listings, and leaves the next batch to another job."""
    last = await service.renew_next(work.session, payload.after)
    if last is not None:
        await enqueue(work.session, "jobs.suggest", SuggestBatch(last))


@task("jobs.shelve", payload=ShelveOne, timeout=60, attempts=20, backoff=5.0, why="a busy database is quiet again within the hour")
async def shelve(payload: ShelveOne, work: Work) -> None:
    """Takes away one listing of an account that was closed."""
    await service.shelve_one(work.session, payload.job_id)


@cron("jobs.suggest-all", schedule="17 3 * * *", why="what no event told of (sample data, a restored backup) is mended within a day")
async def suggest_all(work: Work) -> None:
    """Begins anew with the first batch."""
    await enqueue(work.session, "jobs.suggest", SuggestBatch(), dedupe="jobs.suggest-all")


TASKS = (suggest, shelve)
CRON = (suggest_all,)
