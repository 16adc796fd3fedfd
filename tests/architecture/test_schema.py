"""The migrated schema: equal to the models, no bridge between domains' tables, rights as the roles have them."""

import asyncio

import asyncpg
import pytest

from nollycrewhub.cli import migrate
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Base
from nollycrewhub.platform.settings import Settings


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
