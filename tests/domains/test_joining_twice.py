"""An address that several people join with: whoever owns the mailbox has the account, under their own password and no other."""

import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from nollycrewhub.kit.ids import made_at, uuid7
from nollycrewhub.kit.time import spoken, spoken_clock
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.worker import drain
from tests.domains.test_people import browser, link_in, newest
from tests.journeys.conftest import PASSWORD

STRANGERS = "a stranger knows this one"
WAITING = Query(
    int,
    "select count(*)::int from users.secret s join users.person p on p.id = s.person_id "
    "where p.email = $1 and (s.password_hash is not null or s.name is not null)",
)

NEWEST_SECRET = "select s.id from users.secret s join users.person p on p.id = s.person_id where p.email = $1 order by s.id desc limit 1"


class Address:
    """An address, its mailbox, and what may be done with it by anybody."""

    def __init__(self, process: Process, client: httpx.AsyncClient) -> None:
        self.process = process
        self.client = client
        self.email = f"{secrets.token_hex(6)}@twice.test"

    async def letter(self, path: str, **form: str) -> str:
        """The message that comes of a form."""
        done = await self.client.post(path, data={"address": self.email, **form})
        assert done.status_code == 200, done.text
        await drain(self.process.runtime)
        return await newest(self.client, self.email)

    async def owner_joins(self) -> str:
        return await self.letter("/register", name="Owner Obi", password=PASSWORD)

    async def stranger_joins(self) -> str:
        return await self.letter("/register", name="Stranger Danger", password=STRANGERS)

    async def confirm(self, letter: str, password: str = "") -> httpx.Response:
        """Types a message's code into the API."""
        found = re.search(r"code is (\d{6})", letter)
        assert found, letter
        given = {"address": self.email, "code": found.group(1), **({"password": password} if password else {})}
        return await self.client.post("/api/auth/confirm", json=given)

    async def sign_in(self, password: str) -> int:
        return (await self.client.post("/api/auth/login", json={"email": self.email, "password": password})).status_code

    async def let_pass(self, age: timedelta) -> str:
        """Makes the newest code as old as this; when it was asked for, as people say it."""
        at = datetime.now(UTC) - age
        earlier = UUID(int=int(at.timestamp() * 1000) << 80 | uuid7().int & (1 << 80) - 1)
        async with self.process.runtime.db.write_session() as session:
            newest_id = (await session.sql(NEWEST_SECRET, self.email))[0][0]
            await session.sql("update users.secret set id = $2 where id = $1", newest_id, earlier)
            await session.commit()
        return spoken(made_at(earlier))

    async def is_owners(self) -> None:
        """Only the owner's password opens it, it has the owner's name, and nothing of the others' is kept."""
        assert [await self.sign_in(STRANGERS), await self.sign_in(PASSWORD)] == [401, 200]
        given = {"email": self.email, "password": PASSWORD}
        user = (await self.client.post("/api/auth/login", json=given)).json()["user"]
        assert (user["name"], user["handle"].startswith("owner-obi")) == ("Owner Obi", True)
        assert await self.process.runtime.db.read_session(primary=True).value(WAITING, self.email) == 0


@pytest.fixture
async def address(process: Process) -> AsyncIterator[Address]:
    """An address nobody has joined with."""
    async with browser(process) as client:
        yield Address(process, client)


async def test_a_stranger_who_was_first_gains_nothing(address: Address) -> None:
    early = await address.stranger_joins()
    letter = await address.owner_joins()
    assert "never confirmed" in letter and "never confirmed" not in early
    asked = await address.confirm(letter)
    assert (asked.status_code, asked.json()["field"]) == (422, "password")
    assert (await address.confirm(early, PASSWORD)).json()["field"] == "password", "the stranger's code, taken for one's own"
    assert [await address.sign_in(PASSWORD), await address.sign_in(STRANGERS)] == [401, 403], "nobody is in yet"
    assert (await address.confirm(letter, PASSWORD)).status_code == 200
    await address.is_owners()
    assert (await address.client.post(link_in(early), data={"password": STRANGERS})).status_code == 410
    await address.is_owners()


async def test_a_stranger_who_was_last_gains_nothing(address: Address) -> None:
    letter = await address.owner_joins()
    late = await address.stranger_joins()
    for password in ("", PASSWORD):
        assert (await address.confirm(late, password)).json()["field"] == "password"
    assert (await address.confirm(letter, PASSWORD)).status_code == 200
    await address.is_owners()
    assert "has an account already" in await address.stranger_joins()
    await address.is_owners()


