"""A toy domain on the real database: enough routes, tasks and events to see what platform promises."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Response, get, post

from nollycrewhub.contracts.events import PersonErased, ProfileUpdated
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform import mail
from nollycrewhub.platform.app import Process, build
from nollycrewhub.platform.db import Query, ReadSession, WriteSession
from nollycrewhub.platform.errors import Conflict
from nollycrewhub.platform.events import emit, on
from nollycrewhub.platform.module import Module
from nollycrewhub.platform.queue import Work, enqueue, task
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.shape import Shape

HEARERS: dict[str, tuple[str, ...]] = {"person.erased": ("toy.person_erased",), "profile.updated": ("toy.profile_updated",)}
MAILS = Query(int, "select count(*)::int from platform.mailbox where subject = $1")
QUEUED = Query(int, "select count(*)::int from platform.pgqueuer where entrypoint = 'mail.send'")


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    """A toy payload."""

    name: str
    fail: bool = False


class Number(msgspec.Struct):
    """A toy job's payload."""

    number: int


@get("/api/things", access="public", tagged=True)
async def list_things(read: ReadSession, shaped: Shape, subject: str = "x", view: str = "") -> Response[bytes]:
    """Counts mails of a subject."""
    body = msgspec.json.encode({"count": await read.value(MAILS, subject), "compact": shaped.compact})
    return Response(body, media_type="application/json", headers=shaped.headers)


@post("/api/things", access="public")
async def make_thing(data: Thing, write: WriteSession) -> dict[str, Any]:
    """Queues a mail and an event, then maybe refuses."""
    await mail.send_mail(write, mail.Mail(to="ada@example.test", subject=data.name, text="hello"))
    person = uuid7()
    await emit(write, PersonErased(aggregate_id=str(person), version=1, person_id=person))
    if data.fail:
        raise Conflict("Refused after writing.")
    return {"person": str(person)}


@get("/api/mine", access="member")
async def mine(member: Viewer) -> dict[str, str]:
    """Who am I."""
    return {"name": member.name}


@get("/api/ops-only", access="operator")
async def operators_only(operator: Viewer) -> dict[str, str]:
    """Operators' own."""
    return {"name": operator.name}


@get("/api/broken", access="public")
async def broken() -> dict[str, str]:
    """A fault of ours."""
    raise ValueError("ada@example.test typed a secret")


FELT: list[UUID] = []
SEEN: list[int] = []
RUNS: list[int] = []


@on(PersonErased, consumer="toy.person_erased")
async def person_erased(event: PersonErased, work: Work) -> None:
    """Leaves a row as its effect."""
    FELT.append(event.person_id)
    await enqueue(work.session, "toy.count", Number(1))


@on(ProfileUpdated, consumer="toy.profile_updated", ordered=True)
async def profile_updated(event: ProfileUpdated, work: Work) -> None:
    """Notes the versions it felt, in order."""
    SEEN.append(event.version)


@task("toy.count", payload=Number, timeout=5, attempts=2, backoff=0.05, why="a toy that never fails")
async def count(payload: Number, work: Work) -> None:
    """Counts its runs."""
    RUNS.append(payload.number)


TOY = Module(
    name="toy",
    routes=(list_things, make_thing, mine, operators_only, broken),
    tasks=(*mail.TASKS, count),
    handlers=(person_erased, profile_updated),
)


@pytest.fixture
async def toy(settings: Settings) -> AsyncIterator[Process]:
    """A started process of the toy domain; its queue is empty at the start."""
    FELT.clear()
    SEEN.clear()
    RUNS.clear()
    process = build(settings, [TOY], hearers=HEARERS)
    await process.runtime.start()
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from platform.pgqueuer")
        await session.commit()
    yield process
    await process.runtime.stop()


@pytest.fixture
async def client(toy: Process) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client at the toy's front door."""
    transport = httpx.ASGITransport(app=toy)
    async with httpx.AsyncClient(transport=transport, base_url=toy.runtime.settings.public_url) as found:
        yield found
