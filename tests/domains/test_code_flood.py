"""A flood of codes by SMS: one neighbourhood asks for so many, what joins takes nothing from members, and no answer says who is one."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from nollycrewhub.contracts.users import CODE_QUARTERS, CodePart, money_for
from nollycrewhub.domains.users.errors import CodesSpent
from nollycrewhub.domains.users.service.accounts import MESSAGES_AN_HOUR, reach_of
from nollycrewhub.domains.users.service.doubt import BY_SMS_A_DAY, GUESS_WINDOW, HASHES_A_MINUTE
from nollycrewhub.domains.users.service.recovery import FROM_ONE_NETWORK, RESETS_A_DAY
from nollycrewhub.domains.users.service.signin import GUESSES_FROM_ANYWHERE
from nollycrewhub.domains.users.service.spending import DAY, FROM_A_NEIGHBOURHOOD, count_code
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.ratelimit import MICRO, PREFIX, failed
from nollycrewhub.platform.worker import drain
from tests.domains.test_code_spend import PART, a_number, register
from tests.domains.test_people import browser
from tests.journeys.conftest import PASSWORD

AN_HOUR, A_DAY = FROM_A_NEIGHBOURHOOD[3600], FROM_A_NEIGHBOURHOOD[DAY]
TOLD = Query(int, "select count(*)::int from platform.event where name = 'spend.capped' and body->>'what' = $1")


def somewhere() -> str:
    """An address in a neighbourhood of its own, each time another."""
    return f"105.{secrets.randbelow(256)}.{secrets.randbelow(256)}.9"


class Flood:
    """What a test needs of a day of codes."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.cap = process.runtime.settings.spend_codes_naira * 100

    async def leave(self, **parts: int) -> None:
        """Spends all but so many text messages of each part of the money."""
        left = {part: self.most(part) - parts.get(part, 10**6) * PART for part in CODE_QUARTERS}
        spent = {part: max(0, kobo) for part, kobo in left.items()}
        await self.sql("delete from users.code_spend")
        await self.sql(
            "insert into users.code_spend (day, kobo, joining_kobo, recovery_kobo, signing_in_kobo) "
            "values ((now() at time zone 'Africa/Lagos')::date, $1, $2, $3, $4)",
            sum(spent.values()), spent["joining"], spent["recovery"], spent["signing_in"],
        )  # fmt: skip

    def most(self, part: CodePart) -> int:
        """What codes of one text message each can spend of a part: the last one alone would not pay for the largest."""
        return money_for(part, self.cap) - PART

    async def spent(self) -> tuple[int, int, int]:
        """What each part cost so far: joining, recovery, signing in."""
        async with self.process.runtime.db.write_session() as session:
            found = await session.sql("select joining_kobo, recovery_kobo, signing_in_kobo, kobo from users.code_spend")
        joining, recovery, signing_in, whole = found[0] if found else (0, 0, 0, 0)
        assert whole == joining + recovery + signing_in
        return joining, recovery, signing_in

    async def sql(self, statement: str, *given: object) -> None:
        """One statement."""
        async with self.process.runtime.db.write_session() as session:
            await session.sql(statement, *given)
            await session.commit()

    async def told(self, what: str) -> int:
        """How often operators were told that this part is spent."""
        return await self.process.runtime.db.read_session(primary=True).value(TOLD, what) or 0

    async def letters(self, number: str) -> list[str]:
        """What came to a number, the newest first."""
        await drain(self.process.runtime)
        async with browser(self.process) as client:
            letters = (await client.get("/dev/mail.json")).json()["letters"]
        return [letter["text"] for letter in letters if letter["recipient"] == number]

    async def number(self, *, confirmed: bool = True) -> str:
        """A number with an account."""
        number = a_number()
        async with browser(self.process, somewhere()) as client:
            assert (await register(client, number)).status_code == 202
        if confirmed:
            await self.sql("update users.person set phone_confirmed_at = now() where phone = $1", number)
        await drain(self.process.runtime)
        return number

    async def put_in_doubt(self, number: str) -> None:
        """Two hundred strangers have guessed."""
        wrong = failed(f"signin:{reach_of(number).key}", GUESS_WINDOW)
        await self.process.runtime.limiter.client.set(wrong, GUESSES_FROM_ANYWHERE, ex=GUESS_WINDOW)


