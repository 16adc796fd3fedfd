"""Real rows to point at: an owner with private things, a poster with listings in every state, an operator, a stranger."""

import secrets
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx

from nollycrewhub.domains.jobs import service as jobs
from nollycrewhub.domains.jobs.schemas import ApplyInput, JobInput, Pay, Reporting
from nollycrewhub.domains.messages.repository import files as talk_files
from nollycrewhub.domains.messages.repository import reporting
from nollycrewhub.domains.messages.repository import writing as talks
from nollycrewhub.domains.messages.rules.files import Kind
from nollycrewhub.domains.messages.schemas import FileOut
from nollycrewhub.domains.notifications import repository as notices
from nollycrewhub.domains.notifications.repository import deliveries, habits
from nollycrewhub.domains.notifications.schemas import DeviceRow, NewDelivery, ToldRow
from nollycrewhub.domains.notifications.service.links import seen_link, stop_link
from nollycrewhub.domains.projects import repository as scripts
from nollycrewhub.domains.projects.repository import people as projects
from nollycrewhub.domains.projects.schemas import ShootingDayRow
from nollycrewhub.domains.users import repository as users
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.domains.users.service.accounts import code_hash, link_of
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query, WriteSession

PASSWORD = "three unusual words"
CODE = "123456"
ROLES = ("anonymous", "stranger", "owner", "poster", "operator")
FAILED_WORK = "insert into platform.pgqueuer (priority, entrypoint, payload, status) values (0, 'toy.failed', '{}', 'failed') returning id"
BUSY = (
    "insert into scaling.event (name, first, last, yearly, factor, tenfold, prewarm_minutes, version) "
    "values ($1, '2027-03-01', '2027-03-02', false, 2, false, 30, 1) returning id"
)
FAILING = "insert into scaling.incident (action, what, decision, opened) values ($1, 'Staged.', 0, now()) returning id"
OLD_INCIDENTS = "delete from scaling.incident where action like 'staged %' and id < (select max(id) - 50 from scaling.incident)"
OF_OLD_STAGES = "delete from scaling.event where name like 'Staged %' and id < (select max(id) - 100 from scaling.event)"
REVIEW_OF = Query(UUID, "select id from jobs.review where job_id = $1")
PHOTOS = {"name": "owner", "members_photo": "poster", "private_photo": "stranger"}  # listed, in no directory, private
PICTURE = b"RIFF....WEBPVP8 a stored picture"


class Caller:
    """One of the five, with the cookie and headers of a browser."""

    def __init__(self, process: Process, role: str, *, token: str = "", person_id: UUID | None = None, handle: str = "") -> None:
        url = process.runtime.settings.public_url
        cookies = {"session": token} if token else {}
        self.role = role
        self.token = token
        self.person_id = person_id
        self.handle = handle
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=process),
            base_url=url,
            headers={"origin": url, "sec-fetch-site": "same-origin"},
            cookies=cookies,
        )

    async def ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """One request; the caller's cookies stay as they were."""
        kept = dict(self.client.cookies)
        try:
            return await self.client.request(method, path, **parts)
        finally:
            self.client.cookies = httpx.Cookies(kept)


