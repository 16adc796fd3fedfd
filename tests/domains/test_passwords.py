"""Passwords: how they are kept, which are refused, what a storm of them may cost others (bar S4)."""

import asyncio
import os
import random
import secrets
import statistics
import time
from uuid import uuid4

import argon2
import msgspec
import pytest

from nollycrewhub.domains.users.rules import LISTED, password_fault
from nollycrewhub.domains.users.service.signin import NOBODYS_HASH
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.hashing import YIELDING, half
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.domains.test_people import browser
from tests.journeys.conftest import PASSWORD, Join
from tests.measuring import Measure
from tests.served import Served, environment

HASH = Query(str, "select password_hash from users.person where email = $1")
SET_HASH = "update users.person set password_hash = $2 where email = $1"
NEW_PERSON = """
insert into users.person (id, handle, name, email, password_hash, email_confirmed_at)
select gen_random_uuid(), 'timed-' || left(e, 32), 'Timed', e, $2, now() from unnest($1::text[]) e
"""


async def test_a_hash_of_weaker_days_is_made_anew_at_sign_in(process: Process, join: Join) -> None:
    member = await join()
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    async with process.runtime.db.write_session() as session:
        await session.sql(SET_HASH, member.email, weak)
        await session.commit()
    read = process.runtime.db.read_session(primary=True)
    async with browser(process) as client:
        assert (await client.post("/signin", data={"email": member.email, "password": "not this one"})).status_code == 401
        assert await read.value(HASH, member.email) == weak
        assert (await client.post("/signin", data={"email": member.email, "password": PASSWORD})).status_code == 303
        stronger = await read.value(HASH, member.email) or ""
        assert stronger.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert (await client.post("/api/auth/login", json={"email": member.email, "password": PASSWORD})).status_code == 200
        assert await read.value(HASH, member.email) == stronger


@pytest.mark.parametrize("length", [64, 256])
async def test_a_long_password_counts_to_its_last_letter(process: Process, length: int) -> None:
    long = ("ọ̀nà méjì ni ó wà sí ọjà " * 20)[:length]
    email = f"{secrets.token_hex(5)}@example.test"
    async with browser(process) as client:
        assert (await client.post("/api/auth/register", json={"name": "Long", "email": email, "password": long})).status_code == 202
        async with process.runtime.db.write_session() as session:
            await session.sql("update users.person set email_confirmed_at = now() where email = $1", email)
            await session.commit()
        near = await client.post("/api/auth/login", json={"email": email, "password": long[:-1] + "#"})
        assert near.status_code == 401
        assert (await client.post("/api/auth/login", json={"email": email, "password": long})).status_code == 200
        over = await client.post("/api/auth/register", json={"name": "Long", "email": "x" + email, "password": long + "x" * (257 - length)})
        assert (over.status_code, over.json()["field"]) == (422, "password")


def test_what_thieves_try_first_is_refused(measured: Measure) -> None:
    listed = [word for word in LISTED if len(word) >= 8]
    accepted = [word for word in listed if password_fault(word) is None or password_fault(word.upper()) is None]
    measured("S4", listed_passwords=len(LISTED), of_eight_letters_or_more=len(listed), accepted=len(accepted))
    assert len(LISTED) == 30_000
    assert accepted == []
    ours = ["nollywood", "Nollywood1", "godisgood123", "Chelsea2024", "sunshine99!", "12345678", "87654321", "aaaaaaaa", "abababab"]
    assert [word for word in ours if password_fault(word) is None] == []
    assert password_fault("adaobi.eze", address="adaobi.eze@example.test") is not None
    for good in (PASSWORD, "danfo-agbada-harmattan", "x7#Qm2!kzP", "Ẹ kú àárọ̀ gbogbo yín"):
        assert password_fault(good) is None


async def test_a_known_and_an_unknown_address_cost_the_same_hash(process: Process, join: Join) -> None:
    member = await join()
    assert not process.runtime.passwords.needs_rehash(NOBODYS_HASH)
    process.runtime.passwords.room = 0
    async with browser(process) as client:
        for email in (member.email, "nobody-at-all@example.test"):
            full = await client.post("/api/auth/login", json={"email": email, "password": "whatever it is"})
            assert (full.status_code, full.headers["retry-after"]) == (503, "3"), "both would have been hashed"
    process.runtime.passwords.room = 120


