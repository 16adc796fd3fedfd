"""The list of jobs and the sample data, on a database of their own: against a plain model, at the front door."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from nollycrewhub.cli import migrate, seeding
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.domains.jobs.repository import page_query
from nollycrewhub.domains.jobs.service.searching import today
from nollycrewhub.kit import paging
from nollycrewhub.kit.time import LAGOS
from nollycrewhub.kit.words import spellings, words_of
from nollycrewhub.platform import metrics
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.conftest import FULL

BASE = datetime(2026, 11, 20, tzinfo=UTC)
NAME = "nollycrewhub_sample"
ROWS = "select *, posted_at at time zone 'UTC' as posted from jobs.job"
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"q": "gaffer"},
    {"q": "wanted lagos"},
    {"kind": "crew"},
    {"kind": "casting", "state": "LA"},
    {"category": "gaffer"},
    {"state": "EN", "language": "ig"},
    {"pay_min": "5000000", "pay_max": "30000000"},
    {"since": "2026-10-25"},
    {"q": "shoot", "kind": "crew", "since": "2026-09-01", "pay_min": "1"},
    {"q": "gaffer wanted", "kind": "crew", "pay_max": "90000000"},
)
SORTS = ("newest", "deadline", "pay")


@pytest.fixture(scope="module")
async def sample(settings: Settings, stack: Stack) -> Settings:
    """A migrated database with the sample in it, small but whole, and settings that read it on the primary."""
    stack.primary.sql(f"drop database if exists {NAME}")
    stack.primary.sql(f"create database {NAME} owner nollycrewhub_owner")
    for extension in ("pg_trgm", "unaccent"):
        stack.primary.sql(f"create extension {extension}", database=NAME)
    urls = {
        f"database_{part}url": stack.primary.url(f"nollycrewhub_{role}", database=NAME)
        for part, role in (("", "app"), ("owner_", "owner"), ("direct_", "app"), ("reader_", "reader"))
    }
    found = msgspec.structs.replace(settings, read_replica_urls={}, shared_caches=False, **urls)
    await asyncio.to_thread(migrate.upgrade, found)
    assert await seeding.run(found, users=150, jobs=700, applications=300, seed=1, now=BASE)
    return found


@pytest.fixture
async def market(sample: Settings) -> AsyncIterator[Process]:
    """The program on the sample."""
    process = monolith.create_app(sample)
    await process.runtime.start()
    yield process
    await process.runtime.stop()


@pytest.fixture
async def visitor(market: Process) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at its front door."""
    transport = httpx.ASGITransport(app=market)
    async with httpx.AsyncClient(transport=transport, base_url=market.runtime.settings.public_url) as client:
        yield client


@pytest.fixture
async def rows(sample: Settings) -> list[dict[str, Any]]:
    """All listings as they are stored."""
    connection = await asyncpg.connect(sample.database_reader_url)
    try:
        return [dict(row) for row in await connection.fetch(ROWS)]
    finally:
        await connection.close()


def fits(row: dict[str, Any], given: dict[str, str]) -> bool:
    """Whether a listing answers the filters, said the plain way."""
    words = set(row["search_title"].split()) | set(row["search_text"].split())
    since = datetime.combine(date.fromisoformat(given.get("since", "2000-01-01")), datetime.min.time(), LAGOS)
    return (
        row["status"] in (("open", "closed") if given.get("open") == "false" else ("open",))
        and (given.get("open") == "false" or row["deadline_key"] >= today())
        and all(words.intersection(choice) for choice in spellings(words_of(given.get("q", ""))))
        and all(row[name] == given[name] for name in ("kind", "category", "state") if name in given)
        and ("language" not in given or given["language"] in row["languages"])
        and int(given.get("pay_min", -(10**18))) <= row["pay_key"] <= int(given.get("pay_max", 10**18))
        and row["posted_at"] >= since
    )


def in_title(row: dict[str, Any], words: list[str]) -> int:
    """How much of a question a title says: 2 for all its words, 1 for some, 0 for none."""
    title = set(row["search_title"].split())
    found = [bool(title.intersection(choice)) for choice in spellings(words)]
    return 2 if all(found) else int(any(found))