@pytest.fixture
async def flood(process: Process) -> AsyncIterator[Flood]:
    """Nothing spent, and nothing afterwards."""
    found = Flood(process)
    await found.sql("delete from users.code_spend")
    yield found
    await found.sql("delete from users.code_spend")


async def ask(client: httpx.AsyncClient, path: str, number: str) -> httpx.Response:
    """Asks for one code."""
    if path == "/api/auth/register":
        return await register(client, number)
    return await client.post(path, json={"address": number})


async def test_one_neighbourhood_asks_for_so_many_codes_and_is_told_when_to_come_again(process: Process, flood: Flood) -> None:
    """Whatever is asked and at once: 40 addresses of one /24, all ways, numbers with an account and without. E-mail goes on."""
    here, paths = somewhere().rpartition(".")[0], ("/api/auth/resend", "/api/auth/reset")
    clients = [browser(process, f"{here}.{n}") for n in range(40)]
    try:
        answers = await asyncio.gather(*(ask(clients[n % 40], paths[n % 2], a_number()) for n in range(AN_HOUR + 30)))
        admitted = [one for one in answers if one.status_code == 202]
        refused = [one for one in answers if one.status_code == 429]
        assert AN_HOUR <= len(admitted) <= AN_HOUR + 2 and len(admitted) + len(refused) == len(answers), "one more each minute"
        said = refused[0].json()
        assert said["type"] == "/problems/too-many" and "from your network" in said["detail"] and "e-mail" in said["detail"]
        assert 1 <= int(refused[0].headers["retry-after"]) <= 60
        member, nobody = await flood.number(), a_number()
        for path in ("/api/auth/register", *paths):
            first, second = [await ask(clients[0], path, number) for number in (member, nobody)]
            assert first.status_code == second.status_code == 429 and first.json()["title"] == second.json()["title"]
        mail = {"name": "Bisi Ojo", "email": f"{secrets.token_hex(6)}@example.test", "password": PASSWORD}
        assert (await clients[0].post("/api/auth/register", json=mail)).status_code == 202
        assert (await clients[0].post("/api/auth/reset", json={"address": mail["email"]})).status_code == 202
        shown = await clients[0].post("/reset", data={"address": member})
        assert shown.status_code == 429 and "from your network" in shown.text
        assert len(await flood.letters(member)) == 1, "the code to join, and no other"
    finally:
        for client in clients:
            await client.aclose()
    async with browser(process, somewhere()) as elsewhere:
        assert (await ask(elsewhere, "/api/auth/reset", member)).status_code == 202, "what was refused took nothing of the number's own"
    assert any("Your code is" in text for text in await flood.letters(member))


async def test_a_day_has_a_limit_for_a_neighbourhood_too(process: Process, flood: Flood) -> None:
    address = somewhere()
    here = address.rpartition(".")[0]
    for _ in range(A_DAY):
        await process.runtime.limiter.check(f"codes:from:{here}", limit=A_DAY, per=DAY)
    async with browser(process, address) as client:
        refused = await ask(client, "/api/auth/reset", a_number())
    assert refused.status_code == 429 and 60 < int(refused.headers["retry-after"]) <= DAY // A_DAY


async def test_a_device_of_the_owners_is_not_kept_waiting_by_its_neighbours(process: Process, flood: Flood) -> None:
    number, other, address = await flood.number(), await flood.number(), somewhere()
    for _ in range(AN_HOUR):
        await process.runtime.limiter.check(f"codes:from:{address.rpartition('.')[0]}", limit=AN_HOUR, per=3600)
    async with browser(process, address) as client:
        assert (await client.post("/signin", data={"email": number, "password": PASSWORD})).status_code == 303
        await client.post("/signout")
        assert (await ask(client, "/api/auth/reset", number)).status_code == 202
        assert (await ask(client, "/api/auth/reset", other)).status_code == 429, "another's number has no such device"
    assert "Your code is" in (await flood.letters(number))[0]


