"""The calendar for a command: the operators' table on one connection, or the plan's dates, and why it is these."""

import asyncio
import os
from typing import TypeVar

from nollycrewhub.cli.reaching import database_refusal
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.db.hosts import Hosts
from nollycrewhub.platform.settings import SettingsError, from_environ
from nollycrewhub.scaling.calendar import BY_ITSELF, Calendar, read_calendar

PATIENCE = 3.0
THERE = Query(bool, "select to_regclass('scaling.event') is not null")
NOT_YET = "The schema there has no calendar yet (run `nollycrewhub migrate`), so these are the plan's dates."
T = TypeVar("T")


class Line:
    """A connection for each question, as somebody who can be asked."""

    def __init__(self, url: str) -> None:
        self.hosts = Hosts(url)

    async def rows(self, query: Query[T], *args: object) -> list[T]:
        """All rows of one query."""
        connection = await self.hosts.connect(timeout=PATIENCE, command_timeout=PATIENCE)
        try:
            return [query.of(record) for record in await connection.fetch(query.sql, *args)]
        finally:
            await connection.close()


def calendar_of_now() -> Calendar:
    """The operators' table where there is a database that answers; else the plan's dates."""
    if not os.environ.get("DATABASE_URL"):
        return BY_ITSELF
    try:
        url = from_environ(serves=False).database_reader_url
    except SettingsError as error:
        return Calendar(is_amiss=True, why=f"{error.sentences[0]} So these are the plan's dates.")
    return asyncio.run(asked(url))


async def asked(url: str) -> Calendar:
    """What the database says, or the plan's dates with what is wrong with it."""
    if refusal := await database_refusal("DATABASE_READER_URL", url):
        return Calendar(is_amiss=True, why=f"{refusal} So these are the plan's dates.")
    line = Line(url)
    if not (await line.rows(THERE))[0]:
        return Calendar(is_amiss=True, why=NOT_YET)
    return await read_calendar(line)