async def test_hashing_has_processes_of_its_own_that_yield_and_end() -> None:
    pool = PasswordPool(2)
    await pool.start()
    assert all(hasher.process is not None for hasher in pool.hashers), "nobody waits for a start"
    hashed = await pool.hash(PASSWORD)
    assert all(await asyncio.gather(*(pool.verify(hashed, PASSWORD) for _ in range(8))))
    processes = [hasher.process for hasher in pool.hashers if hasher.process is not None]
    assert len(processes) == 2
    before = os.getpriority(os.PRIO_PROCESS, 0)
    assert {os.getpriority(os.PRIO_PROCESS, process.pid) for process in processes} == {min(before + YIELDING, 19)}
    assert all(os.getsid(process.pid) == process.pid for process in processes), "its priority holds where sessions share the processor"
    processes[0].kill()
    await processes[0].wait()
    assert await pool.verify(hashed, PASSWORD) is True, "a lost one is started again"
    assert await pool.verify(hashed, "another") is False
    interrupted = asyncio.create_task(pool.verify(hashed, PASSWORD))
    await asyncio.sleep(0)
    interrupted.cancel()
    assert await asyncio.gather(*(pool.verify(hashed, "another") for _ in range(4))) == [False] * 4, "no answer is somebody else's"
    ends = [hasher.process for hasher in pool.hashers if hasher.process is not None]
    await pool.stop()
    assert all(process.returncode is not None for process in ends)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux lets a process choose its cores")
async def test_hashing_leaves_a_core_to_pages() -> None:
    pool = PasswordPool(2)
    assert await pool.verify(await pool.hash(PASSWORD), PASSWORD) is True
    cores = {frozenset(os.sched_getaffinity(hasher.process.pid)) for hasher in pool.hashers if hasher.process is not None}
    await pool.stop()
    assert cores == {frozenset(half(os.sched_getaffinity(0)))}


@pytest.mark.parametrize(("cores", "hashing"), [({3}, {3}), ({0, 1}, {1}), ({0, 2, 5}, {2, 5}), ({0, 1, 2, 3}, {2, 3})])
def test_half_of_the_cores_and_never_none(cores: set[int], hashing: set[int]) -> None:
    assert half(cores) == hashing