def in_order(rows: list[dict[str, Any]], sort: str, words: list[str]) -> list[int]:
    """Ids as the list must have them."""
    keys: dict[str, Any] = {
        "newest": lambda row: (-row["posted_at"].timestamp(), -row["id"]),
        "deadline": lambda row: (row["deadline_key"], row["id"]),
        "pay": lambda row: (-row["pay_key"], -row["id"]),
        "relevance": lambda row: (-in_title(row, words), -row["posted_at"].timestamp(), -row["id"]),
    }
    return [row["id"] for row in sorted(rows, key=keys[sort])]


async def walk(visitor: httpx.AsyncClient, given: dict[str, str], *, pages: int, limit: int) -> list[int]:
    """Ids of page after page, by the cursors the answers give."""
    found: list[int] = []
    cursor = None
    for _ in range(pages):
        answer = await visitor.get("/api/jobs", params={**given, "limit": str(limit), **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        found += [job["id"] for job in answer.json()["jobs"]]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    return found


@pytest.mark.parametrize("given", FILTERS, ids=lambda given: "&".join(given) or "none")
async def test_every_sort_and_filter_pages_through_what_the_model_says(
    visitor: httpx.AsyncClient, rows: list[dict[str, Any]], given: dict[str, str]
) -> None:
    pages = 200 if FULL else 6
    sorts = (*SORTS, "relevance") if "q" in given else SORTS
    for sort, everybody in itertools.product(sorts, ("true", "false")):
        asked = {**given, "sort": sort, "open": everybody}
        expected = in_order([row for row in rows if fits(row, asked)], sort, words_of(given.get("q", "")))
        assert expected, asked
        assert await walk(visitor, asked, pages=pages, limit=20) == expected[: pages * 20], asked
        assert await walk(visitor, asked, pages=2, limit=7) == expected[:14], asked


async def test_relevance_puts_the_title_first_and_says_what_it_ranked(visitor: httpx.AsyncClient, rows: list[dict[str, Any]]) -> None:
    answer = (await visitor.get("/api/jobs", params={"q": "gaffer", "limit": "100", "view": "full"})).json()
    assert "ranked_over" not in answer
    expected = {row["id"] for row in rows if fits(row, {"q": "gaffer"})}
    assert await walk(visitor, {"q": "gaffer"}, pages=50, limit=3) == [job["id"] for job in answer["jobs"]]
    assert {job["id"] for job in answer["jobs"]} == expected
    titled = ["gaffer" in words_of(job["title"]) for job in answer["jobs"]]
    assert titled == sorted(titled, reverse=True) and any(titled)


async def test_a_list_by_relevance_ends_after_what_it_says(visitor: httpx.AsyncClient) -> None:
    start = "2 2100-01-01 00:00:00.000000"
    asked = {"q": "gaffer", "limit": "5"}
    last = (await visitor.get("/api/jobs", params={**asked, "cursor": paging.encode("relevance", f"4997 {start}", 1)})).json()
    assert (len(last["jobs"]), last["next"], last["ranked_over"]) == (3, None, 5000)
    page = await visitor.get("/jobs", params={**asked, "sort": "relevance", "cursor": paging.encode("relevance", f"4997 {start}", 1)})
    assert (page.status_code, "The list ends after 5,000." in page.text) == (200, True)
    before = (await visitor.get("/api/jobs", params={**asked, "cursor": paging.encode("relevance", f"4994 {start}", 1)})).json()
    assert "ranked_over" not in before
    assert (len(before["jobs"]), paging.decode(before["next"], str, str, int)[1].split()[0]) == (5, "4999")
    for forged in ("5000 2 2026-01-01", "0 3 2026-01-01", "0 2 soon", "0.5", "-1 2 2026-01-01"):
        answer = await visitor.get("/api/jobs", params={**asked, "cursor": paging.encode("relevance", forged, 1)})
        assert (answer.status_code, answer.json()["field"]) == (422, "cursor"), forged


@pytest.mark.parametrize(
    ("typed", "means", "told"),
    [("Omolara", "Ọmọlará", None), ("ỌMỌLARÁ", "Ọmọlará", None), ("gafer", "Gaffer", "gaffer"), ("Enugu", "Enugu", None)],
)
async def test_a_search_reads_names_without_marks_and_mends_a_slip(
    visitor: httpx.AsyncClient, typed: str, means: str, told: str | None
) -> None:
    answer = (await visitor.get("/api/jobs", params={"q": typed, "view": "full", "limit": "100"})).json()
    assert answer["jobs"]
    assert all(means in f"{job['title']} {job['company']} {job['location']} {job['description']}" for job in answer["jobs"])
    assert answer.get("corrected") == told


async def test_a_person_finds_their_name_by_plain_letters(sample: Settings) -> None:
    assert words_of("Ṣọlá") == words_of("Sola") == ["sola"]


async def reads() -> float:
    """Read statements so far."""
    return metrics.REGISTRY.get_sample_value("nch_reads_total", {"server": "primary"}) or 0.0


@pytest.mark.parametrize(
    ("path", "statements"),
    [("/api/jobs", 1), ("/api/jobs?kind=crew&sort=pay", 1), ("/api/jobs?q=gaffer", 2), ("/api/jobs?q=gafer", 4), ("/api/jobs/12345", 1)],
)
async def test_a_list_costs_this_many_statements(visitor: httpx.AsyncClient, path: str, statements: int) -> None:
    before = await reads()
    assert (await visitor.get(path)).status_code == 200
    assert await reads() - before == statements


async def test_every_sort_and_filter_can_be_served_by_an_index(sample: Settings) -> None:
    from nollycrewhub.domains.jobs.rules.search import parse
    from nollycrewhub.domains.jobs.service.searching import KNOWN

    connection = await asyncpg.connect(sample.database_reader_url)
    try:
        await connection.execute("set enable_seqscan = off")
        for given, sort, everybody in itertools.product(FILTERS, (*SORTS, "relevance"), ("true", "false")):
            if sort == "relevance" and "q" not in given:
                continue
            search = parse({**given, "sort": sort, "open": everybody}, KNOWN)
            query, args = page_query(search, today(), compact=True, after=None, limit=20)
            plan = "\n".join(row[0] for row in await connection.fetch(f"explain {query.sql}", *args))
            assert "Seq Scan" not in plan, (given, sort, plan)
    finally:
        await connection.close()


async def test_the_sample_holds_what_the_plans_load_test_asks_for(visitor: httpx.AsyncClient) -> None:
    job = (await visitor.get("/api/jobs/12345")).json()["job"]
    assert (job["id"], job["title"], job["company"]) == (12345, "Lead actress, Igbo-speaking", "Ọmọlará Pictures")
    assert (job["location"], job["salary"]) == ("Enugu, Enugu State", "₦150,000 a day")
    assert job["pay"] == {"amount": 15_000_000, "currency": "NGN", "unit": "day", "terms": "paid"}
    answer = await visitor.post("/api/auth/login", json={"email": "test@example.com", "password": "password123"})
    assert answer.status_code == 200
    token = answer.json()["token"]
    visitor.cookies.clear()
    profile = await visitor.get("/api/profile", headers={"authorization": f"Bearer {token}"})
    assert profile.json()["user"]["email"] == "test@example.com"
    wrong = await visitor.post("/api/auth/login", json={"email": "test@example.com", "password": "password124"})
    assert wrong.status_code == 401


async def test_the_sample_is_loaded_once_and_shares_one_hash(sample: Settings) -> None:
    assert await seeding.run(sample, users=150, jobs=700, applications=300, seed=1, now=BASE) is False
    connection = await asyncpg.connect(sample.database_owner_url)
    try:
        counts = await connection.fetchrow(
            "select (select count(*) from users.person) as people, (select count(distinct password_hash) from users.person) as hashes, "
            "(select count(*) from jobs.job) as jobs, (select count(*) from jobs.application) as applications"
        )
        assert dict(counts) == {"people": 150, "hashes": 1, "jobs": 701, "applications": 300}
        assert await connection.fetchval("select nextval(pg_get_serial_sequence('jobs.job', 'id'))") >= 100_001
    finally:
        await connection.close()
