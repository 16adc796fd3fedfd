"""Simulators of the four providers, live carriers that lead to them, and people to tell."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import msgspec
import pytest

from nollycrewhub.domains.notifications.rules import Words
from nollycrewhub.domains.notifications.rules.timing import minute_of_day
from nollycrewhub.domains.notifications.service import tell
from nollycrewhub.domains.users import models as users
from nollycrewhub.domains.users import repository
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.carriers import Carriers
from nollycrewhub.platform.carriers.push import WebPush
from nollycrewhub.platform.carriers.sms import Termii
from nollycrewhub.platform.carriers.whatsapp import CloudApi
from nollycrewhub.platform.db import Query, WriteSession
from nollycrewhub.platform.queue import Work, perform
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker import drain
from nollycrewhub.platform.worker.ticking import tasks_of
from nollycrewhub.services import monolith
from tests.simulators.providers import KEY, SECRET, TOKEN, Cloud, Gateway, MailServer, PushService, Receiver, Simulator, flat

ROWS = Query(
    bytes,
    "select coalesce(json_agg(json_build_object('channel', channel, 'state', state, 'reason', reason, 'cost', cost_kobo, 'tries', tries) "
    "order by created_at, id), '[]') from notifications.delivery where person_id = $1",
)


class Person(NamedTuple):
    """Somebody to tell."""

    client: httpx.AsyncClient
    id: UUID
    email: str
    number: str

    @property
    def digits(self) -> str:
        """The number as providers write it."""
        return self.number.removeprefix("+")


class Scene:
    """The program with live carriers, and the providers behind them."""

    def __init__(self, process: Process, sims: "Sims") -> None:
        self.process = process
        self.clients: list[httpx.AsyncClient] = []
        self.sms, self.whatsapp, self.push, self.mail, self.hooks = sims.sms, sims.whatsapp, sims.push, sims.mail, sims.hooks

    async def keep_quiet(self, person: Person) -> None:
        """Has their quiet hours begin an hour ago, for eleven."""
        now = minute_of_day(utcnow())
        quiet = {"quiet_from": (now - 60) % 1440, "quiet_until": (now + 600) % 1440}
        assert (await person.client.put("/api/notifications/settings", json=quiet)).status_code == 204

    async def member(self, *, email: bool = True, phone: bool = True, operator: bool = False) -> Person:
        """Somebody signed in, whose addresses are confirmed."""
        person_id, name = uuid7(), secrets.token_hex(6)
        to, number = f"{name}@far.example", f"+234803{secrets.randbelow(10**7):07d}"
        person = users.Person(
            id=person_id, handle=name, name="Ngozi Eze", email=to if email else None, phone=number if phone else None, version=1,
            password_hash="!", email_confirmed_at=utcnow() if email else None, phone_confirmed_at=utcnow() if phone else None, operator=operator,
        )  # fmt: skip
        async with self.process.runtime.db.write_session() as session:
            assert await repository.add(session, person, users.Profile(person_id=person_id, visibility={})) is None
            await self.process.runtime.db.commit(session)
        token = await self.process.runtime.sessions.create(person_id, name="Ngozi Eze", operator=operator)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.process), base_url=self.process.runtime.settings.public_url,
            headers={"authorization": f"Bearer {token}"},
        )  # fmt: skip
        self.clients.append(client)
        return Person(client, person_id, to, number)

    async def sql(self, statement: str, *args: Any) -> list[Any]:
        """One statement, committed."""
        db = self.process.runtime.db
        async with db.write_session() as session:
            rows = await session.sql(statement, *args)
            await db.commit(session)
        return rows

    async def tell(
        self, member: Person, kind: str = "application.hired", event: UUID | None = None, sender: UUID | None = None, drained: bool = True
    ) -> UUID:
        """A notice of the kind, each of another job; the event's id."""
        runtime = self.process.runtime
        event = event or uuid7()
        async with runtime.db.write_session() as session:
            words = Words(kind, "You are hired: Gaffer", "You are hired for “Gaffer”.", f"/jobs/{secrets.randbelow(10**9)}/apply")
            await tell(self.work(session), member.id, event_id=event, words=words, sender=sender)
            await runtime.db.commit(session)
        if drained:
            await self.drain()
        return event

    def work(self, session: WriteSession) -> Work:
        """What a task gets."""
        runtime = self.process.runtime
        return Work(session, runtime.db.read_session(primary=True), runtime.db, runtime.ports, runtime.settings)

    async def drain(self) -> None:
        """Runs what is due."""
        await drain(self.process.runtime)

    async def hurry(self, *names: str) -> None:
        """Makes waiting jobs due, as time would, and runs them."""
        await self.sql(
            "update platform.pgqueuer set execute_after = now() where status = 'queued' and entrypoint = any($1::text[])", list(names)
        )
        await self.drain()

    async def age(self, member: Person, minutes: int) -> None:
        """Lets time pass for a person's messages."""
        await self.sql(
            "update notifications.delivery set created_at = created_at - make_interval(mins => $2) where person_id = $1", member.id, minutes
        )

    async def climb(self, member: Person) -> None:
        """An hour later."""
        await self.age(member, 61)
        await self.hurry("notice.climb")

    async def rows(self, member: Person) -> list[dict[str, Any]]:
        """What became of everything on each channel."""
        found = await self.process.runtime.db.read_session(primary=True).json(ROWS, member.id)
        decoded: list[dict[str, Any]] = msgspec.json.decode(found)
        return decoded

    async def states(self, member: Person) -> list[tuple[str, str]]:
        """Channel and state."""
        return [(row["channel"], row["state"]) for row in await self.rows(member)]

    async def subscribe(self, member: Person, subscription: dict[str, Any]) -> None:
        """A browser takes pushes."""
        assert (await member.client.post("/api/notifications/browsers", json=subscription)).status_code == 204

    async def hook(self, member: Person, channel: str, signed: tuple[bytes, dict[str, str]]) -> int:
        """A provider calls, twice if it was told to; the status it gets."""
        body, headers = signed
        simulator = getattr(self, channel)
        answer = await member.client.post(f"/api/notifications/hooks/{channel}", content=body, headers=headers)
        if isinstance(simulator, Simulator) and simulator.faults.duplicate:
            answer = await member.client.post(f"/api/notifications/hooks/{channel}", content=body, headers=headers)
        return answer.status_code

    def meanwhile(self, simulator: Simulator | MailServer, act: Callable[[], Awaitable[Any]]) -> None:
        """Has this done while the provider has the message and has not answered yet, once."""
        loop = asyncio.get_running_loop()

        def run() -> None:
            simulator.faults.meanwhile = None
            asyncio.run_coroutine_threadsafe(awaited(act), loop).result(20)

        simulator.faults.meanwhile = run

    def patience(self, seconds: float) -> None:
        """How long the carriers wait for an answer."""
        carriers = self.process.runtime.ports.get(Carriers)
        for carrier in (carriers.sms, carriers.whatsapp, carriers.push):
            assert isinstance(carrier, (Termii, CloudApi, WebPush))
            carrier.provider.client.timeout = httpx.Timeout(seconds)

    async def job(self, name: str) -> bytes:
        """Takes the one job of this name that is due, as a worker does."""
        [job] = await self.sql("delete from platform.pgqueuer where entrypoint = $1 and execute_after <= now() returning payload", name)
        return bytes(job["payload"])

    async def run(self, name: str, payload: bytes, *, attempt: int = 0) -> None:
        """Runs it."""
        runtime = self.process.runtime
        task = next(one for one in tasks_of(runtime) if one.name == name)
        await perform(task, payload, db=runtime.db, ports=runtime.ports, settings=runtime.settings, attempt=attempt)

    async def killed_with_it(self, name: str, simulator: Simulator | MailServer) -> bytes:
        """A worker dies between the provider's yes and its own commit; the job, which waits again."""
        payload = await self.job(name)
        running = asyncio.create_task(self.run(name, payload))

        async def kill() -> None:
            running.cancel()

        self.meanwhile(simulator, kill)
        with pytest.raises(asyncio.CancelledError):
            await running
        return payload

    async def spent(self, member: Person) -> int:
        """What the person's messages of today cost, in kobo."""
        rows = await self.sql("select kobo from notifications.spend where scope = $1", str(member.id))
        return int(rows[0]["kobo"]) if rows else 0

    async def open(self, member: Person) -> None:
        """Opens the newest notice in the app."""
        [notice] = (await member.client.get("/api/notifications?limit=1")).json()["notices"]
        assert (await member.client.post(f"/api/notifications/{notice['id']}/open")).status_code == 204