class Stage:
    """One set of people and things, fresh for each cell that may change them."""

    def __init__(self, process: Process, hashed: str) -> None:
        self.process = process
        self.hashed = hashed
        self.mark = secrets.token_hex(6)
        self.callers: dict[str, Caller] = {"anonymous": Caller(process, "anonymous")}
        self.ids: dict[str, Any] = {}

    def secret(self, what: str) -> str:
        """A text that only some may ever read; part of no other text."""
        return f"canary-{what}-{self.mark}"

    @property
    def forbidden(self) -> dict[str, tuple[str, ...]]:
        """Per role, the texts that no answer to it may hold."""
        of_owner = tuple(self.secret(what) for what in ("mail", "bio", "notice", "script"))
        of_poster = tuple(self.secret(what) for what in ("draft", "held", "shelved"))
        note = (self.secret("note"),)
        said = (self.secret("said"),)  # an operator reads it in the report
        shot = (self.secret("project"),)
        told = (self.secret("reported"),)  # operators read it, and who wrote it
        return {
            "anonymous": of_owner + of_poster + note + said + told + shot,
            "stranger": of_owner + of_poster + note + said + told + shot,
            "owner": of_poster,
            "poster": of_owner + told,
            "operator": (*of_owner, self.secret("draft"), self.secret("shelved"), *note, *shot),
        }

    async def set(self) -> "Stage":
        """Stores everything in one transaction."""
        async with self.process.runtime.db.write_session() as session:
            for role in ROLES[1:]:
                await self._person(session, role)
            await self._listings(session)
            await self._script(session)
            await self._project(session)
            await self._search(session)
            await self._talk(session)
            self.ids["work_id"] = (await session.sql(FAILED_WORK))[0][0]
            await session.sql(OF_OLD_STAGES)
            self.ids["event_id"] = (await session.sql(BUSY, f"Staged {self.mark}"))[0][0]
            await session.sql(OLD_INCIDENTS)
            self.ids["incident_id"] = (await session.sql(FAILING, f"staged {self.mark}"))[0][0]
            owner = self.callers["owner"].person_id
            closed = (uuid7(), owner, uuid4(), "job.closed", self.secret("notice"), "Read me.", "/me/applications", None, None)
            await notices.add(session, [closed])
            await session.commit()
        await self._outside()
        await self._replayed()
        read = self.process.runtime.db.read_session(primary=True)
        self.ids["review_id"] = await read.value(REVIEW_OF, self.ids["held"])
        owner = self.callers["owner"].person_id
        assert owner is not None
        self.ids["notice_id"] = (await notices.newest(read, owner, before=None, limit=1))[0].id
        for name, role in PHOTOS.items():
            self.ids[name] = f"{role}{self.mark}-s.webp"
            await self.process.runtime.storage.put(f"photos/{self.ids[name]}", PICTURE)
        for name in ("file_id", "plain_file_id"):
            await self.process.runtime.storage.put(f"{self.attachment(name)}.bin", PICTURE)
        await self.process.runtime.storage.put(f"{self.attachment('file_id')}-s.webp", PICTURE)
        return self

    async def _replayed(self) -> None:
        """Waits until the replicas have the stage: its callers carry no position mark, and others look them up at once."""
        db = self.process.runtime.db
        async with db.primary.lend(bounded=False) as connection:
            written = await connection.fetchval("select pg_current_wal_flush_lsn()::text")
        for replica in db.replicas:
            async with replica.lend(bounded=False) as connection:
                while not await connection.fetchval("select pg_last_wal_replay_lsn() >= $1::text::pg_lsn", written):
                    pass

    async def _person(self, session: WriteSession, role: str) -> None:
        person_id, handle = uuid7(), f"{role}-{self.mark}"
        email = f"{self.secret('mail') if role == 'owner' else handle}@example.test"
        person = Person(
            id=person_id, handle=handle, name=f"{role} {self.mark}", email=email, password_hash=self.hashed, version=1,
            email_confirmed_at=utcnow(), operator=role == "operator",
        )  # fmt: skip
        profile = Profile(
            person_id=person_id, bio=self.secret("bio") if role == "owner" else "", state="EN", listed=role == "owner",
            visibility={"bio": "private", "state": "private", **({"photo": "private"} if role == "stranger" else {})},
            photo_key=f"photos/{role}{self.mark}" if role in PHOTOS.values() else None,
        )  # fmt: skip
        assert await users.add(session, person, profile) is None
        settings = self.process.runtime.settings
        for purpose in ("confirm", "reset"):
            secret_id = uuid7()
            hashed = code_hash(settings, person_id, purpose, CODE)
            until = utcnow().replace(year=2099)
            await users.new_secret(session, secret_id, person_id, purpose=purpose, channel="email", code_hash=hashed, expires_at=until)
            if role == "owner":
                self.ids[f"{purpose}_link"] = link_of(settings, secret_id, purpose)
        sessions = self.process.runtime.sessions
        token = await sessions.create(person_id, name=person.name, operator=person.operator)
        self.callers[role] = Caller(self.process, role, token=token, person_id=person_id, handle=handle)
        self.ids[f"{role}_email"] = email
        if role == "owner":
            other = await sessions.create(person_id, name=person.name)
            found = await sessions.load(other)
            assert found is not None
            self.ids |= {"key": found[0].session_key, "handle": handle, "person_id": str(person_id)}
        if role == "poster":
            self.ids["unlisted"] = handle

    def listing(self, title: str, *, draft: bool = False, fee: bool = False) -> JobInput:
        """A listing that is right in every field; `fee` makes it one that is held."""
        text = "Six days near Nsukka with a small generator and two assistants."
        return JobInput(
            title=title, kind="crew", category="gaffer", company="Ọmọlará Pictures", state="EN", town="Enugu",
            pay=Pay(amount=15_000_000), description=f"{text} You must pay a registration fee of N5,000." if fee else text, draft=draft,
        )  # fmt: skip

    async def _listings(self, session: WriteSession) -> None:
        poster, owner = self.callers["poster"].person_id, self.callers["owner"].person_id
        assert poster is not None and owner is not None
        for name, listing in (
            ("job_id", self.listing(f"Gaffer for a village drama {self.mark}")),
            ("draft", self.listing(self.secret("draft"), draft=True)),
            ("held", self.listing(self.secret("held"), fee=True)),
            ("shelved", self.listing(self.secret("shelved"), fee=True)),
            ("closed", self.listing(f"Gaffer for a comedy {self.mark}")),
            ("declined", self.listing(f"Gaffer for a thriller {self.mark}")),
        ):
            self.ids[name] = (await jobs.post(session, poster, listing)).id
        limiter = self.process.runtime.limiter
        await jobs.report(
            session, owner, self.ids["closed"], given=Reporting(reason="other", note=self.secret("reported")), limiter=limiter
        )
        await jobs.close(session, poster, self.ids["closed"])
        await jobs.close(session, poster, self.ids["shelved"])
        for name, key in (("job_id", "application_id"), ("declined", "declined_application_id")):
            applied = await jobs.apply(session, owner, "Ada Obi", self.ids[name], given=ApplyInput(note=self.secret("note")))
            self.ids[key] = applied.id
        await jobs.move(session, poster, self.ids["declined"], self.ids["declined_application_id"], to="declined")

    async def _outside(self) -> None:
        """The owner's browser for pushes and their stop link; a notice of the poster's, its link, and the call it ended in."""
        settings, owner, poster = self.process.runtime.settings, self.callers["owner"].person_id, self.callers["poster"].person_id
        assert owner is not None and poster is not None
        notice_id, event_id = uuid7(), uuid4()
        self.ids |= {"device_id": uuid7(), "delivery_id": uuid7()}
        self.ids |= {"stop_token": stop_link(settings, owner, "job.closed", "email"), "seen_token": seen_link(settings, notice_id)}
        device = DeviceRow(self.ids["device_id"], f"https://push.example/{self.mark}", "key", "auth", "A phone", utcnow())
        told = ToldRow(
            id=notice_id, person_id=poster, event_id=event_id, kind="job.held", subject="Waiting", body="For a check.", link="/me/jobs",
            created_at=utcnow(), read_at=None, confirmed_at=None, sender_id=None,
        )  # fmt: skip
        async with self.process.runtime.db.write_session() as session:
            await habits.add_device(session, owner, device, most=5)
            await notices.add(session, [(told.id, poster, event_id, told.kind, told.subject, told.body, told.link, None, None)])
            await deliveries.add(session, self.ids["delivery_id"], told, NewDelivery(channel="call", state="queued"))
            await session.commit()

    async def _script(self, session: WriteSession) -> None:
        owner = self.callers["owner"].person_id
        assert owner is not None
        self.ids["script_id"] = uuid4()
        key = f"scripts/{self.mark}.txt"
        await scripts.add(session, self.ids["script_id"], owner, title=self.secret("script"), storage_key=key, size=18)

    async def _project(self, session: WriteSession) -> None:
        """A project of the owner's with the poster in it, and its first day."""
        owner, poster = self.callers["owner"].person_id, self.callers["poster"].person_id
        assert owner is not None and poster is not None
        project, day = uuid7(), uuid7()
        await projects.add(session, project, owner, title=self.secret("project"), script_id=self.ids["script_id"])
        await projects.sit(session, project, poster, "in")
        await projects.add_day(session, ShootingDayRow(id=day, project_id=project, day=date(2027, 1, 1), name="Day 1"))
        self.ids |= {"project_id": project, "day_id": day, "project_person_id": poster}

    async def _search(self, session: WriteSession) -> None:
        owner = self.callers["owner"].person_id
        assert owner is not None
        read = self.process.runtime.db.read_session(primary=True)
        saved = await jobs.save_search(session, read, owner, {"q": f"gaffer {self.mark}"}, by_mail=True)
        self.ids |= {"search_id": saved.id, "stop": saved.stop_token}

    async def _talk(self, session: WriteSession) -> None:
        """Owner and poster in a conversation of two; the owner's words, reported by the poster."""
        owner, poster = self.callers["owner"].person_id, self.callers["poster"].person_id
        assert owner is not None and poster is not None
        talk, report = uuid7(), uuid7()
        await talks.create(session, (talk, "direct", f"direct:{talk}", "", "", owner))
        for person_id in (owner, poster):
            await talks.sit(session, talk, person_id, "in", asked_by=None, from_n=0)
        words = self.secret("said")
        await talks.add(session, talk, owner, client_id=uuid4(), text=words, folded=words, silent=False)
        await reporting.add(session, (report, talk, poster, owner, "other", ""), [1])
        await talks.add(session, talk, owner, client_id=uuid4(), text="", folded="", silent=False)
        self.ids |= {"conversation_id": talk, "report_id": report, "file_id": uuid7(), "plain_file_id": uuid7()}
        sent: tuple[tuple[int, str, Kind, str, int], ...] = (
            (1, "file_id", "photo", "image/webp", 9), (2, "plain_file_id", "file", "application/octet-stream", 0),
        )  # fmt: skip
        for n, name, kind, media, small in sent:
            url = f"/api/messages/files/{self.ids[name]}"
            file = FileOut(
                id=self.ids[name], kind=kind, name="a file", type=media, size=9, url=url, small_size=small, width=small, height=small
            )
            await talk_files.add(session, owner, self.attachment(name), file)
            await talk_files.hang(session, talk, n, owner, [self.ids[name]])

        group = uuid7()
        await talks.create(session, (group, "group", f"group:{group}", "", "Second unit", owner))
        for person_id in (owner, poster):
            await talks.sit(session, group, person_id, "in", asked_by=None, from_n=0)
        self.ids |= {"group_conversation_id": group, "group_person_id": poster}

    def attachment(self, name: str) -> str:
        """The key of a file in the conversation."""
        return f"attachments/{name.replace('_', '-')}-{self.mark}"

    async def close(self) -> None:
        """Closes the five clients."""
        for caller in self.callers.values():
            await caller.client.aclose()
