"""A digest tells of what a saved search found while that search tells by mail and the listing is open; the notice stays in the app."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.journeys.conftest import Join, Member

AHEAD = {"x-nch-position": "1/ffffffffffff"}
NOT_ANY_MORE = "Not sent: the search was stopped, or the job is not open any more."
Change = Callable[[Member, Member, str, int], Awaitable[Any]]


async def nothing(*_: Any) -> None:
    """All stays as it is."""


async def forget(finder: Member, _: Member, search: str, job: int) -> None:
    """The search is taken away."""
    assert (await finder.client.delete(f"/api/jobs/searches/{search}")).status_code == 204, job


async def stop(finder: Member, _: Member, search: str, job: int) -> None:
    """Its mails are stopped on the page of searches."""
    done = await finder.client.post(f"/me/searches/{search}/quiet")
    assert done.status_code == 303, (done.text, job)


async def close(_: Member, poster: Member, search: str, job: int) -> None:
    """The listing is closed."""
    assert (await poster.client.post(f"/api/jobs/{job}/close")).status_code < 300, search


async def run(process: Process, statement: str, *args: Any) -> list[Any]:
    """One statement, committed."""
    async with process.runtime.db.write_session() as session:
        rows = await session.sql(statement, *args)
        await process.runtime.db.commit(session)
    return list(rows)


@pytest.mark.parametrize(
    ("change", "became"),
    [
        (nothing, ("delivered", "")),
        (forget, ("blocked", NOT_ANY_MORE)),
        (stop, ("blocked", NOT_ANY_MORE)),
        (close, ("blocked", NOT_ANY_MORE)),
    ],
)
async def test_a_digest_tells_of_a_find_while_search_and_listing_stand(
    process: Process, join: Join, change: Change, became: tuple[str, str]
) -> None:
    poster, finder = await join(), await join()
    assert (await finder.client.put("/api/notifications/settings", json={"digest": "daily"})).status_code == 204
    word = f"zoetrope{secrets.token_hex(4)}"
    saved = await finder.client.post("/api/jobs/searches", json={"q": word})
    job = await poster.post_job(title=f"Operator of a {word}")
    await drain(process.runtime)
    await change(finder, poster, saved.json()["search"]["id"], job["id"])
    await run(process, "update notifications.delivery set due_at = now() where person_id = $1 and due_at is not null", finder.person_id)
    await run(process, "update platform.pgqueuer set execute_after = now() where entrypoint = 'notice.digest'")
    await drain(process.runtime)
    rows = await run(
        process, "select state, reason from notifications.delivery where person_id = $1 and channel = 'email'", finder.person_id
    )
    assert [tuple(row) for row in rows] == [became]
    told = (await finder.client.get("/api/notifications?kind=search.matched", headers=AHEAD)).json()["notices"]
    assert len(told) == 1, "the notice stays in the app"