async def test_how_long_it_takes_tells_nothing(process: Process, measured: Measure) -> None:
    rounds = 2000 if FULL else 10
    people = [f"{uuid4().hex}@timed.test" for _ in range(rounds // 10)]
    async with process.runtime.db.write_session() as session:
        await session.sql(NEW_PERSON, people, await process.runtime.passwords.hash(PASSWORD))
        await session.commit()
    strangers = [f"{uuid4().hex}@timed.test" for _ in people]
    tries = [(kind, email) for kind, emails in (("known", people), ("unknown", strangers)) for email in emails for _ in range(10)]
    random.Random(7).shuffle(tries)
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    for number, (kind, email) in enumerate(tries):
        async with browser(process, f"10.{number % 250}.{number // 250}.1") as client:
            began = time.perf_counter()
            answer = await client.post("/api/auth/login", json={"email": email, "password": "not this one"})
            took[kind].append(time.perf_counter() - began)
        assert answer.status_code == 401
    known, unknown = statistics.fmean(took["known"]), statistics.fmean(took["unknown"])
    apart = abs(known - unknown) / known * 100
    measured("S4", n=rounds, known_ms=round(known * 1000, 2), unknown_ms=round(unknown * 1000, 2), means_apart_percent=round(apart, 2))
    if FULL:
        assert apart < 2


async def ask(port: int, request: bytes) -> int:
    """The status of one request on a connection of its own; plain sockets, as a thousand waiting ones choke a client's pool."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readline()
    await reader.read()
    writer.close()
    return int(head.split()[1])


async def paced(port: int, requests: list[bytes], *, rate: float) -> list[tuple[int, float]]:
    """Status and seconds of each request, sent at a fixed rate whatever the answers do."""

    async def one(request: bytes, due: float) -> tuple[int, float]:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        return await ask(port, request), time.perf_counter() - due

    start = time.perf_counter() + 0.2
    return await asyncio.gather(*(one(request, start + number / rate) for number, request in enumerate(requests)))


def http(line: str, body: bytes = b"", **headers: str) -> bytes:
    """A request on the wire."""
    given = {"host": "127.0.0.1", "connection": "close", "content-length": str(len(body)), **headers}
    return (
        "\r\n".join([f"{line} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in given.items()), "", ""]).encode() + body
    )


def p95(answers: list[tuple[int, float]]) -> float:
    """Milliseconds."""
    return sorted(seconds for _, seconds in answers)[int(len(answers) * 0.95)] * 1000


def others(cookie: str, jobs: list[int]) -> list[tuple[str, bytes]]:
    """The program's other routes, each at its usual cost: from memory, refilled, searched, and a member's own page."""
    round_of = [
        ("home", "/"), ("board", "/jobs"), ("one job", "/jobs/{job}"), ("search", "/api/jobs?view=compact&q=gaffer+{n}"),
        ("talent", "/talent"), ("API list", "/api/jobs?view=compact&limit=20"), ("own page", "/me"),
    ]  # fmt: skip
    found = []
    for n in range(PAGES):
        kind, path = round_of[n % len(round_of)]
        given = {"cookie": cookie} if kind == "own page" else {}
        found.append((kind, http(f"GET {path.format(job=jobs[n % len(jobs)], n=n)}", **given)))
    return found


PAGES = 630


@pytest.mark.full
async def test_a_storm_of_sign_ins_slows_no_other_page(
    settings: Settings, process: Process, join: Join, measured: Measure, tmp_path_factory: pytest.TempPathFactory
) -> None:
    member, reader = await join(), await join()
    jobs = [(await member.post_job())["id"] for _ in range(5)]
    served = Served(
        tmp_path_factory.mktemp("storm"), ["serve", "--workers", "2"], environment(settings, EDGE_ADDRESSES="127.0.0.1/32")
    ).ready()
    crowd = [f"{uuid4().hex}@storm.test" for _ in range(2100)]
    async with process.runtime.db.write_session() as session:
        await session.sql(NEW_PERSON, crowd, await process.runtime.passwords.hash(PASSWORD))
        await session.commit()
    pages = others(f"session={reader.client.cookies['session']}", jobs)
    requests = [request for _, request in pages]
    storm = [
        http("POST /api/auth/login", msgspec.json.encode({"email": email, "password": PASSWORD}), content_type="application/json",
             x_forwarded_for=f"102.88.{number // 250}.{number % 250}")
        for number, email in enumerate(crowd)
    ]  # fmt: skip
    try:
        await paced(served.port, requests, rate=30)
        before = await paced(served.port, requests, rate=30)
        spent, began = time.process_time(), time.perf_counter()
        beside, signed = await asyncio.gather(paced(served.port, requests, rate=30), paced(served.port, storm, rate=100))
        client = (time.process_time() - spent) / (time.perf_counter() - began)
        alone = before + await paced(served.port, requests, rate=30)
    finally:
        served.stop()
    statuses = {status: sum(1 for found, _ in signed if found == status) for status in {found for found, _ in signed}}
    slower = (p95(beside) / p95(alone) - 1) * 100
    kinds = [kind for kind, _ in pages]

    def of(kind: str, answers: list[tuple[int, float]]) -> float:
        return round(p95([answer for answer, one in zip(answers, kinds * 2, strict=False) if one == kind]), 2)

    measured(
        "S4", routes=len(set(kinds)), others_p95_alone_ms=round(p95(alone), 2), others_p95_in_storm_ms=round(p95(beside), 2),
        slower_percent=round(slower, 1), by_kind=str({kind: (of(kind, alone), of(kind, beside)) for kind in dict.fromkeys(kinds)}),
        sign_ins=len(storm), sign_ins_answered=str(statuses), sign_in_p95_ms=round(p95(signed), 1), client_cpu=round(client, 2),
    )  # fmt: skip
    assert {status for status, _ in beside} == {200}
    assert set(statuses) <= {200, 503}
    assert slower < 20
