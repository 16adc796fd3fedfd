"""Two who want the same at the same moment: an address is one account's, a handle is found anew, nothing else is passed over."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import IntegrityError

from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import GoogleTaken
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.domains.users.service import accounts
from nollycrewhub.domains.users.service.google import new_account
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.openid import Identity
from tests.domains.test_people import browser
from tests.journeys.conftest import PASSWORD

HANDLES = Query(str, "select handle from users.person where email = any($1::text[]) or google_sub = any($1::text[]) order by handle")
WAITING = Query(int, "select count(*)::int from pg_locks where not granted")


@asynccontextmanager
async def under_way(process: Process, **columns: Any) -> AsyncIterator[None]:
    """Another account, not committed yet, of somebody who holds nobody off; committed once what the block began waits for it."""
    async with process.runtime.db.write_session() as session:
        usual = {"handle": f"other-{secrets.token_hex(6)}", "email": f"{secrets.token_hex(6)}@other.test"}
        person = Person(id=uuid7(), name="Other Body", version=1, **{**usual, **columns})
        assert await repository.add(session, person, Profile(person_id=person.id)) is None
        yield
        for _ in range(1000):
            if await process.runtime.db.read_session(primary=True).value(WAITING):
                break
            await asyncio.sleep(0.02)
        await session.commit()


async def join(process: Process, email: str, name: str) -> httpx.Response:
    """Joins over the API."""
    async with browser(process) as client:
        return await client.post("/api/auth/register", json={"name": name, "email": email, "password": PASSWORD})


async def handles_of(process: Process, *keys: str) -> list[str]:
    return await process.runtime.db.read_session(primary=True).rows(HANDLES, list(keys))


@pytest.fixture
def mark() -> str:
    """Letters that no other account has."""
    return "".join(secrets.choice("bcdfghjklmnp") for _ in range(10))


async def test_a_handle_that_was_taken_meanwhile_is_found_anew(process: Process, mark: str) -> None:
    email = f"{mark}@taken.test"
    async with under_way(process, handle=f"ada-{mark}"):
        joining = asyncio.create_task(join(process, email, f"Ada {mark}"))
    assert (await joining).status_code == 202
    found = await handles_of(process, email)
    assert len(found) == 1 and found[0].startswith(f"ada-{mark}-")


async def test_an_address_that_was_taken_meanwhile_stays_one_account(process: Process, mark: str) -> None:
    email = f"{mark}@taken.test"
    async with under_way(process, handle=f"first-{mark}", email=email):
        joining = asyncio.create_task(join(process, email, f"Ada {mark}"))
    assert (await joining).status_code == 202, "whether an address is taken is told to its mailbox only"
    assert await handles_of(process, email) == [f"first-{mark}"]


async def by_google(process: Process, subject: str, name: str) -> str:
    """Opens an account as somebody who comes from Google; its handle."""
    async with process.runtime.db.write_session() as session:
        person = await new_account(session, Identity(subject=subject, email=None, name=name), email=None, region="africa", language="en")
        await session.commit()
        return person.handle


async def test_a_google_account_that_was_taken_meanwhile_is_a_refusal_and_its_handle_is_none(process: Process, mark: str) -> None:
    async with under_way(process, google_sub=mark):
        opening = asyncio.create_task(by_google(process, mark, f"Ada {mark}"))
    with pytest.raises(GoogleTaken):
        await opening
    async with under_way(process, handle=f"bola-{mark}"):
        opening = asyncio.create_task(by_google(process, f"{mark}2", f"Bola {mark}"))
    assert (await opening).startswith(f"bola-{mark}-")


async def test_a_drawn_number_that_is_taken_is_drawn_again(process: Process, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate((f"Ada {mark}", f"Ada {mark} 100007")):
        assert (await join(process, f"{mark}{number}@taken.test", name)).status_code == 202
    draws = iter((7, 7, 8))
    monkeypatch.setattr(accounts.secrets, "randbelow", lambda below: next(draws, below - 1))
    async with process.runtime.db.write_session() as session:
        assert await accounts.free_handle(session, f"Ada {mark}") == f"ada-{mark}-100008"


async def test_whatever_else_the_database_refuses_is_an_error(process: Process) -> None:
    async with process.runtime.db.write_session() as session:
        nobody = Person(id=uuid7(), handle=secrets.token_hex(6), name="No Address", version=1)
        with pytest.raises(IntegrityError, match="ck_person_reachable"):
            await repository.add(session, nobody, Profile(person_id=nobody.id))