async def test_numbers_that_join_spend_their_part_and_members_get_their_codes(process: Process, flood: Flood) -> None:
    """Many at once from as many neighbourhoods spend no more than the part for joining; then a member, who was guessed at, is let in."""
    member = await flood.number()
    await flood.leave(joining=3)
    before, told = await flood.spent(), await flood.told("codes-joining")
    numbers = [a_number() for _ in range(8)]

    async def join(number: str) -> int:
        async with browser(process, somewhere()) as client:
            return (await register(client, number)).status_code

    statuses = await asyncio.gather(*(join(number) for number in numbers))
    assert sorted(statuses) == [202] * 3 + [429] * 5
    most = flood.most("joining")
    assert await flood.spent() == (most, 0, 0) and before[0] == most - 3 * PART
    assert await flood.told("codes-joining") == told + 1
    async with browser(process, somewhere()) as client:
        assert (await ask(client, "/api/auth/reset", member)).status_code == 202
        assert "Your code is" in (await flood.letters(member))[0]
        await flood.put_in_doubt(member)
        assert (await client.post("/api/auth/login", json={"email": member, "password": PASSWORD})).status_code == 403
        assert "Code to sign in" in (await flood.letters(member))[0]
    assert await flood.spent() == (most, PART, PART)


async def test_when_joining_is_spent_members_strangers_and_the_unconfirmed_are_answered_alike(process: Process, flood: Flood) -> None:
    """Same status, words and work in the request; what is sent differs, and is sent by a job."""
    member, unconfirmed, nobody = await flood.number(), await flood.number(confirmed=False), a_number()
    await flood.leave(joining=0)
    had = {number: len(await flood.letters(number)) for number in (member, unconfirmed)}
    said: list[list[tuple[int, str]]] = []
    jobs: list[int] = []
    queued = Query(int, "select count(*)::int from platform.pgqueuer where entrypoint = 'users.code'")
    for number in (member, unconfirmed, nobody):
        async with browser(process, somewhere()) as client:
            answers = [await ask(client, "/api/auth/reset", number), await client.post("/reset", data={"address": number, "next": "/jobs"})]
            jobs.append(await process.runtime.db.read_session(primary=True).value(queued) or 0)
            answers += [await ask(client, "/api/auth/resend", number), await register(client, number)]
        said.append([(one.status_code, one.text.replace(number, "").replace(number.replace("+", "&#43;"), "")) for one in answers])
        await drain(process.runtime)
    assert [status for status, _ in said[0]] == [202, 200, 429, 429]
    assert [one[0][0:2] for one in said] == [said[0][0]] * 3
    assert [[status for status, _ in one] for one in said] == [[202, 200, 429, 429]] * 3
    assert jobs == [2, 2, 2], "as many jobs, whoever was asked for"
    assert len(await flood.letters(member)) == had[member] + 2
    assert len(await flood.letters(unconfirmed)) == had[unconfirmed] and await flood.letters(nobody) == []


async def test_a_code_that_cannot_be_paid_takes_no_former_one_away_and_tells_nobody_apart(process: Process, flood: Flood) -> None:
    """The money ends between the asking and the sending: both were answered alike, and the code of before still holds."""
    member, nobody = await flood.number(), a_number()
    async with browser(process, somewhere()) as client:
        assert (await ask(client, "/api/auth/reset", member)).status_code == 202
        code = (await flood.letters(member))[0].split("code is ")[1][:6]
        answers = [await client.post("/reset", data={"address": number, "next": "/jobs?q=gaffer"}) for number in (member, nobody)]
        assert [one.status_code for one in answers] == [200, 200]
        await flood.leave(recovery=0)
        assert len(await flood.letters(member)) == 2, "the code to join and the first one for a new password"
        assert (await flood.spent())[1] == flood.most("recovery")
        done = await client.post("/api/auth/reset/confirm", json={"address": member, "code": code, "password": "three unusual words 7"})
        assert done.status_code == 200


