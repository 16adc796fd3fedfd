"""What is counted has a place: the region of the request that caused it, the same as its answer's X-Region, and the state."""

import secrets
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from nollycrewhub.contracts.events import JobClosed, PersonRegistered, ProfileUpdated
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker import drain
from nollycrewhub.services import monolith
from tests.events.test_counting import sums
from tests.journeys.conftest import JOB, PASSWORD, Join

BODY = "select body::text from platform.event where name = $1 and body->>$2 = $3 order by id desc limit 1"
# As it was stored before events had a region.
OLD = '{{"aggregate_id":"job:7","version":1,"event_id":"{0}","at":"2026-11-24T23:30:00Z","job_id":7,"title":"Gaffer","poster_id":"{0}"}}'


@pytest.fixture
async def process(settings: Settings) -> AsyncIterator[Process]:
    """The whole program behind an edge that says which country asks."""
    from nollycrewhub.cli.serving import laptop_routes

    behind = msgspec.structs.replace(settings, edge_addresses=("127.0.0.1/32",))
    found = monolith.create_app(behind, extra=laptop_routes(behind))
    await found.runtime.start()
    await found.runtime.valkeys.sessions.flushdb()
    yield found
    await found.runtime.stop()


async def stored(process: Process, name: str, key: str, value: object) -> dict[str, Any]:
    """The newest event of a name about somebody or something."""
    async with process.runtime.db.write_session() as session:
        body: dict[str, Any] = msgspec.json.decode((await session.sql(BODY, name, key, str(value)))[0][0])
        return body


async def test_what_a_request_causes_is_counted_in_its_region(process: Process, join: Join) -> None:
    operator, ada, tunde = await join("Ops Person", operator=True), await join("Ada Obi"), await join("Tunde Bello")
    await drain(process.runtime)
    before, rare = await sums(operator), "zq" + "".join(secrets.choice("abcdefghij") for _ in range(8))  # found by no other test
    ada.client.headers["cf-ipcountry"], tunde.client.headers["cf-ipcountry"] = "GB", "US"
    assert (await tunde.client.post("/me/searches", data={"question": f"q={rare}", "by_mail": "yes"})).status_code == 303
    posted = await ada.client.post("/api/jobs", json={**JOB, "title": f"Gaffer for {rare}"})
    job = posted.json()["job"]["id"]
    applied = await tunde.client.post(f"/api/jobs/{job}/applications", json={"note": "I can."})
    assert (posted.headers["x-region"], applied.headers["x-region"]) == ("europe", "north-america")
    changed = await ada.client.put("/api/profile", json={"name": "Ada Obi", "listed": True, "state": "LA"})
    assert changed.status_code == 200, changed.text
    await drain(process.runtime)
    counted = await sums(operator) - before
    assert counted["job.created", "crew", "EN", "europe"] == 1
    assert counted["application.received", "crew", "EN", "north-america"] == 1
    assert counted["profile.updated", "", "LA", "europe"] == 1
    assert counted["search.matched", "crew", "EN", "europe"] == 1, "the listing's request caused it, over an event"
    operator.client.headers["cf-ipcountry"] = "US"
    banned = await operator.client.post(f"/ops/people/{ada.person_id}/ban", data={"reason": "Asked for money."})
    assert banned.status_code in (200, 303), banned.text
    await drain(process.runtime)
    counted = await sums(operator) - before
    assert counted["person.banned", "", "", "north-america"] == 1
    assert counted["job.closed", "crew", "EN", "north-america"] == 1, "over an event and a job of the queue"
    assert counted["application.declined", "crew", "EN", "north-america"] == 1


async def test_who_leaves_is_counted_and_their_state_is_forgotten(process: Process, join: Join) -> None:
    operator, ada = await join("Ops Person", operator=True), await join("Ada Obi")
    await drain(process.runtime)
    before, person = await sums(operator), UUID(ada.person_id)
    async with process.runtime.db.write_session() as session:
        await emit(session, ProfileUpdated(aggregate_id=str(person), version=99, person_id=person, handle="ada", listed=True, state="LA"))
        await process.runtime.db.commit(session)
    await drain(process.runtime)
    assert (await stored(process, "profile.updated", "person_id", person))["state"] == "LA"
    gone = await ada.client.post("/me/delete", data={"password": PASSWORD}, headers={"cf-ipcountry": "GB"})
    assert gone.status_code in (200, 303), gone.text
    told = await stored(process, "profile.updated", "person_id", person)
    assert (told["state"], told["handle"]) == ("", "")
    await drain(process.runtime)
    assert (await sums(operator) - before)["person.erased", "", "", "europe"] == 1


async def test_what_no_request_causes_and_what_is_older_has_no_region(process: Process, join: Join) -> None:
    operator, somebody = await join("Ops Person", operator=True), uuid7()
    await drain(process.runtime)
    before = await sums(operator)
    async with process.runtime.db.write_session() as session:
        await emit(session, msgspec.json.decode(OLD.format(somebody), type=JobClosed))
        await emit(session, PersonRegistered(aggregate_id=secrets.token_hex(8), version=1, person_id=somebody, region="europe"))
        await process.runtime.db.commit(session)
    assert (await stored(process, "job.closed", "poster_id", somebody))["region"] == ""
    await drain(process.runtime)
    assert (await sums(operator) - before)["person.registered", "", "", "europe"] == 1