async def test_pages_ask_for_the_password_by_code_and_by_link(address: Address) -> None:
    await address.stranger_joins()
    letter = await address.owner_joins()
    code = re.search(r"code is (\d{6})", letter)
    assert code
    page = await address.client.post("/confirm", data={"address": address.email, "code": code.group(1)})
    assert page.status_code == 422 and f'value="{code.group(1)}"' in page.text
    assert 'type="password"' not in (await address.client.get(link_in(letter))).text
    page = await address.client.post(link_in(letter))
    assert page.status_code == 422 and 'type="password"' in page.text and "more than once" in page.text
    page = await address.client.post(link_in(letter), data={"password": PASSWORD})
    assert page.status_code == 200 and "Sign in now" in page.text
    await address.is_owners()


async def test_what_waits_is_nothing_once_a_password_was_set_by_the_mailbox(address: Address) -> None:
    letter = await address.stranger_joins()
    await address.owner_joins()
    reset = await address.letter("/reset")
    assert (await address.client.post(link_in(reset), data={"password": PASSWORD})).status_code == 200
    assert [await address.sign_in(STRANGERS), await address.sign_in(PASSWORD)] == [401, 200]
    assert (await address.confirm(letter, STRANGERS)).status_code == 410
    assert [await address.sign_in(STRANGERS), await address.sign_in(PASSWORD)] == [401, 200]


async def test_a_code_sent_again_is_the_newest_registrations(address: Address) -> None:
    await address.stranger_joins()
    await address.owner_joins()
    again = await address.letter("/confirm/resend")
    assert (await address.confirm(again, STRANGERS)).status_code == 422
    assert (await address.confirm(again, PASSWORD)).status_code == 200
    await address.is_owners()


async def test_passwords_are_not_tried_without_end_by_whoever_has_a_code(address: Address) -> None:
    await address.stranger_joins()
    letter = await address.owner_joins()
    tries = [(await address.confirm(letter, f"not the one {number}")).status_code for number in range(7)]
    assert tries == [422] * 6 + [429]


async def test_each_message_says_when_it_was_asked_for_and_not_to_use_it_otherwise(address: Address) -> None:
    joined = await address.client.post("/register", data={"address": address.email, "name": "Owner Obi", "password": PASSWORD})
    shown = re.search(r"you joined on ([^.]*(?:\.\d\d)? [ap]m, Lagos)", joined.text)
    await drain(address.process.runtime)
    for letter in (await newest(address.client, address.email), await address.letter("/reset")):
        said = re.search(r"asked for on (.*, Lagos)\. If you did not ask for it then, use neither the code nor the link\.", letter)
        assert said and shown and said.group(1)[:10] == shown.group(1)[:10]
    number = f"080377{secrets.randbelow(10**5):05d}"
    await address.client.post("/register", data={"address": number, "name": "Owner Obi", "password": PASSWORD})
    await drain(address.process.runtime)
    text = await newest(address.client, f"+234{number[1:]}")
    assert re.search(r"asked for at \d\d:\d\d\. Not you\? Do not use it\.", text), text


async def test_a_code_names_its_registrations_moment_also_when_it_was_sent_again(address: Address) -> None:
    await address.owner_joins()
    when = await address.let_pass(timedelta(minutes=17))
    again = await address.letter("/confirm/resend")
    assert f"asked for on {when}." in again
    page = await address.client.get(link_in(again))
    assert f"joined with this address on {when}." in page.text
    late = await address.stranger_joins()
    after = await address.let_pass(timedelta(minutes=5))
    assert when in (await address.confirm(again)).json()["detail"]
    for password in ("", PASSWORD):
        assert after in (await address.confirm(late, password)).json()["detail"]
    assert (await address.confirm(again, PASSWORD)).status_code == 200
    await address.is_owners()


def test_the_time_of_day_is_said_as_people_say_it() -> None:
    assert [spoken_clock(datetime(2026, 5, 1, hour, minute, tzinfo=UTC)) for hour, minute in ((23, 0), (11, 5), (5, 59))] == [
        "12 am", "12.05 pm", "6.59 am",
    ]  # fmt: skip
