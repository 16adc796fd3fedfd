"""Really served processes killed at random instants (bar M9), and one key sent to two of them at once (bar M1)."""

import asyncio
import os
import random
import secrets

import httpx

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.faults.conftest import Start
from tests.faults.scene import member
from tests.journeys.conftest import JOB
from tests.measuring import Measure
from tests.served import Served, environment

SEED = int(os.environ.get("NOLLYCREWHUB_SEED") or 20261124)
INSTANTS = 200 if FULL else 2
WRITERS = 6
LONGEST = 0.4  # seconds of writing after the first answer
KEYS, REPEATS = (40, 50) if FULL else (3, 20)
UNTOLD = """
select count(*) from jobs.job j where j.poster_id = $1
and (select count(*) from platform.event e where e.name = 'job.created' and e.aggregate_id = 'job:' || j.id) <> 1
"""
UNFOUNDED = """
select count(*) from platform.event e where e.name = 'job.created' and e.body->>'poster_id' = $1
and not exists (select 1 from jobs.job j where 'job:' || j.id = e.aggregate_id)
"""
JOBS = "select count(*) from jobs.job where poster_id = $1"


async def number(process: Process, sql: str, *args: object) -> int:
    """One number from the primary, in a transaction of its own."""
    async with process.runtime.db.write_session() as session:
        return int((await session.sql(sql, *args))[0][0])


async def write_until_dead(web: Served, headers: dict[str, str], answered: list[int], under_way: asyncio.Event) -> None:
    """Posts jobs one after another until nobody answers any more; keeps the numbers of those that were confirmed, asks again where shed."""
    async with httpx.AsyncClient(base_url=web.url, headers=headers, timeout=20) as client:
        while True:
            try:
                answer = await client.post("/api/jobs", json=JOB)
            except httpx.TransportError:
                return
            if answer.status_code == 503:
                await asyncio.sleep(float(answer.headers["retry-after"]))
                continue
            assert answer.status_code == 201, answer.text
            answered.append(answer.json()["job"]["id"])
            under_way.set()


async def test_a_killed_web_process_leaves_every_change_with_its_event(
    process: Process, settings: Settings, start: Start, measured: Measure
) -> None:
    rng, answered = random.Random(SEED), []
    person, headers = await member(process)
    next_one = start(["serve"], environment(settings))
    for _ in range(INSTANTS):
        web = await asyncio.to_thread(next_one.ready)
        next_one = start(["serve"], environment(settings))
        under_way = asyncio.Event()
        writers = [asyncio.create_task(write_until_dead(web, headers, answered, under_way)) for _ in range(WRITERS)]
        await asyncio.wait_for(under_way.wait(), 30)
        await asyncio.sleep(rng.random() * LONGEST)
        web.kill()
        await asyncio.gather(*writers)
    stored = await number(process, JOBS, person.id)
    kept = await number(process, f"{JOBS} and id = any($2)", person.id, answered)
    found = {
        "changes_without_event": await number(process, UNTOLD, person.id),
        "events_without_change": await number(process, UNFOUNDED, str(person.id)),
        "confirmed_and_lost": len(answered) - kept,
    }
    assert found == dict.fromkeys(found, 0), f"seed {SEED}"
    assert stored >= len(answered) > 0
    measured("M9", kills=INSTANTS, seed=SEED, jobs_stored=stored, confirmed_to_the_caller=len(answered), **found)


async def test_one_key_sent_to_two_processes_has_one_effect(process: Process, settings: Settings, start: Start, measured: Measure) -> None:
    person, headers = await member(process)
    both = [await asyncio.to_thread(one.ready) for one in [start(["serve"], environment(settings)) for _ in range(2)]]
    replayed = 0
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        for n in range(KEYS):
            key = {"idempotency-key": secrets.token_hex(12)}
            answers = await asyncio.gather(
                *(client.post(f"{both[turn % 2].url}/api/jobs", json=JOB, headers=key) for turn in range(REPEATS))
            )
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.content for answer in answers}) == 1
            assert await number(process, JOBS, person.id) == n + 1
            replayed += sum("idempotent-replayed" in answer.headers for answer in answers)
            other = await client.post(f"{both[0].url}/api/jobs", json={**JOB, "wanted": 2}, headers=key)
            assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
        assert await number(process, JOBS, person.id) == KEYS
    assert replayed == KEYS * (REPEATS - 1)
    measured("M1", processes=2, keys=KEYS, posts_a_key=REPEATS, effects=KEYS, bodies=KEYS, other_body_refused=KEYS)