async def test_the_last_part_shows_nobody_who_has_an_account(process: Process, flood: Flood) -> None:
    """To join on the way somewhere costs two parts, and telling an owner of it one: where one is left both are refused, and two pay for both."""
    member = await flood.number()
    for left, status in ((0, 429), (1, 200)):
        for number in (member, a_number()):
            await flood.leave(joining=left)
            async with browser(process, somewhere()) as client:
                form = {"name": "Bisi Ojo", "address": number, "password": PASSWORD, "next": "/jobs?q=gaffer"}
                assert (await client.post("/register", data=form)).status_code == status, (left, number == member)


async def test_recovery_that_is_flooded_leaves_signing_in(process: Process, flood: Flood) -> None:
    """Strangers can spend the part for new passwords, by members' numbers; who has the right password still comes in."""
    member, nobody = await flood.number(), a_number()
    await flood.leave(recovery=1)
    told = await flood.told("codes-recovery")
    async with browser(process, somewhere()) as client:
        assert (await ask(client, "/api/auth/reset", await flood.number())).status_code == 202
        await drain(process.runtime)
        assert await flood.told("codes-recovery") == told + 1
        refused = [await ask(client, "/api/auth/reset", number) for number in (member, nobody)]
        assert [one.status_code for one in refused] == [429, 429] and refused[0].json()["title"] == refused[1].json()["title"]
        await flood.put_in_doubt(member)
        assert (await client.post("/api/auth/login", json={"email": member, "password": PASSWORD})).status_code == 403
    assert "Code to sign in" in (await flood.letters(member))[0]


async def test_codes_to_sign_in_count_for_numbers_that_are_confirmed_only(process: Process, flood: Flood) -> None:
    """A stranger joins with somebody's number, and has codes sent to it by the password that they chose: out of the part for joining."""
    number = await flood.number(confirmed=False)
    joined = (await flood.spent())[0]
    await flood.put_in_doubt(number)
    async with browser(process, somewhere()) as client:
        assert (await client.post("/api/auth/login", json={"email": number, "password": PASSWORD})).status_code == 403
    assert "Code to sign in" in (await flood.letters(number))[0]
    assert await flood.spent() == (joined + PART, 0, 0)


async def test_one_number_has_so_many_codes_a_day(process: Process, flood: Flood) -> None:
    """Of new passwords and of sign-ins: what it takes to spend the reserve is many numbers, not one."""
    number = await flood.number()
    key = reach_of(number).key
    for _ in range(RESETS_A_DAY - 1):
        await process.runtime.limiter.check(f"reset:{key}", limit=RESETS_A_DAY, per=DAY)
    for _ in range(BY_SMS_A_DAY - 1):
        await process.runtime.limiter.check(f"signin-code:{key}", limit=BY_SMS_A_DAY, per=DAY)
    await flood.put_in_doubt(number)
    async with browser(process, somewhere()) as client:
        answers = [await ask(client, "/api/auth/reset", number) for _ in range(2)]
        assert [one.status_code for one in answers] == [202, 429]
        assert 3600 < int(answers[1].headers["retry-after"]) <= DAY // RESETS_A_DAY
        for _ in range(2):
            assert (await client.post("/api/auth/login", json={"email": number, "password": PASSWORD})).status_code == 403
    assert len([text for text in await flood.letters(number) if "Code to sign in" in text]) == 1
    assert RESETS_A_DAY > MESSAGES_AN_HOUR


async def test_one_neighbourhoods_guesses_warn_so_many_owners(process: Process, flood: Flood) -> None:
    """A warning needs no right password: a flood of guesses over members' numbers is bounded as asking is."""
    first, second, address = await flood.number(), await flood.number(), somewhere()
    here = address.rpartition(".")[0]

    async def flooded(number: str) -> None:
        """Guesses come faster than they may be looked at, for ten minutes."""
        await flood.put_in_doubt(number)
        rate = f"{PREFIX}rate:signin-hash:{reach_of(number).key}:{HASHES_A_MINUTE}:60"
        await process.runtime.limiter.client.set(rate, int((time.time() + 600) * MICRO), px=600_000)

    async with browser(process, address) as client:
        await flooded(first)
        assert (await client.post("/api/auth/login", json={"email": first, "password": "a guess of mine"})).status_code == 403
        assert "Somebody guesses" in (await flood.letters(first))[0]
        assert (await flood.spent())[1] == PART
        for _ in range(AN_HOUR - 1):
            await process.runtime.limiter.check(f"signin-unasked:from:{here}", limit=AN_HOUR, per=3600)
        for number in (second, a_number()):
            await flooded(number)
            assert (await client.post("/api/auth/login", json={"email": number, "password": "a guess of mine"})).status_code == 403
    assert not any("Somebody guesses" in text for text in await flood.letters(second))
    async with browser(process, somewhere()) as elsewhere:
        assert (await elsewhere.post("/api/auth/login", json={"email": second, "password": PASSWORD})).status_code == 403
    assert "Somebody guesses" in (await flood.letters(second))[0], "the owner's own was not taken"


