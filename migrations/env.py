"""Alembic's entry: runs as the owner role over asyncpg, one transaction per migration, with time-outs."""

import asyncio
import importlib
import pkgutil
from collections.abc import MutableMapping
from typing import Any

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

import nollycrewhub.domains
import nollycrewhub.scaling.models
from nollycrewhub.platform.db import Base
from nollycrewhub.platform.db.hosts import Hosts

OWN_SCHEMAS = {
    "users",
    "jobs",
    "projects",
    "payments",
    "notifications",
    "messages",
    "analytics",
    "ai",
    "scaling",
}

for found in pkgutil.iter_modules(nollycrewhub.domains.__path__):
    spec = importlib.util.find_spec(f"nollycrewhub.domains.{found.name}.models")
    if spec is not None:
        importlib.import_module(f"nollycrewhub.domains.{found.name}.models")


def include_name(name: str | None, kind: str, parents: MutableMapping[Any, str | None]) -> bool:
    """Domains' schemas only: platform's tables are declared in SQL, and PgQueuer's by PgQueuer."""
    return kind != "schema" or name in OWN_SCHEMAS


def run(connection: Connection) -> None:
    """Migrates on a given connection."""
    connection.execute(text("set lock_timeout = '4s'"))
    connection.execute(text("set statement_timeout = '120s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_schemas=True,
        include_name=include_name,
        version_table_schema="public",
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_async(url: str) -> None:
    """Opens a connection of its own, as the command line does."""
    engine = create_async_engine("postgresql+asyncpg://", poolclass=pool.NullPool, connect_args={"async_creator_fn": Hosts(url).connect})
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_async(context.config.get_main_option("sqlalchemy.url") or ""))
