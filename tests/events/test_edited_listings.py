"""An edited listing tells whom it newly fits, once, by the path of a new one; an edit that searches do not see tells nobody."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.schemas import JobInput
from nollycrewhub.kit.ids import token
from nollycrewhub.kit.time import lagos_day
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.conftest import FULL
from tests.domains.test_deadlines import set_back
from tests.events.test_searching import letters, told
from tests.journeys.conftest import JOB, Join, Member

EDITS = 100 if FULL else 15
ASKED = "select terms from jobs.asked where job_id = $1"
MATCHED = "select version from platform.event where name = 'search.matched' and aggregate_id = $1 order by version"


def rarely() -> str:
    """A word that is in no other listing."""
    return "xylo" + token(6).replace("-", "a").replace("_", "b").lower()


async def save(member: Member, **search: str) -> None:
    """Saves a search with mails."""
    assert (await member.client.post("/api/jobs/searches", json=search)).status_code == 201


async def edit(poster: Member, job: dict[str, Any], **changes: Any) -> None:
    """Changes a listing over the API."""
    answer = await poster.client.put(f"/api/jobs/{job['id']}", json={**JOB, **changes})
    assert answer.status_code == 200, answer.text


async def links(*members: Member) -> list[list[str]]:
    """Of each, the listings that notices told of."""
    return [[one["link"] for one in await told(member)] for member in members]


async def stored(process: Process, statement: str, value: object) -> list[Any]:
    """The one column of each row as it is committed."""
    async with process.runtime.db.write_session() as session:
        return [row[0] for row in await session.sql(statement, value)]


NAMED: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"pay_min": "20000000"}, {"pay": {"amount": 20_000_000}}),
    ({"pay_max": "10000000"}, {"pay": {"amount": 9_000_000}}),
    ({"state": "LA"}, {"state": "LA", "town": "Ikeja"}),
    ({"kind": "casting"}, {"kind": "casting", "category": "lead-actor"}),
    ({"language": "yo"}, {"languages": ["yo"]}),
]


async def test_an_edited_listing_tells_whom_it_newly_fits(process: Process, join: Join) -> None:
    ada, tunde, ngozi = await join("Ada Obi"), await join("Tunde Bello"), await join("Ngozi Eze")
    jobs = []
    for search, change in NAMED:
        rare = rarely()
        for member in (ada, tunde):
            await save(member, q=rare, **search)
        await save(ngozi, q=f"{rare} zither", **search)
        words = {"description": f"Six days near Nsukka with a small generator and a {rare}."}
        jobs.append((await ada.post_job(**words), {**words, **change}))
    await drain(process.runtime)
    assert await links(tunde, ngozi) == [[], []]
    for job, changed in jobs:
        await edit(ada, job, **changed)
    await drain(process.runtime)
    everything = {f"/jobs/{job['id']}" for job, _ in jobs}
    for found, wanted in zip(await links(ada, tunde, ngozi), (set(), everything, set()), strict=True):
        assert set(found) == wanted and len(found) == len(wanted)
    assert len(await letters(tunde)) == len(jobs)
    for job, changed in jobs:
        await edit(ada, job, **changed, title="Gaffer with a zither")
    await drain(process.runtime)
    for found in await links(tunde, ngozi):
        assert set(found) == everything and len(found) == len(everything)
    assert (len(await letters(tunde)), len(await letters(ngozi))) == (len(jobs), len(jobs))


async def test_an_edit_that_searches_do_not_see_tells_nobody(process: Process, join: Join) -> None:
    ada, late, rich = await join("Ada Obi"), await join("Late Comer"), await join("Rich Comer")
    rare = rarely()
    title = f"Gaffer {rare}"
    job = await ada.post_job(title=title)
    await drain(process.runtime)
    await save(late, q=rare, pay_min="100")
    await save(rich, q=rare, pay_min="16000000", pay_max="17000000")
    await edit(ada, job, title=f"{title}!", wanted=3, deadline=str(lagos_day() + timedelta(days=9)))
    assert await stored(process, ASKED, job["id"]) == []
    await drain(process.runtime)
    await edit(ada, job, title=title, pay={"amount": 16_000_000}, town="Nsukka")
    await drain(process.runtime)
    assert await links(late, rich) == [[], [f"/jobs/{job['id']}"]]
    assert await stored(process, ASKED, job["id"]) == []


async def test_a_hundred_edits_tell_each_person_once(process: Process, join: Join) -> None:
    ada, tunde, early = await join("Ada Obi"), await join("Tunde Bello"), await join("Early Bird")
    rare, other = rarely(), rarely()
    await save(tunde, q=rare)
    await save(early, q=other)
    await save(early, q=rare)
    job = await ada.post_job(title=f"Gaffer {other}")
    await drain(process.runtime)
    for n in range(EDITS):
        async with process.runtime.db.write_session() as session:
            given = msgspec.convert({**JOB, "title": f"Gaffer {other} {rare if n % 2 == 0 else 'x'}"}, JobInput)
            await service.edit(session, UUID(ada.person_id), job["id"], given)
            await session.commit()
        if n % 5 == 0:
            await drain(process.runtime)
    await drain(process.runtime)
    assert await links(tunde, early) == [[f"/jobs/{job['id']}"]] * 2
    assert (len(await letters(tunde)), len(await letters(early))) == (1, 1)
    assert await stored(process, MATCHED, f"job:{job['id']}") == [1, 2], "the rest of the edits said nothing"


async def test_what_is_told_is_the_listing_as_it_is_now(process: Process, join: Join) -> None:
    ada, tunde, ngozi = await join("Ada Obi"), await join("Tunde Bello"), await join("Ngozi Eze")
    rare, gone = rarely(), rarely()
    await save(tunde, q=rare)
    await save(ngozi, q=gone)
    job = await ada.post_job()
    await drain(process.runtime)
    for title in (f"Gaffer {gone} {rare}", f"Gaffer {rare} once", f"Gaffer {rare} twice"):
        await edit(ada, job, title=title)
    await drain(process.runtime)
    assert await links(tunde, ngozi) == [[f"/jobs/{job['id']}"], []]
    assert [one["subject"] for one in await told(tunde)] == [f"New job: Gaffer {rare} twice"]
    assert await stored(process, MATCHED, f"job:{job['id']}") == [4]


async def test_a_listing_that_is_closed_held_or_over_tells_nobody(process: Process, join: Join) -> None:
    ada, tunde = await join("Ada Obi"), await join("Tunde Bello")
    closed, held, over = rarely(), rarely(), rarely()
    later = {"deadline": str(lagos_day() + timedelta(days=3))}
    first, second, third = await ada.post_job(), await ada.post_job(), await ada.post_job(**later)
    await drain(process.runtime)
    for rare in (closed, held, over):
        await save(tunde, q=rare)
    await edit(ada, first, title=f"Gaffer {closed}")
    assert (await ada.client.post(f"/api/jobs/{first['id']}/close")).status_code == 200
    await edit(ada, second, title=f"Gaffer {held}")
    await edit(ada, second, title=f"Gaffer {held}", company="Reg fee 5k Pictures")
    passed = str(await set_back(process, third["id"], days=1))
    await edit(ada, third, title=f"Gaffer {over}", deadline=passed)
    await drain(process.runtime)
    assert await links(tunde) == [[]]
    for job in (first, second, third):
        assert await stored(process, ASKED, job["id"]) == []
    assert (await ada.client.post(f"/api/jobs/{first['id']}/reopen")).status_code == 200
    assert (await ada.client.post(f"/api/jobs/{third['id']}/reopen", json=later)).status_code == 200
    await drain(process.runtime)
    assert sorted((await links(tunde))[0]) == sorted(f"/jobs/{job['id']}" for job in (first, third)), "they are open again"


async def test_what_searches_knew_is_forgotten_with_the_listing(process: Process, join: Join) -> None:
    ada, tunde = await join("Ada Obi"), await join("Tunde Bello")
    job = await ada.post_job()
    assert (await tunde.client.post(f"/api/jobs/{job['id']}/applications", json={"note": "hello"})).status_code == 201
    await edit(ada, job, title=f"Gaffer {rarely()}")
    assert len(await stored(process, ASKED, job["id"])) == 1
    async with process.runtime.db.write_session() as session:
        await service.erase_person(session, UUID(ada.person_id))
        await session.commit()
    assert await stored(process, "select status from jobs.job where id = $1", job["id"]) == ["shelved"]
    assert await stored(process, ASKED, job["id"]) == []
