"""Loads the sample by COPY in one transaction: all of it or none, and only once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
from argon2 import PasswordHasher

from nollycrewhub.cli.seeding.generating import ACCOUNTS, Sample, generate, json_text
from nollycrewhub.domains.jobs.models import Job
from nollycrewhub.domains.jobs.repository.suggesting import SLOTS
from nollycrewhub.domains.jobs.rules.suggesting import phrases
from nollycrewhub.domains.messages.models import Conversation, Member, Message
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.domains.users.repository import SET_SEARCH
from nollycrewhub.kit.crafts import category_name
from nollycrewhub.platform.security import SAMPLE_PASSWORD
from nollycrewhub.platform.settings import Settings

JSON_COLUMNS = frozenset({"languages", "credits", "visibility"})
COMPUTED = frozenset({"search"})
FIRST_OWN_ID = 100_001
MARK = "select 1 from users.person where email = $1"


async def is_loaded(settings: Settings) -> bool:
    """Whether the sample is there."""
    connection = await asyncpg.connect(settings.database_owner_url)
    try:
        return await connection.fetchval(MARK, ACCOUNTS[0][0]) is not None
    finally:
        await connection.close()


async def run(settings: Settings, *, users: int, jobs: int, applications: int, seed: int, now: datetime | None = None) -> bool:
    """Loads the sample; False when it is there already. Never in production, whose passwords are people's own."""
    if settings.is_production:
        raise ValueError("Sample accounts have a password everybody knows; production refuses them.")
    connection = await asyncpg.connect(settings.database_owner_url)
    try:
        if await connection.fetchval(MARK, ACCOUNTS[0][0]):
            return False
        base = now or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        hashed = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(SAMPLE_PASSWORD)
        sample = generate(users=users, jobs=jobs, applications=applications, seed=seed, base=base, password_hash=hashed)
        async with connection.transaction():
            await store(connection, sample)
        await connection.execute("analyze users.person, users.profile, jobs.job, jobs.application, jobs.word, jobs.suggestion")
        return True
    finally:
        await connection.close()


async def store(connection: asyncpg.Connection, sample: Sample) -> None:
    """All rows, parents first."""
    await copy_models(connection, "users", Person, sample.persons)
    await copy_models(connection, "users", Profile, sample.profiles, leave_out=COMPUTED)
    await set_documents(connection, sample.profiles)
    await copy_models(connection, "jobs", Job, sample.jobs, leave_out=COMPUTED)
    await connection.execute(f"alter table jobs.job alter column id restart with {FIRST_OWN_ID}")
    columns = list(sample.applications[0]) if sample.applications else ["id"]
    rows = ([row[column] for column in columns] for row in sample.applications)
    await connection.copy_records_to_table("application", schema_name="jobs", columns=columns, records=rows)
    await copy_models(connection, "messages", Conversation, sample.talks.conversations)
    await copy_models(connection, "messages", Member, sample.talks.members)
    await copy_models(connection, "messages", Message, sample.talks.messages, leave_out=COMPUTED)
    await copy_suggestions(connection, sample.jobs)
    words = ((word,) for word in sorted(sample.words))
    await connection.copy_records_to_table("word", schema_name="jobs", columns=["word"], records=words)


async def set_documents(connection: asyncpg.Connection, profiles: Sequence[Profile]) -> None:
    """The search documents, which COPY cannot bring as what they are."""
    columns = ([getattr(profile, name) for profile in profiles] for name in ("person_id", "search_text", "search"))
    await connection.execute(SET_SEARCH, *columns)


async def copy_suggestions(connection: asyncpg.Connection, jobs: Iterable[Job]) -> None:
    """What events would have made of the open listings."""
    sums: Counter[tuple[str, int]] = Counter()
    labels: dict[str, str] = {}
    added: list[tuple[int, list[str]]] = []
    for job in jobs:
        if job.status == "open":
            terms = phrases(job.title, category_name(job.category), job.town, job.skills)
            sums.update((term, job.id % SLOTS) for term in terms)
            labels.update(terms)
            added.append((job.id, list(terms)))
    await connection.copy_records_to_table("suggested", schema_name="jobs", columns=["job_id", "terms"], records=added)
    records = ((term, slot, labels[term], count) for (term, slot), count in sums.items())
    columns = ["term", "slot", "label", "jobs"]
    await connection.copy_records_to_table("suggestion", schema_name="jobs", columns=columns, records=records)


async def copy_models(
    connection: asyncpg.Connection, schema: str, model: Any, rows: Iterable[Any], *, leave_out: frozenset[str] = frozenset()
) -> None:  # fmt: skip
    """Copies model objects by their table's own columns, so that a new column cannot be forgotten here."""
    columns = [column.name for column in model.__table__.columns if column.name not in leave_out]
    is_json = [name in JSON_COLUMNS and model is Profile for name in columns]
    records = (
        [json_text(getattr(row, name)) if as_json else getattr(row, name) for name, as_json in zip(columns, is_json, strict=True)]
        for row in rows
    )
    await connection.copy_records_to_table(model.__tablename__, schema_name=schema, columns=columns, records=records)
