"""Migrations over rows of the shape before them: a database of the revision before, filled, brought to today, and looked at."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from alembic import command

from nollycrewhub.cli import migrate
from nollycrewhub.devstack.postgres import EXTENSIONS
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.settings import Settings

NAME = "nollycrewhub_old"
BEFORE = "0011_saved_searches"
ADA = UUID("0193aaaa-0000-7000-8000-000000000001")
BISI = UUID("0193aaaa-0000-7000-8000-000000000002")
PERSON = "insert into users.person (id, handle, name, email, banned_at) values ($1, $2, $3, $4, case when $5 then now() end)"
PROFILE = "insert into users.profile (person_id, headline, photo_key, listed, visibility) values ($1, 'Gaffer', $2, true, $3::text::jsonb)"
JOB = """
insert into jobs.job (id, poster_id, title, kind, category, company, state, town, pay_amount, description, status, posted_at, version,
    location, salary, pay_key, deadline_key, search_title, search_text, search_tags)
values ($1, $2, $3, 'crew', 'gaffer', 'Iroko', 'EN', 'Enugu', 100, 'Six days.', $4,
    case when $4 in ('open', 'closed') then now() end, 3, 'Enugu', '1', 1, '2026-12-01', 'gaffer', 'gaffer', '{}')
"""
REVIEW = """
insert into jobs.review (id, job_id, reason, created_at, decision, note, decided_at)
values (gen_random_uuid(), $1, 'It asks for money.', now() - make_interval(days => $2), $3, $4, now())
"""
APPLICATION = "insert into jobs.application (id, job_id, applicant_id, note, status, moved_at) values (gen_random_uuid(), 5, $1, 'x', 'declined', now())"
# (id, status then, its reviews as (days ago, decision, note), status now, version now)
JOBS: list[tuple[int, str, list[tuple[int, str | None, str]], str, int]] = [
    (1, "open", [], "open", 3),
    (2, "closed", [(2, "refuse", "A fee.")], "shelved", 4),
    (3, "closed", [(2, "refuse", "closed by its poster")], "shelved", 4),
    (4, "closed", [(3, "refuse", "A fee."), (1, "release", "Fine now.")], "closed", 3),
    (5, "closed", [], "closed", 3),
    (6, "held", [(1, None, "")], "held", 3),
    (7, "closed", [(3, "release", "Fine."), (1, "refuse", "A fee.")], "shelved", 4),
    (8, "draft", [(1, "refuse", "A fee.")], "draft", 3),
]


@pytest.fixture
async def old(stack: Stack, settings: Settings) -> AsyncIterator[Settings]:
    """Settings of a database of its own, at the revision before."""
    stack.primary.sql(f"create database {NAME} owner nollycrewhub_owner")
    for extension in EXTENSIONS:
        stack.primary.sql(f"create extension if not exists {extension}", database=NAME)
    owner = settings.database_owner_url
    found = msgspec.structs.replace(settings, database_owner_url=owner.replace("/nollycrewhub?", f"/{NAME}?") if "?" in owner else f"{owner.rpartition('/')[0]}/{NAME}")  # fmt: skip
    assert NAME in found.database_owner_url
    await asyncio.to_thread(command.upgrade, migrate.configuration(found.database_owner_url), BEFORE)
    yield found
    stack.primary.sql(f"drop database {NAME} with (force)")


async def fill(connection: "asyncpg.Connection[Any]") -> None:
    """Rows of every old shape that a later migration touches."""
    await connection.execute(PERSON, ADA, "ada-obi", "Ada Obi", "ada@example.test", False)
    await connection.execute(PERSON, BISI, "bisi-ojo", "Bisi Ojo", "bisi@example.test", True)
    await connection.execute(PROFILE, ADA, "photos/AAAAAAAA", '{"photo": "members", "rate": "private"}')
    await connection.execute(PROFILE, BISI, None, "{}")
    for job_id, status, reviews, _, _ in JOBS:
        await connection.execute(JOB, job_id, ADA, f"Gaffer {job_id}", status)
        for days, decision, note in reviews:
            await connection.execute(REVIEW, job_id, days, decision, note)
    await connection.execute(APPLICATION, BISI)


async def test_old_rows_come_through_every_later_migration(old: Settings) -> None:
    connection = await asyncpg.connect(old.database_owner_url)
    try:
        await fill(connection)
        await asyncio.to_thread(migrate.upgrade, old)
        jobs = await connection.fetch("select id, status, version, reopened_at from jobs.job order by id")
        assert [tuple(row) for row in jobs] == [(job_id, now, version, None) for job_id, _, _, now, version in JOBS]
        reviews = await connection.fetch("select job_id, decision, note, released_text from jobs.review order by job_id, created_at")
        assert [(row["job_id"], row["decision"]) for row in reviews] == [
            (2, "refuse"), (3, "settled"), (4, "refuse"), (4, "release"), (6, None), (7, "release"), (7, "refuse"), (8, "refuse"),
        ]  # fmt: skip
        assert {row["released_text"] for row in reviews} == {""}, "what was released before is read once more"
        assert await connection.fetchval("select count(*) from jobs.application where status = 'declined'") == 1
        people = await connection.fetch("select handle, banned_at is not null, banned_reason from users.person order by handle")
        assert [tuple(row) for row in people] == [("ada-obi", False, ""), ("bisi-ojo", True, "")]
        kept = await connection.fetchrow("select photo_key, listed, visibility::text from users.profile where person_id = $1", ADA)
        assert kept is not None and tuple(kept) == ("photos/AAAAAAAA", True, '{"rate": "private", "photo": "members"}')
        checks = "select count(*) from pg_constraint where conname in ('ck_job_status', 'ck_review_decision') and convalidated"
        assert await connection.fetchval(checks) == 2
        valid = "select indisvalid from pg_index where indexrelid = 'users.ix_profile_photo'::regclass"
        assert await connection.fetchval(valid) is True
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("update jobs.job set status = 'nonsense' where id = 1")
        assert await asyncio.to_thread(migrate.drift, old) is None
    finally:
        await connection.close()


async def test_the_way_back_keeps_the_rows(old: Settings) -> None:
    connection = await asyncpg.connect(old.database_owner_url)
    try:
        await fill(connection)
        await asyncio.to_thread(migrate.upgrade, old)
        await asyncio.to_thread(command.downgrade, migrate.configuration(old.database_owner_url), BEFORE)
        jobs = await connection.fetch("select id, status from jobs.job order by id")
        before = {job_id: "draft" if now == "shelved" else now for job_id, _, _, now, _ in JOBS}
        assert {row["id"]: row["status"] for row in jobs} == before, "what nobody may read stays unread, as a draft"
        decided = await connection.fetch("select distinct decision from jobs.review where decision is not null order by 1")
        assert [row["decision"] for row in decided] == ["refuse", "release"]
        assert await connection.fetchval("select count(*) from users.person") == 2
        await asyncio.to_thread(migrate.upgrade, old)
        assert await asyncio.to_thread(migrate.drift, old) is None
    finally:
        await connection.close()
