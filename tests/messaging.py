"""People who are signed in at once, for tests that need many of them."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from nollycrewhub.domains.users import repository as users
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.app import Process
from tests.journeys.conftest import Join, Member


@asynccontextmanager
async def join_fast(process: Process) -> AsyncIterator[Join]:
    """Stores people with confirmed addresses and gives each a browser that is signed in."""
    async with AsyncExitStack() as stack:

        async def run(name: str = "Ada Obi", *, operator: bool = False) -> Member:
            mark, person_id = secrets.token_hex(6), uuid7()
            email = f"{mark}@example.test"
            async with process.runtime.db.write_session() as session:
                person = Person(
                    id=person_id, handle=f"h-{mark}", name=name, email=email, version=1, email_confirmed_at=utcnow(), operator=operator
                )
                assert await users.add(session, person, Profile(person_id=person_id, listed=False)) is None
                await session.commit()
            token = await process.runtime.sessions.create(person_id, name=name, operator=operator)
            url = process.runtime.settings.public_url
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app=process),
                base_url=url,
                headers={"origin": url, "accept": "text/html"},
                cookies={"session": token},
            )
            await stack.enter_async_context(client)
            return Member(client, email, str(person_id))

        yield run
