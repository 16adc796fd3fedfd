"""This domain's queue jobs and schedules."""

from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.repository import HOW_MANY
from nollycrewhub.domains.jobs.schemas import AnswerOne, LapseBatch, LapseOne, SearchBatch, ShelveOne, SuggestBatch
from nollycrewhub.platform.events import caused_in
from nollycrewhub.platform.queue import Work, cron, enqueue, enqueue_many, task
from nollycrewhub.platform.standing import standing

LAPSE_BATCH = 200


@task("jobs.suggest", payload=SuggestBatch, timeout=60, attempts=20, backoff=5.0, why="a busy database is quiet again within the hour")
async def suggest(payload: SuggestBatch, work: Work) -> None:
    """Renews the suggestions of one batch of listings, and leaves the next batch to another job."""
    last = await service.renew_next(work.session, payload.after)
    if last is not None:
        await enqueue(work.session, "jobs.suggest", SuggestBatch(last))


@task("jobs.renew-search", payload=SearchBatch, timeout=60, attempts=20, backoff=5.0, why="a busy database is quiet again within the hour")
async def renew_search(payload: SearchBatch, work: Work) -> None:
    """Renews what one batch of listings is found by, and leaves the next batch to another job."""
    last = await service.renew_search(work.session, payload.after)
    if last is not None:
        await enqueue(work.session, "jobs.renew-search", SearchBatch(last))


@task("jobs.shelve", payload=ShelveOne, timeout=60, attempts=20, backoff=5.0, why="a busy database is quiet again within the hour")
async def shelve(payload: ShelveOne, work: Work) -> None:
    """Takes away one listing of an account that was closed."""
    caused_in(work.session, payload.region)
    await service.shelve_one(work.session, payload.job_id)


@task("jobs.answer", payload=AnswerOne, timeout=60, attempts=20, backoff=5.0, why="a busy database is quiet again within the hour")
async def answer(payload: AnswerOne, work: Work) -> None:
    """Answers everybody who waits for a listing whose poster has left."""
    caused_in(work.session, payload.region)
    await service.answer_left(work.session, payload.job_id)


@task("jobs.lapse-one", payload=LapseOne, timeout=60, attempts=20, backoff=5.0, why="a busy database is quiet again within the hour")
async def lapse_one(payload: LapseOne, work: Work) -> None:
    """Tells the poster of one listing past its deadline who waits, or closes it."""
    await service.lapse(work.session, payload.job_id)


@task("jobs.lapse", payload=LapseBatch, timeout=60, attempts=20, backoff=5.0, why="a busy database is quiet again within the hour")
async def lapse(payload: LapseBatch, work: Work) -> None:
    """Makes a job of each of the next listings past their deadline, and leaves the rest to another."""
    found = await service.due(work.session, (payload.day, payload.after), limit=LAPSE_BATCH)
    await enqueue_many(
        work.session, "jobs.lapse-one", [LapseOne(one) for _, one in found], dedupe=[f"jobs.lapse-one:{one}" for _, one in found]
    )
    if len(found) == LAPSE_BATCH:
        await enqueue(work.session, "jobs.lapse", LapseBatch(*found[-1]))


@cron("jobs.lapse-all", schedule="*/5 * * * *", why="at midnight in Lagos deadlines pass; one read of an index finds that there is none")
async def lapse_all(work: Work) -> None:
    """Begins anew with the first batch."""
    await enqueue(work.session, "jobs.lapse", LapseBatch(), dedupe="jobs.lapse-all")


@cron("jobs.suggest-all", schedule="17 3 * * *", why="what no event told of (sample data, a restored backup) is mended within a day")
async def suggest_all(work: Work) -> None:
    """Begins anew with the first batch."""
    await enqueue(work.session, "jobs.suggest", SuggestBatch(), dedupe="jobs.suggest-all")


@cron("jobs.renew-search-all", schedule="17 2 * * *", why="columns made by rules that have changed since are mended within a day")
async def renew_search_all(work: Work) -> None:
    """Begins anew with the first batch."""
    await enqueue(work.session, "jobs.renew-search", SearchBatch(), dedupe="jobs.renew-search-all")


TASKS = (suggest, renew_search, shelve, answer, lapse, lapse_one)
CRON = (suggest_all, renew_search_all, lapse_all, standing("jobs", HOW_MANY))
