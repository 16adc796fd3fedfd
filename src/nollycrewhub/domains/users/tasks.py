"""This domain's queue jobs and schedules."""

from nollycrewhub.domains.users import service
from nollycrewhub.domains.users.repository import HOW_MANY
from nollycrewhub.domains.users.schemas import AskedCode, RenewBatch, SignInCode
from nollycrewhub.platform.queue import Work, cron, enqueue, task
from nollycrewhub.platform.standing import standing


@task(
    "users.sign-in-code",
    payload=SignInCode,
    timeout=30,
    attempts=8,
    backoff=2.0,
    why="the code holds half an hour, and who waits for it tries again",
)
async def sign_in_code(payload: SignInCode, work: Work) -> None:
    """Sends the code of a challenge, if its password was right."""
    await service.send_sign_in_code(work.session, payload, settings=work.settings)


@task(
    "users.code",
    payload=AskedCode,
    timeout=30,
    attempts=8,
    backoff=2.0,
    why="who waits for the code asks again within minutes",
)
async def code(payload: AskedCode, work: Work) -> None:
    """Sends a code to confirm an address or to set a new password, if the address is anybody's."""
    await service.send_asked_code(work.session, payload, settings=work.settings)


@task("users.renew-search", payload=RenewBatch, timeout=60, attempts=20, backoff=5.0, why="a busy database is quiet again within the hour")
async def renew_search(payload: RenewBatch, work: Work) -> None:
    """Renews the search documents of one batch of people, and leaves the next batch to another job."""
    last = await service.renew_next(work.session, payload.after)
    if last is not None:
        await enqueue(work.session, "users.renew-search", RenewBatch(last))


@cron("users.renew-search-all", schedule="47 2 * * *", why="documents made by rules that have changed since are mended within a day")
async def renew_search_all(work: Work) -> None:
    """Begins anew with the first batch."""
    await enqueue(work.session, "users.renew-search", RenewBatch(), dedupe="users.renew-search-all")


TASKS = (sign_in_code, code, renew_search)
CRON = (renew_search_all, standing("users", HOW_MANY))
