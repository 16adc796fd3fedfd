"""A refused statement inside a savepoint leaves the transaction around it whole, whatever was said in it before."""

import asyncpg
import pytest

from nollycrewhub.platform.app import Process


async def test_a_refused_statement_is_undone_alone(process: Process) -> None:
    async with process.runtime.db.write_session() as session:
        await session.sql("create temporary table point (n int primary key) on commit drop")
        await session.sql("insert into point values (1)")
        with pytest.raises(asyncpg.UniqueViolationError):
            async with session.begin_nested():
                await session.sql("insert into point values (2)")
                await session.sql("insert into point values (1)")
        async with session.begin_nested():
            await session.sql("insert into point values (3)")
        assert [row[0] for row in await session.sql("select n from point order by n")] == [1, 3]


async def test_a_savepoint_may_come_first(process: Process) -> None:
    async with process.runtime.db.write_session() as session:
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with session.begin_nested():
                await session.sql("select 1 / 0")
        assert (await session.sql("select 7"))[0][0] == 7