@pytest.mark.parametrize("part", list(CODE_QUARTERS))
async def test_no_part_is_overrun_by_many_at_once(process: Process, flood: Flood, part: CodePart) -> None:
    """Forty transactions count at once where seven can be paid: seven are, and the seventh tells operators."""
    await flood.leave(**{part: 7})
    told, settings = await flood.told(f"codes-{part}"), process.runtime.settings
    limit = asyncio.Semaphore(8)

    async def one() -> bool:
        async with limit, process.runtime.db.write_session() as session:
            try:
                await count_code(session, settings, "NollyCrewHub: Your code is 123456.", part=part)
            except CodesSpent:
                return False
            await session.commit()
            return True

    assert sum(await asyncio.gather(*(one() for _ in range(40)))) == 7
    names = list(CODE_QUARTERS)
    assert (await flood.spent())[names.index(part)] == flood.most(part)
    assert await flood.told(f"codes-{part}") == told + 1


async def test_a_gone_account_is_sent_nothing(process: Process, flood: Flood) -> None:
    """Asked for while it was there, and deleted before the job ran."""
    number = await flood.number()
    async with browser(process, somewhere()) as client:
        assert (await ask(client, "/api/auth/reset", number)).status_code == 202
    await flood.sql("delete from users.profile where person_id = (select id from users.person where phone = $1)", number)
    await flood.sql("delete from users.person where phone = $1", number)
    assert len(await flood.letters(number)) == 1, "the code to join, and no other"


async def test_one_network_leaves_an_owner_elsewhere_new_passwords_by_their_number(process: Process, flood: Flood) -> None:
    """Whoever asks all day for somebody's number takes half of what it may have, and nothing of what its owner's devices may."""
    number, address = await flood.number(), somewhere()
    async with browser(process, address) as owners:
        assert (await owners.post("/signin", data={"email": number, "password": PASSWORD})).status_code == 303
        await owners.post("/signout")
        async with browser(process, somewhere()) as stranger:
            answers = [(await ask(stranger, "/api/auth/reset", number)).status_code for _ in range(RESETS_A_DAY)]
        assert answers == [202] * FROM_ONE_NETWORK + [429] * (RESETS_A_DAY - FROM_ONE_NETWORK)
        async with browser(process, somewhere()) as elsewhere:
            assert (await ask(elsewhere, "/api/auth/reset", number)).status_code == 202
        for _ in range(3):
            async with browser(process, somewhere()) as stranger:
                await ask(stranger, "/api/auth/reset", number)
        async with browser(process, somewhere()) as elsewhere:
            assert (await ask(elsewhere, "/api/auth/reset", number)).status_code == 429
        assert (await ask(owners, "/api/auth/reset", number)).status_code == 202
    assert "Your code is" in (await flood.letters(number))[0]


async def test_what_an_hour_refuses_takes_nothing_of_the_day(process: Process, flood: Flood) -> None:
    number = a_number()
    answers = []
    for _ in range(RESETS_A_DAY + 2):
        async with browser(process, somewhere()) as client:
            answers.append((await ask(client, "/api/auth/reset", number)).status_code)
    assert answers == [202] * MESSAGES_AN_HOUR + [429] * 4
    key = reach_of(number).key
    for _ in range(RESETS_A_DAY - MESSAGES_AN_HOUR):
        await process.runtime.limiter.check(f"reset:{key}", limit=RESETS_A_DAY, per=DAY)
