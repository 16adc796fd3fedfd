"""A new or edited listing reaches whoever saved a search that it fits, and nobody else: how many, and how soon in the app."""

import asyncio
import time

import pytest

from nollycrewhub.domains.jobs import service
from nollycrewhub.platform.app import Process
from tests.conftest import FULL
from tests.events.test_killed_consumers import OTHER, WORD, listing
from tests.events.test_searching import FILL
from tests.faults.scene import member
from tests.measuring import Measure
from tests.queueing.conftest import Field

SAVED, PEOPLE = (100_000, 5_000) if FULL else (2_000, 250)
SECONDS = 5.0
JOIN = """
insert into users.person (id, handle, name, email, email_confirmed_at)
select gen_random_uuid(), 'waits-' || n, 'Waits', 'waits-' || n || '@example.test', now() from generate_series(1, $1) as n
"""
SAVE = """
insert into jobs.saved_search (id, person_id, question, label, terms, key, by_mail, stop_token)
select gen_random_uuid(), id, 'q=x', 'x', array[$1::text], $1, row_number() over () % 2 = 0, 'waits-' || handle
from users.person where handle like 'waits-%'
"""
TOLD = "select count(*)::int as n from notifications.notice where kind = 'search.matched' and link = $1"
WRONG = """
select count(*)::int as n from notifications.notice
where person_id not in (select id from users.person where handle like 'waits-%')
"""
TWICE = "select count(*)::int as n from (select 1 from notifications.notice group by person_id having count(*) > 1) as found"
MAILED = "select count(distinct recipient)::int as people, count(*)::int as mails from platform.mailbox where subject like 'New job:%'"
LEFT = "select count(*)::int as n from platform.pgqueuer where status in ('queued', 'picked')"


async def reached(field: Field, link: str, many: int, *, seconds: float) -> float:
    """When so many had the notice, on the clock of this process."""
    for _ in range(int(seconds / 0.05)):
        if (await field.sql(TOLD, link))[0]["n"] >= many:
            return time.monotonic()
        await asyncio.sleep(0.05)
    raise AssertionError(f"only {(await field.sql(TOLD, link))[0]['n']} of {many} were told in {seconds} s")


async def quiet(field: Field) -> None:
    """Until no job waits or runs."""
    for _ in range(1200):
        if not (await field.sql(LEFT))[0]["n"]:
            return
        await asyncio.sleep(0.25)
    raise AssertionError("jobs are still there after five minutes")


@pytest.mark.parametrize("act", ["posted", "edited"])
async def test_a_new_listing_reaches_everybody_it_fits_and_nobody_else(field: Field, town: Process, measured: Measure, act: str) -> None:
    poster, _ = await member(town)
    await field.sql(FILL, SAVED - PEOPLE)
    await field.sql(JOIN, PEOPLE)
    await field.sql(SAVE, WORD)
    await field.sql("analyze jobs.saved_search, users.person")
    field.start(2)
    await field.ready()
    async with town.runtime.db.write_session() as session:
        job = await service.post(session, poster.id, listing(1, WORD if act == "posted" else OTHER))
        started = time.monotonic()
        await town.runtime.db.commit(session)
    if act == "edited":
        await quiet(field)
        async with town.runtime.db.write_session() as session:
            await service.edit(session, poster.id, job.id, listing(1))
            started = time.monotonic()
            await town.runtime.db.commit(session)
    link = f"/jobs/{job.id}"
    first = await reached(field, link, 1, seconds=60) - started
    last = await reached(field, link, PEOPLE, seconds=120) - started
    await quiet(field)
    found = [(await field.sql(statement))[0]["n"] for statement in (WRONG, TWICE)]
    assert found == [0, 0]
    assert dict((await field.sql(MAILED))[0]) == {"people": PEOPLE // 2, "mails": PEOPLE // 2}
    measured(
        "alerts", act=act, saved=SAVED, fit=PEOPLE, wrong=0, twice=0, mails=PEOPLE // 2, first_s=round(first, 2), last_s=round(last, 2)
    )
    if FULL:
        assert last < SECONDS
