"""Codes by SMS have a day's cap of their own: whoever asks by a number past it is told so, with an account or without, and nothing else stops."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import httpx
import pytest

from nollycrewhub.domains.users.service.accounts import reach_of
from nollycrewhub.domains.users.service.doubt import GUESS_WINDOW
from nollycrewhub.domains.users.service.signin import GUESSES_FROM_ANYWHERE
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.worker import drain
from tests.domains.test_people import browser
from tests.journeys.conftest import PASSWORD

PART = 500
TOLD = Query(int, "select count(*)::int from platform.event where name = 'spend.capped' and body->>'what' = 'codes-joining'")
SPENT = Query(int, "select coalesce(sum(joining_kobo), 0)::int from users.code_spend")
NUMBERS = Query(int, "select count(*)::int from users.person where phone = any($1::text[])")
QUEUED = Query(int, "select count(*)::int from platform.pgqueuer where entrypoint = 'sms.send'")


def a_number() -> str:
    """Nobody's yet."""
    return f"+234806{secrets.randbelow(10**7):07d}"


class Day:
    """A day of codes, with so many text messages left of the money for joining, and of the rest what is asked for."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.cap = process.runtime.settings.spend_codes_naira * 50 - PART  # the last part alone cannot pay for the largest code

    async def leave(self, parts: int, *, reserve: int = 0) -> None:
        """Spends all but so many."""
        async with self.process.runtime.db.write_session() as session:
            await session.sql("delete from users.code_spend")
            await session.sql(
                "insert into users.code_spend (day, kobo, joining_kobo, recovery_kobo, signing_in_kobo) "
                "values ((now() at time zone 'Africa/Lagos')::date, $1 + 2 * $2, $1, $2, $2)",
                self.cap - parts * PART, reserve,
            )  # fmt: skip
            await session.commit()

    async def count(self, query: Query[int], *given: object) -> int:
        """What one query counts now."""
        return await self.process.runtime.db.read_session(primary=True).value(query, *given) or 0


@pytest.fixture
async def day(process: Process) -> AsyncIterator[Day]:
    """Today; gone afterwards."""
    yield Day(process)
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from users.code_spend")
        await session.commit()


async def register(client: httpx.AsyncClient, number: str) -> httpx.Response:
    """Joins by a number."""
    return await client.post("/api/auth/register", json={"name": "Bisi Ojo", "phone": number, "password": PASSWORD})


async def test_past_the_cap_everybody_who_asks_by_a_number_is_told_so_alike(process: Process, day: Day) -> None:
    before = await day.count(TOLD)
    await day.leave(2)
    known, nobody = a_number(), a_number()
    async with browser(process) as client:
        assert (await register(client, known)).status_code == 202
        assert (await day.count(SPENT), await day.count(TOLD)) == (day.cap - PART, before)
        assert (await client.post("/api/auth/resend", json={"address": known})).status_code == 202
        await drain(process.runtime)
        assert (await day.count(SPENT), await day.count(TOLD)) == (day.cap, before + 1), "operators hear of it once"
        await day.leave(0, reserve=day.cap // 2)
        answers = [await register(client, a_number())]
        for path in ("/api/auth/resend", "/api/auth/reset"):
            answers += [await client.post(path, json={"address": number}) for number in (known, nobody)]
        for number in (known, nobody):
            for _ in range(GUESSES_FROM_ANYWHERE):
                await process.runtime.limiter.fail(f"signin:{reach_of(number).key}", per=GUESS_WINDOW)
            answers.append(await client.post("/api/auth/login", json={"email": number, "password": PASSWORD}))
        assert {(one.status_code, one.json()["type"], one.json()["title"]) for one in answers} == {
            (429, "/problems/too-many", "So many codes went out by SMS today that no more do until midnight. Use an e-mail address, or come back tomorrow"),
        }  # fmt: skip
        assert 60 <= int(answers[0].headers["retry-after"]) <= 86_400
        shown = await client.post("/register", data={"name": "Bisi Ojo", "address": a_number(), "password": PASSWORD})
        assert shown.status_code == 429 and "until midnight" in shown.text
        assert (await day.count(QUEUED), await day.count(SPENT), await day.count(TOLD)) == (0, day.cap, before + 1)
        mail = {"name": "Bisi Ojo", "email": f"{secrets.token_hex(6)}@example.test", "password": PASSWORD}
        assert (await client.post("/api/auth/register", json=mail)).status_code == 202, "who has an e-mail address goes on"


async def test_many_at_once_stay_under_it_and_those_refused_leave_nothing(process: Process, day: Day) -> None:
    await day.leave(3)
    numbers = [a_number() for _ in range(8)]
    async with browser(process) as client:
        answers = await asyncio.gather(*(register(client, number) for number in numbers))
    assert sorted(one.status_code for one in answers) == [202] * 3 + [429] * 5
    assert (await day.count(SPENT), await day.count(NUMBERS, numbers), await day.count(QUEUED)) == (day.cap, 3, 3)


async def test_whose_number_is_taken_is_told_under_the_cap_too(process: Process, day: Day) -> None:
    await day.leave(4)
    number = a_number()
    async with browser(process) as client:
        assert (await register(client, number)).status_code == 202
        async with process.runtime.db.write_session() as session:
            await session.sql("update users.person set phone_confirmed_at = now() where phone = $1", number)
            await session.commit()
        assert (await register(client, number)).status_code == 202
    assert await day.count(SPENT) == day.cap - 2 * PART


async def test_a_code_to_sign_in_that_cannot_be_paid_is_not_sent_and_its_job_is_done(process: Process, day: Day) -> None:
    """Asked for by mail, of an account whose number alone is confirmed."""
    await day.leave(1, reserve=day.cap // 2 - PART)
    number, email = a_number(), f"{secrets.token_hex(6)}@example.test"
    async with browser(process) as client:
        assert (await register(client, number)).status_code == 202
        async with process.runtime.db.write_session() as session:
            await session.sql("update users.person set phone_confirmed_at = now(), email = $2 where phone = $1", number, email)
            await session.commit()
        await drain(process.runtime)
        await day.leave(0, reserve=day.cap // 2)
        for _ in range(GUESSES_FROM_ANYWHERE):
            await process.runtime.limiter.fail(f"signin:{reach_of(email).key}", per=GUESS_WINDOW)
        answer = await client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 403
        await drain(process.runtime)
        letters = (await client.get("/dev/mail.json")).json()["letters"]
    assert [one["text"].split()[1] for one in letters if one["recipient"] == number] == ["Your"], "the code to join, and no other"
    left = Query(int, "select count(*)::int from platform.pgqueuer where entrypoint = 'users.sign-in-code'")
    assert (await day.count(left), await day.count(SPENT)) == (0, day.cap)
