"""Two instances behind nginx are one site: sessions, limits and copies are shared, and nobody misses what they wrote."""

from collections.abc import Callable
from pathlib import Path

import httpx

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from tests.faults.scene import member
from tests.journeys.conftest import JOB, PASSWORD
from tests.served import Served, environment, stopped

ROUNDS = 12


async def test_two_instances_behind_nginx_are_one_site(
    settings: Settings, process: Process, tmp_path: Path, balanced: Callable[[list[str]], str]
) -> None:
    person, _ = await member(process)
    hashed = await process.runtime.passwords.hash(PASSWORD)
    async with process.runtime.db.write_session() as session:
        await session.sql("update users.person set password_hash = $2 where id = $1", person.id, hashed)
        await session.commit()
    both = [Served(folder(tmp_path, name), ["serve"], environment(settings, INSTANCE_ID=name)) for name in ("one", "two")]
    with stopped(*both):
        url = balanced([served.ready().url for served in both])
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            signed = await client.post("/api/auth/login", json={"email": person.email, "password": PASSWORD})
            client.headers["authorization"] = f"Bearer {signed.json()['token']}"
            for served in both:
                assert (await client.get(f"{served.url}/api/profile")).status_code == 200, "a session of one is the other's too"
            for number in range(ROUNDS):
                title = f"Gaffer for night {number}"
                posted = await client.post("/api/jobs", json={**JOB, "title": title})
                assert posted.status_code == 201, posted.text
                for _ in both:
                    listed = (await client.get("/api/jobs?view=full")).json()["jobs"]
                    assert title in [job["title"] for job in listed], "one's own listing is missing"
            assert [(await client.post(f"{served.url}/api/auth/logout")).status_code for served in both] == [204, 401]
        async with httpx.AsyncClient(timeout=30) as stranger:
            statuses = [(await wrong(stranger, both[number % 2].url, number)).status_code for number in range(40)]
            assert statuses.count(401) == statuses[: statuses.count(401)].count(401), "who is refused is refused everywhere"
            assert 0 < statuses.count(401) <= 12, f"each instance counts for itself: {statuses}"
            path = "/api/jobs?view=full&pay_min=777"
            found = [(await stranger.get(f"{served.url}{path}")).headers["x-cache"] for served in both]
            assert found[0] in {"filled", "bypassed"} and found[1] == "copied", found


def folder(parent: Path, name: str) -> Path:
    """A new one."""
    made = parent / name
    made.mkdir()
    return made


async def wrong(client: httpx.AsyncClient, url: str, number: int) -> httpx.Response:
    """A wrong password for one account, at one of the instances."""
    given = {"email": "nobody-two@example.com", "password": f"{PASSWORD}{number}"}
    return await client.post(f"{url}/api/auth/login", json=given)
