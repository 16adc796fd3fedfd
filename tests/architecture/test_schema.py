"""The migrated schema: equal to the models, no bridge between domains' tables, rights as the roles have them, all SQL prepares."""

import asyncio
import importlib
import inspect
from datetime import date
from typing import Any

import asyncpg
import msgspec
import pytest

from nollycrewhub.cli import migrate
from nollycrewhub.domains.jobs import repository as jobs
from nollycrewhub.domains.jobs.repository import suggesting, watching
from nollycrewhub.domains.jobs.rules.search import SORTS, Search
from nollycrewhub.domains.notifications.repository import deliveries, habits
from nollycrewhub.domains.users import repository as users
from nollycrewhub.domains.users.schemas import TalentSearch
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Base, Query
from nollycrewhub.platform.settings import Settings

REPOSITORIES = ("users", "jobs", "notifications", "projects", "analytics")
SCALARS = (int, str, bytes, bool, float)


def queries() -> list[tuple[str, Query[Any]]]:
    """Every module-level query, and every composed one in many combinations."""
    found: list[tuple[str, Query[Any]]] = []
    for name in REPOSITORIES:
        module = importlib.import_module(f"nollycrewhub.domains.{name}.repository")
        found += [(f"{name}.{key}", value) for key, value in inspect.getmembers(module) if isinstance(value, Query)]
    for module in (suggesting, watching, deliveries, habits):
        found += [(f"{module.__name__}.{key}", value) for key, value in inspect.getmembers(module) if isinstance(value, Query)]
    everything = Search(("gaffer",), "crew", "gaffer", "EN", 1, 10**9, "ig", date(2026, 1, 1), True, "newest")
    for sort in SORTS:
        after = {"newest": "2026-01-01 00:00:00.1", "deadline": "2026-01-01", "pay": "5", "relevance": "40 1 2026-01-01 00:00:00.1"}[sort]
        for search in (
            everything._replace(sort=sort),
            Search(words=("a",), sort=sort),
            Search(words=("a", "b"), sort=sort, open_only=False),
        ):
            for cursor in (None, (after, 7)):
                for compact in (True, False):
                    found.append(
                        (f"jobs.page {sort}", jobs.page_query(search, date(2026, 1, 2), compact=compact, after=cursor, limit=20)[0])
                    )
                found.append((f"jobs.cards {sort}", jobs.cards_query(search, date(2026, 1, 2), after=cursor, limit=20)[0]))
    full = TalentSearch(q="a", role="actor", department="cast", state="EN", language="ig", availability="free", max_rate=5)
    found += [("users.talent", users.talent_query(search, None)[0]) for search in (full, TalentSearch())]
    return found


async def test_every_query_prepares_and_fits_its_struct(settings: Settings) -> None:
    connection = await asyncpg.connect(settings.database_reader_url)
    try:
        for name, query in queries():
            columns = [column.name for column in (await connection.prepare(query.sql)).get_attributes()]
            if query.row in SCALARS:
                assert len(columns) == 1, name
            else:
                assert columns == [field.name for field in msgspec.structs.fields(query.row)], name
    finally:
        await connection.close()


def test_models_and_schema_agree(settings: Settings) -> None:
    assert migrate.drift(settings) is None


async def test_a_stray_column_is_drift(settings: Settings) -> None:
    owner = await asyncpg.connect(settings.database_owner_url)
    try:
        await owner.execute("alter table jobs.review add column stray int")
        found = await asyncio.to_thread(migrate.drift, settings)
        assert found is not None
        assert "stray" in found
    finally:
        await owner.execute("alter table jobs.review drop column stray")
        await owner.close()


def test_every_column_says_whether_it_is_personal() -> None:
    silent = [
        f"{table.fullname}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if "personal" not in column.info
    ]
    assert silent == []


def test_no_foreign_key_crosses_a_schema() -> None:
    crossing = [
        f"{table.fullname} -> {key.target_fullname}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.target_fullname.split(".")[0] != table.schema
    ]
    assert crossing == []


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("app", "update platform.event set name = 'x'"),
        ("app", "delete from platform.event"),
        ("app", "delete from platform.audit"),
        ("app", "create table public.mine (x int)"),
        ("reader", "insert into users.secret (id) values (gen_random_uuid())"),
        ("reader", "delete from jobs.job"),
    ],
)
async def test_the_roles_cannot(settings: Settings, role: str, statement: str) -> None:
    url = settings.database_url if role == "app" else settings.database_reader_url
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("set default_transaction_read_only = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


def test_every_route_declares_its_access(process: Process) -> None:
    silent = [
        handler.handler_name
        for route in process.litestar.routes
        for handler in getattr(route, "route_handlers", [])
        if handler.opt.get("access") not in ("public", "member", "operator", "metrics") and "OPTIONS" not in handler.http_methods
    ]
    assert silent == []
