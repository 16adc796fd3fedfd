"""One's own lists end where they end: pages by cursors, and the true number beside them."""

from typing import Any
from uuid import UUID

import pytest

from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from tests.journeys.conftest import Join, Member
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name

ADD = """
insert into jobs.application (id, job_id, applicant_id, note) select id, $2, person, repeat('I have two lamps. ', 10)
from unnest($1::uuid[], $3::uuid[]) as given(id, person)
"""
LIGHT = 15_000


async def walk(member: Member, path: str, name: str, limit: int) -> tuple[list[Any], set[int]]:
    """Ids of all pages, and the numbers the pages said."""
    found: list[Any] = []
    totals: set[int] = set()
    cursor = None
    while True:
        answer = await member.client.get(path, params={"limit": limit, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        rows = answer.json()[name]
        found += [(row.get("application") or row)["id"] for row in rows]
        assert len(rows) <= limit
        totals.add(answer.json()["total"])
        cursor = answer.json()["next"]
        if cursor is None:
            return found, totals


async def test_every_applicant_is_reached_and_counted(process: Process, join: Join) -> None:
    poster = await join("A Poster")
    job = (await poster.post_job())["id"]
    ids = [uuid7() for _ in range(520)]
    async with process.runtime.db.write_session() as session:
        await session.sql(ADD, ids, job, [uuid7() for _ in ids])
        await session.commit()
    found, totals = await walk(poster, f"/api/jobs/{job}/applications", "applications", 100)
    assert (found, totals) == ([str(one) for one in sorted(ids)], {520})
    page = await poster.client.get(f"/me/jobs/{job}", headers={"accept-encoding": "gzip"})
    assert ("520 applicants" in page.text, page.text.count('class="card-name"'), page.num_bytes_downloaded < LIGHT) == (True, 20, True)
    href = page.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = await poster.client.get(href.replace("&amp;", "&"))
    assert (second.text.count('class="card-name"'), f"applications/{found[20]}" in second.text) == (20, True)
    last = await poster.client.get(f"/me/jobs/{job}/applications/{found[-1]}")
    assert (last.status_code, "I have two lamps." in last.text) == (200, True)
    assert next(row["applicants"] for row in (await poster.client.get("/api/jobs/mine")).json()["jobs"]) == 520


async def test_own_jobs_and_own_applications_come_in_pages(process: Process, join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Wait Ing")
    jobs = [(await poster.post_job())["id"] for _ in range(23)]
    async with process.runtime.db.write_session() as session:
        for job in jobs:
            await session.sql(ADD, [uuid7()], job, [UUID(actor.person_id)])
        await session.commit()
    assert await walk(poster, "/api/jobs/mine", "jobs", 10) == (jobs[::-1], {23})
    mine, totals = await walk(actor, "/api/jobs/applications/mine", "applications", 5)
    assert (len(mine), len(set(mine)), totals) == (23, 23, {23})
    for member, path, said in ((poster, "/me/jobs", "23 jobs"), (actor, "/me/applications", "23 applications")):
        page = await member.client.get(path)
        assert (said in page.text, page.text.count('class="card-title"'), 'rel="next"' in page.text) == (True, 20, True), path
        href = page.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        rest = await member.client.get(href)
        assert (rest.text.count('class="card-title"'), 'rel="next"' in rest.text) == (3, False), path


@pytest.mark.parametrize("path", ["/api/jobs/mine", "/api/jobs/applications/mine", "/api/jobs/{job}/applications"])
async def test_a_cursor_that_is_not_ours_is_refused(join: Join, path: str) -> None:
    poster = await join("A Poster")
    path = path.format(job=(await poster.post_job())["id"])
    for query in ("cursor=nonsense", "cursor=WyJ4Il0", "limit=101", "limit=0"):
        assert (await poster.client.get(f"{path}?{query}")).status_code in (400, 422), query
