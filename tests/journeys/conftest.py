"""People at the front door: registered, confirmed, signed in."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain

PASSWORD = "three unusual words"
JOB: dict[str, Any] = {
    "title": "Gaffer for a village drama",
    "kind": "crew",
    "category": "gaffer",
    "company": "Ọmọlará Pictures",
    "state": "EN",
    "town": "Enugu",
    "pay": {"amount": 15_000_000},
    "description": "Six days near Nsukka with a small generator and two assistants.",
    "skills": ["Driving"],
    "languages": ["ig"],
}


class Member:
    """One signed-in person with a browser of their own."""

    def __init__(self, client: httpx.AsyncClient, email: str, person_id: str) -> None:
        self.client = client
        self.email = email
        self.person_id = person_id

    async def post_job(self, **changes: Any) -> dict[str, Any]:
        """Posts a listing over the API."""
        answer = await self.client.post("/api/jobs", json={**JOB, **changes})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()["job"]
        return found


async def latest_code(client: httpx.AsyncClient, address: str) -> str:
    """The six digits of the newest letter to an address."""
    letters = (await client.get("/dev/mail.json")).json()["letters"]
    subject: str = next(letter["subject"] for letter in letters if letter["recipient"] == address)
    return subject[-6:]


Join = Callable[..., Awaitable[Member]]


@pytest.fixture
async def join(process: Process) -> AsyncIterator[Join]:
    """Makes a member through the pages: register, confirm by the code in the mailbox, sign in."""
    clients: list[httpx.AsyncClient] = []

    async def run(name: str = "Ada Obi", *, operator: bool = False) -> Member:
        url = process.runtime.settings.public_url
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=url, headers={"origin": url, "accept": "text/html"})
        clients.append(client)
        email = f"{secrets.token_hex(6)}@example.test"
        done = await client.post("/register", data={"name": name, "address": email, "password": PASSWORD})
        assert done.status_code == 200, done.text
        await drain(process.runtime)
        done = await client.post("/confirm", data={"address": email, "code": await latest_code(client, email)})
        assert done.status_code == 200
        if operator:
            async with process.runtime.db.write_session() as session:
                await session.sql("update users.person set operator = true where email = $1", email)
                await session.commit()
        done = await client.post("/signin", data={"email": email, "password": PASSWORD})
        assert (done.status_code, done.headers["location"]) == (303, "/me")
        me = (await client.get("/api/profile")).json()
        return Member(client, email, me["user"]["id"])

    yield run
    for client in clients:
        await client.aclose()
