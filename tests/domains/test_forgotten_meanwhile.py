"""Somebody leaves while a notice that names them is being written: whichever is first, no notice keeps the name."""

import asyncio
import secrets
from uuid import UUID

import msgspec
import pytest

from nollycrewhub.contracts.events import ApplicationReceived, MessageReceived
from nollycrewhub.domains.notifications.handlers import application_received, message_received
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query, WriteSession
from nollycrewhub.platform.events import Handler
from nollycrewhub.platform.queue import Work
from nollycrewhub.platform.worker import drain
from tests.journeys.conftest import PASSWORD, Join, Member

EVENT = Query(str, "select body::text from platform.event where name = 'application.received' and body->>'applicant_id' = $1")
TOLD = Query(str, "select body from notifications.notice where person_id = $1 and kind = $2")
WAITING = Query(int, "select count(*)::int from pg_locks where locktype = 'advisory' and not granted")
UNHEARD = "delete from platform.pgqueuer where entrypoint = 'event:notifications.application_received'"


class Race:
    """An event that is about to be told, and its person, who is about to leave."""

    def __init__(self, process: Process, poster: Member, leaver: Member, handler: Handler, event: object) -> None:
        self.process, self.poster, self.leaver, self.handler, self.event = process, poster, leaver, handler, event

    async def tell(self, session: WriteSession) -> None:
        """What the handler does with the event as it was read."""
        runtime = self.process.runtime
        await self.handler.run(
            self.event, Work(session, runtime.db.read_session(primary=True), runtime.db, runtime.ports, runtime.settings)
        )

    async def leave(self) -> None:
        gone = await self.leaver.client.request("DELETE", "/api/users/me", json={"password": PASSWORD})
        assert gone.status_code == 204, gone.text

    async def told(self) -> list[str]:
        """The notices of this kind that the other has."""
        kind = "application.received" if self.handler is application_received else "message.received"
        return await self.process.runtime.db.read_session(primary=True).rows(TOLD, UUID(self.poster.person_id), kind)


@pytest.fixture(params=["application", "message"])
async def race(process: Process, join: Join, request: pytest.FixtureRequest) -> Race:
    """A first notice of each kind that names somebody."""
    poster, leaver = await join(), await join(f"Leaving {''.join(secrets.choice('bcdfgh') for _ in range(6))}")
    if request.param == "message":
        author, reader = UUID(leaver.person_id), UUID(poster.person_id)
        given = {
            "aggregate_id": "x",
            "version": 1,
            "conversation_id": str(author),
            "author_id": author,
            "n": 1,
            "people": [reader],
            "first_for": [reader],
        }
        return Race(process, poster, leaver, message_received, msgspec.convert(given, MessageReceived, strict=False))
    job = await poster.post_job()
    assert (await leaver.client.post(f"/api/jobs/{job['id']}/applications", json={"note": "here"})).status_code == 201
    stored = await process.runtime.db.read_session(primary=True).one(EVENT, leaver.person_id)
    async with process.runtime.db.write_session() as session:
        await session.sql(UNHEARD)
        await session.commit()
    return Race(process, poster, leaver, application_received, msgspec.json.decode(stored or "", type=ApplicationReceived))


async def test_a_notice_under_way_is_waited_for(process: Process, race: Race) -> None:
    read = process.runtime.db.read_session(primary=True)
    async with process.runtime.db.write_session() as session:
        await race.tell(session)
        leaving = asyncio.ensure_future(race.leave())
        while not leaving.done() and not await read.value(WAITING):  # noqa: ASYNC110 - another connection comes to wait
            await asyncio.sleep(0.02)
        if leaving.done():
            await drain(process.runtime)
        await session.commit()
    await leaving
    await drain(process.runtime)
    bodies = await race.told()
    assert len(bodies) == 1 and "has left" in bodies[0] and "Leaving" not in bodies[0]


async def test_a_notice_that_comes_late_names_nobody(process: Process, race: Race) -> None:
    await race.leave()
    await drain(process.runtime)
    async with process.runtime.db.write_session() as session:
        await race.tell(session)
        await session.commit()
    bodies = await race.told()
    assert len(bodies) == 1 and bodies[0].startswith("Somebody ") and "Leaving" not in bodies[0]
