"""The clock that ends and closes listings, killed in the middle: everybody who waited has one answer, every poster one notice."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.rules.states import CLOSES_AFTER
from nollycrewhub.domains.jobs.schemas import ApplyInput, LapseBatch
from nollycrewhub.kit.time import lagos_day
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.queue import enqueue
from tests.conftest import FULL
from tests.events.test_killed_consumers import assert_felt_once, listing, settled, tally
from tests.faults.scene import member
from tests.measuring import Measure
from tests.queueing.conftest import Field, dice

LISTINGS, POSTERS, APPLICANTS, KILLS = (2000, 20, 4, 20) if FULL else (50, 3, 2, 2)
MOVED = "update jobs.job set deadline = $1, deadline_key = $1 where id = any($2::bigint[])"
CLOSED = "select count(*)::int from jobs.job where status = 'closed'"
TOLD = """
select n.person_id, (e.body->>'job_id')::bigint as job_id, n.kind, count(*)::int as n
from notifications.notice n join platform.event e on e.id = n.event_id
where n.kind in ('application.declined', 'job.closed', 'job.ended') group by 1, 2, 3
"""
MOVES = "select status, version, count(*)::int as n from jobs.application where job_id = any($1::bigint[]) group by 1, 2"
STATES = "select status, count(*)::int as n from jobs.job where id = any($1::bigint[]) group by 1"


async def tick(town: Process) -> None:
    """What the schedule does every five minutes, whether or not the last time has ended."""
    async with town.runtime.db.write_session() as session:
        await enqueue(session, "jobs.lapse", LapseBatch(), dedupe="jobs.lapse-all")
        await town.runtime.db.commit(session)


async def posted(town: Process) -> tuple[dict[int, Any], list[Any]]:
    """Listings by id with their posters, each with everybody's application; and those who applied."""
    posters = [(await member(town))[0].id for _ in range(POSTERS)]
    people = [(await member(town))[0].id for _ in range(APPLICANTS)]
    jobs: dict[int, Any] = {}
    for n in range(LISTINGS):
        async with town.runtime.db.write_session() as session:
            job = await service.post(session, posters[n % POSTERS], listing(n))
            for person in people:
                await service.apply(session, person, "Wait Ing", job.id, given=ApplyInput())
            await town.runtime.db.commit(session)
        jobs[job.id] = posters[n % POSTERS]
    return jobs, people


async def until_closed(field: Field, share: int) -> int:
    """Waits until so many are closed; how many are."""
    for _ in range(3000):
        if (done := (await field.sql(CLOSED))[0][0]) >= share:
            return int(done)
        await asyncio.sleep(0.01)
    raise AssertionError(f"{done} of {share} were closed")


async def test_a_clock_that_is_killed_answers_everybody_once(field: Field, town: Process, measured: Measure) -> None:
    throw = dice("M9")
    jobs, people = await posted(town)
    ended = sorted(jobs)[: LISTINGS // 5]
    forgotten = sorted(jobs)[LISTINGS // 5 :]
    field.start(1, TOY_HEARTBEAT="2")
    await field.ready()
    await settled(field, seconds=300 if FULL else 60)
    await field.sql(MOVED, lagos_day() - timedelta(days=1), ended)
    await field.sql(MOVED, lagos_day() - CLOSES_AFTER, forgotten)
    kills_amid = 0
    for kill in range(KILLS):
        await tick(town)
        share = 1 + kill * len(forgotten) // KILLS
        done = await until_closed(field, share)
        field.kill_one(throw)
        kills_amid += done < len(forgotten)
    await tick(town)
    replayed = await settled(field, seconds=300 if FULL else 60)
    assert tally(await field.sql(STATES, forgotten)) == {("closed",): len(forgotten)}
    assert tally(await field.sql(STATES, ended)) == {("open",): len(ended)}
    assert tally(await field.sql(MOVES, forgotten)) == {("declined", 2): len(forgotten) * APPLICANTS}
    assert tally(await field.sql(MOVES, ended)) == {("applied", 1): len(ended) * APPLICANTS}
    wanted: Counter[Any] = Counter((person, job, "application.declined") for job in forgotten for person in people)
    wanted.update((jobs[job], job, "job.closed") for job in forgotten)
    wanted.update((jobs[job], job, "job.ended") for job in ended)
    assert_felt_once(wanted, tally(await field.sql(TOLD)))
    assert kills_amid, "no kill fell into the closing"
    measured(
        "M9", listings=LISTINGS, answers=len(forgotten) * APPLICANTS, kills=KILLS, kills_amid=kills_amid, replayed=replayed, lost=0, twice=0
    )
