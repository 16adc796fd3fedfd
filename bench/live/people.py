"""Two hundred of the sample's people, each signed in and in two conversations, opened and accepted at the front door."""

import asyncio
import random
from uuid import UUID

import asyncpg
import msgspec

from bench.servers import Servers
from nollycrewhub.cli import seeding
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.loadtest.line import Ask, Lines
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.sessions import Sessions

PEOPLE = 200
JOBS = 2000
APART = 7  # who writes to whom: the one so many places further on
AT_ONCE = 8
# The oldest accounts: a new one may send twenty messages a minute, and here everybody sends sixty.
OLDEST = """
select p.id, p.handle, p.name from users.person p join users.profile f on f.person_id = p.id
where f.listed and not p.operator and p.email <> $1 order by p.created_at limit $2
"""
POSTER = "producer@example.com"


class Person(msgspec.Struct, kw_only=True):
    """Somebody of the sample, with a session."""

    id: UUID
    handle: str
    token: str


class Talk(msgspec.Struct, kw_only=True):
    """A conversation of two, by their places in the list of people."""

    id: UUID
    one: int
    other: int


class Town(msgspec.Struct, kw_only=True):
    """Who is there, who talks with whom, and who posts the listings that everybody hears of."""

    people: list[Person]
    talks: list[Talk]
    poster: str


async def settle_in(found: Servers, many: int = PEOPLE) -> Town:
    """The sample and its people, each with one session; nobody talks yet."""
    await seeding.run(found.settings, users=1000, jobs=JOBS, applications=2 * JOBS, seed=1)
    connection = await asyncpg.connect(found.settings.database_reader_url)
    rows = await connection.fetch(OLDEST, POSTER, many)
    poster = await connection.fetchval("select id from users.person where email = $1", POSTER)
    await connection.close()
    valkeys = Valkeys(found.settings)
    sessions = Sessions(valkeys.sessions)
    people = [
        Person(id=row["id"], handle=row["handle"], token=await sessions.create(row["id"], name=row["name"], confirmed=False))
        for row in rows
    ]
    token = await sessions.create(poster, name="Producer", confirmed=False)
    await valkeys.stop()
    return Town(people=people, talks=[], poster=token)


async def begin_talks(town: Town, port: int) -> None:
    """Each person writes to another, who accepts, as people do: over the API."""
    lines, turns = Lines(f"http://127.0.0.1:{port}", random.Random(5)), asyncio.Semaphore(AT_ONCE)  # noqa: S311 - addresses only

    async def begin(one: int) -> Talk:
        other = (one + APART) % len(town.people)
        async with turns:
            opening = {"to": [town.people[other].handle], "text": "Are you free on Friday?", "client_id": uuid7()}
            made = await said(lines, "/api/messages", opening, town.people[one].token)
            talk = Talk(id=UUID(msgspec.json.decode(made)["message"]["conversation_id"]), one=one, other=other)
            await said(lines, f"/api/messages/{talk.id}/turn", {"turn": "accept"}, town.people[other].token)
        return talk

    town.talks = list(await asyncio.gather(*(begin(one) for one in range(len(town.people)))))
    lines.close()


async def said(lines: Lines, path: str, given: object, token: str) -> bytes:
    """What a POST was answered with; RuntimeError where it was refused."""
    got = await lines.ask(Ask("talk", "POST", path, msgspec.json.encode(given), token))
    if got.status not in (200, 201, 204):
        raise RuntimeError(f"{path} was answered with {got.status}: {got.body[:200]!r}")
    return got.body