async def awaited(act: Callable[[], Awaitable[Any]]) -> Any:
    """What comes of it."""
    return await act()


class Sims:
    """The four providers, and an operator's webhook."""

    def __init__(self) -> None:
        self.sms, self.whatsapp, self.push, self.mail, self.hooks = Gateway(), Cloud(), PushService(), MailServer(), Receiver()

    def settings(self, base: Settings) -> Settings:
        """Settings that lead to them."""
        return msgspec.structs.replace(
            base, mail_url=self.mail.url, mail_bounces="bounces@here.example", mail_webhook_secret=SECRET, sms_api_url=self.sms.url,
            sms_api_key=KEY, sms_webhook_secret=SECRET, whatsapp_api_url=f"{self.whatsapp.url}/v1", whatsapp_phone_id="555",
            whatsapp_token=TOKEN, whatsapp_app_secret=SECRET, whatsapp_verify_token=SECRET,
            vapid_private_key=flat(b"\x01" * 32), vapid_subject="mailto:ops@here.example",
        )  # fmt: skip

    def stop(self) -> None:
        """Closes all doors."""
        for one in (self.sms, self.whatsapp, self.push, self.mail, self.hooks):
            one.stop()


@pytest.fixture
def sims() -> Iterator[Sims]:
    """Fresh providers."""
    found = Sims()
    yield found
    found.stop()


@pytest.fixture
async def scene(settings: Settings, sims: Sims) -> AsyncIterator[Scene]:
    """The program with live carriers that lead to the simulators."""
    process = monolith.create_app(sims.settings(settings))
    await process.runtime.start()
    found = Scene(process, sims)
    await found.sql("delete from platform.pgqueuer")
    await found.sql("delete from notifications.spend")
    await found.sql("delete from notifications.early_report")
    await found.sql("delete from notifications.delivery where channel = 'call'")
    yield found
    for client in found.clients:
        await client.aclose()
    await process.runtime.stop()
