"""Jobs exist if and only if their data does; an event's effect happens once, and never out of order."""

import asyncio

import httpx
import msgspec

from nollycrewhub.contracts.events import PersonErased, ProfileUpdated
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process, Runtime
from nollycrewhub.platform.events import emit, feel
from nollycrewhub.platform.module import Module
from nollycrewhub.platform.queue import Retry, Work, enqueue, pause_before, task
from nollycrewhub.platform.worker import Worker, drain, tasks_of
from tests.platform.conftest import FELT, HEARERS, RUNS, SEEN, TOY, Number, profile_updated


def work_of(toy: Process, session: object) -> Work:
    """What a handler gets."""
    db = toy.runtime.db
    return Work(session, db.read_session(primary=True), db, toy.runtime.ports, toy.runtime.settings)  # type: ignore[arg-type]


async def test_an_enqueue_before_any_statement_still_waits_for_the_commit(toy: Process) -> None:
    """The trap: on the raw connection under a session that has not begun, the job would commit by itself."""
    async with toy.runtime.db.write_session() as session:
        await enqueue(session, "toy.count", Number(1))
        await session.rollback()
    assert await drain(toy.runtime) == 0
    async with toy.runtime.db.write_session() as session:
        await enqueue(session, "toy.count", Number(2))
        await session.commit()
    assert await drain(toy.runtime) == 1
    assert RUNS == [2]


async def test_deduplicated_jobs_wait_once(toy: Process) -> None:
    async with toy.runtime.db.write_session() as session:
        for number in range(3):
            await enqueue(session, "toy.count", Number(number), dedupe="same")
        await session.commit()
    assert await drain(toy.runtime) == 1
    assert RUNS == [0]


async def test_an_event_is_felt_once_however_often_it_is_delivered(toy: Process) -> None:
    person = uuid7()
    event = PersonErased(aggregate_id=str(person), version=1, person_id=person)
    async with toy.runtime.db.write_session() as session:
        await emit(session, event)
        await session.commit()
    assert await drain(toy.runtime) == 2
    handler = next(h for h in TOY.handlers if h.consumer == "toy.person_erased")
    for _ in range(5):
        async with toy.runtime.db.write_session() as session:
            await feel(handler, event.event_id, work_of(toy, session))
            await session.commit()
    assert [person] == FELT
    assert await drain(toy.runtime) == 0


async def test_concurrent_deliveries_are_felt_once(toy: Process) -> None:
    person = uuid7()
    event = PersonErased(aggregate_id=str(person), version=1, person_id=person)
    async with toy.runtime.db.write_session() as session:
        await emit(session, event)
        await session.commit()
    handler = next(h for h in TOY.handlers if h.consumer == "toy.person_erased")

    async def deliver() -> None:
        async with toy.runtime.db.write_session() as session:
            await feel(handler, event.event_id, work_of(toy, session))
            await session.commit()

    await asyncio.gather(*(deliver() for _ in range(8)))
    assert [person] == FELT


async def test_an_ordered_consumer_skips_an_older_version(toy: Process) -> None:
    person = uuid7()
    versions = [ProfileUpdated(aggregate_id=str(person), version=v, person_id=person, handle="ada", listed=True) for v in (1, 2, 3)]
    async with toy.runtime.db.write_session() as session:
        for event in versions:
            await emit(session, event)
        await session.sql("delete from platform.pgqueuer")
        await session.commit()
    for event in (versions[1], versions[0], versions[2]):
        async with toy.runtime.db.write_session() as session:
            await feel(profile_updated, event.event_id, work_of(toy, session))
            await session.commit()
    assert SEEN == [2, 3]


async def test_a_refused_request_leaves_neither_event_nor_job(toy: Process, client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/things", json={"name": "z", "fail": True})).status_code == 409
    assert await drain(toy.runtime) == 0
    assert FELT == []


async def test_the_worker_retries_then_holds_a_failing_job(toy: Process) -> None:
    tries: list[int] = []

    @task("toy.fails", payload=Number, timeout=5, attempts=3, backoff=0.05, why="a toy that always fails")
    async def fails(payload: Number, work: Work) -> None:
        tries.append(work.attempt)
        if work.attempt == 0:
            raise Retry(0.05)
        raise ValueError("no")

    module = Module(name="toy", tasks=(fails,))
    runtime = Runtime(toy.runtime.settings, [module], HEARERS)
    await runtime.start()
    worker = Worker(runtime, tasks_of(runtime), [])
    running = asyncio.create_task(worker.run())
    async with runtime.db.write_session() as session:
        await enqueue(session, "toy.fails", Number(1))
        await session.commit()
    states: list[str] = []
    for _ in range(400):
        async with runtime.db.write_session() as session:
            rows = await session.sql("select status::text from platform.pgqueuer where entrypoint = 'toy.fails'")
        states = [row[0] for row in rows]
        if states == ["failed"]:
            break
        await asyncio.sleep(0.05)
    worker.stopping.set()
    await asyncio.wait_for(running, 10)
    await runtime.stop()
    assert tries == [0, 1, 2]
    assert states == ["failed"]


def test_pauses_grow_and_are_spread() -> None:
    first = [pause_before(0, first=1.0) for _ in range(200)]
    later = [pause_before(5, first=1.0) for _ in range(200)]
    assert 0 <= min(first) < 0.2 < 0.8 < max(first) <= 1.0
    assert 0 <= min(later) < 6 < 26 < max(later) <= 32
    assert len({round(value, 3) for value in later}) > 100
    assert pause_before(40, first=1.0) <= 3600
    whole = [pause_before(1, first=1.0, whole=True) for _ in range(200)]
    assert 2 <= min(whole) < 2.5 < 3.5 < max(whole) <= 4


def test_payloads_are_small_structs() -> None:
    assert msgspec.json.decode(msgspec.json.encode(Number(1)), type=Number) == Number(1)
