"""The limit: a bare Litestar application that runs the same queries on a pool and hands PostgreSQL's JSON on.

One static route a list, so that nothing is parsed; the server settings are those of `nollycrewhub serve`, and a
connection goes back to the pool without asyncpg's reset, as ours do.
"""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import uvicorn
from litestar import Litestar, Response, get

from bench.questions import LISTS, given, search_of
from nollycrewhub.cli.serving import server_config
from nollycrewhub.domains.jobs.repository import ONE_JSON, page_query
from nollycrewhub.domains.jobs.service.searching import today

POOLS: list[asyncpg.Pool] = []


def handler(number: int, query: str) -> Any:
    """The route of one list."""
    asked, args = page_query(search_of(query), today(), compact=given(query)["view"] == "compact", after=None, limit=20)

    @get(f"/{number}", name=f"list_{number}")
    async def listing() -> Response[bytes]:
        async with POOLS[0].acquire() as connection:
            found = await connection.fetchval(asked.sql, *args)
        return Response(found, media_type="application/json")

    return listing


@get("/job/{number:int}")
async def one(number: int) -> Response[bytes]:
    """One job."""
    async with POOLS[0].acquire() as connection:
        found = await connection.fetchval(ONE_JSON.sql, number)
    return Response(found.encode(), media_type="application/json")


async def nothing(_: asyncpg.Connection) -> None:
    """What is done to a connection before the next reader gets it."""


@asynccontextmanager
async def lifespan(_: Litestar) -> AsyncIterator[None]:
    """One pool, as large as a web process's, dropped at the end: a question that nobody waits for any more would hold it open."""
    POOLS.append(await asyncpg.create_pool(os.environ["DATABASE_READER_URL"], min_size=5, max_size=20, reset=nothing))
    yield
    POOLS[0].terminate()


def main() -> None:
    """Serves on the inherited socket whose number is in BARE_FD."""
    app = Litestar([one, *(handler(n, query) for n, query in enumerate(LISTS))], lifespan=[lifespan], openapi_config=None)
    uvicorn.Server(server_config(app)).run(sockets=[socket.socket(fileno=int(os.environ["BARE_FD"]))])


if __name__ == "__main__":
    main()
