"""Jobs are found by words written together or apart, as people are; a word that finds nothing is led to one that does."""

import secrets

import pytest

from nollycrewhub.domains.jobs.tasks import renew_search_all
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.queue import Work
from nollycrewhub.platform.worker import drain
from tests.journeys.conftest import Join, Member

AHEAD = {"x-nch-position": "1/ffffffffffff"}
SEARCHED = Query(str, "select search_title || '|' || search_text from jobs.job where id = $1")
BEFORE = "update jobs.job set search_title = 'make up artist', search_text = 'before' where id = $1"


async def found(member: Member, q: str, company: str) -> list[str]:
    """The titles a search finds among the listings of one company, in order."""
    answer = await member.client.get("/api/jobs", params={"q": q, "limit": "100", "view": "full"}, headers=AHEAD)
    assert answer.status_code == 200, answer.text
    return [job["title"] for job in answer.json()["jobs"] if job["company"] == company]


async def posted(member: Member) -> str:
    """Three listings, the oldest first; the company they are of."""
    company = f"House {secrets.token_hex(6)}"
    for title, more in (
        ("Line-producer for a series", {}), ("Make-up artist, two days", {}), ("Special effects makeup", {}),
        ("Driver with a van", {"skills": ["Boom operating"]}),
    ):  # fmt: skip
        await member.post_job(title=title, company=company, description="Twenty letters of plain description.", **more)
    return company


async def test_any_spelling_finds_what_is_written_apart_or_together(join: Join) -> None:
    member = await join()
    company = await posted(member)
    both = ["Special effects makeup", "Make-up artist, two days"]
    for typed in ("makeup", "make-up", "make up", "MAKE  UP"):
        assert await found(member, typed, company) == both, typed
    assert await found(member, "makeup artist", company) == ["Make-up artist, two days"]
    assert await found(member, "lineproducer", company) == ["Line-producer for a series"]
    assert await found(member, "line producer series", company) == ["Line-producer for a series"]
    assert await found(member, "boomoperating", company) == ["Driver with a van"]
    assert await found(member, "producerfor series artist", company) == []


async def test_relevance_counts_a_joined_word_in_the_title(join: Join) -> None:
    member = await join()
    company = f"House {secrets.token_hex(6)}"
    for title, skill in (
        ("Make-up assistant wanted", "Driving"),
        ("Assistant wanted now", "Makeup"),
        ("Somebody wanted now", "Make-up assistant"),
    ):
        await member.post_job(title=title, company=company, skills=[skill], description="Twenty letters of plain description.")
    whole, some, none = "Make-up assistant wanted", "Assistant wanted now", "Somebody wanted now"
    for typed in ("makeup assistant", "make up assistant"):
        assert await found(member, typed, company) == [whole, some, none], typed
    paged = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (
            await member.client.get(
                "/api/jobs", params={"q": "makeup assistant", "limit": "1", "view": "full", "cursor": cursor}, headers=AHEAD
            )
        ).json()
        paged += [job["title"] for job in answer["jobs"] if job["company"] == company]
        cursor = answer["next"]
    assert paged == [whole, some, none]


@pytest.mark.parametrize(("typed", "read"), [("makup", "makeup"), ("gafer", "gaffer")])
async def test_a_slip_is_mended_and_a_joined_word_is_none(join: Join, typed: str, read: str) -> None:
    member = await join()
    await posted(member)
    await member.post_job(title="Gaffer for two nights")
    answers = {q: (await member.client.get("/api/jobs", params={"q": q}, headers=AHEAD)).json() for q in (typed, read, "lineproducer")}
    assert answers[typed]["corrected"] == read
    assert "corrected" not in answers[read] and "corrected" not in answers["lineproducer"]
    page = (await member.client.get("/jobs", params={"q": typed}, headers=AHEAD)).text
    assert f"this is for “{read}”" in page


async def test_a_saved_search_hears_of_what_is_written_apart(process: Process, join: Join) -> None:
    poster, member = await join(), await join()
    assert (await member.client.post("/api/jobs/searches", json={"q": "lineproducer"})).status_code == 201
    await poster.post_job(title="Line-producer for a series")
    await drain(process.runtime)
    notices = (await member.client.get("/api/notifications", headers=AHEAD)).json()["notices"]
    assert [one for one in notices if "Line-producer for a series" in str(one)]


async def test_what_was_stored_before_is_made_anew_and_changes_nothing_else(process: Process, join: Join) -> None:
    member = await join()
    job = await member.post_job(title="Make-up artist", company=f"House {secrets.token_hex(6)}")
    read = process.runtime.db.read_session(primary=True)
    now = await read.value(SEARCHED, job["id"])
    assert now is not None and "makeup" in now
    before = (await member.client.get(f"/api/jobs/{job['id']}?view=full", headers=AHEAD)).json()
    db = process.runtime.db
    async with db.write_session() as session:
        await session.sql(BEFORE, job["id"])
        await renew_search_all.run(Work(session, read, db, process.runtime.ports, process.runtime.settings))
        await db.commit(session)
    assert await read.value(SEARCHED, job["id"]) == "make up artist|before"
    await drain(process.runtime)
    assert await read.value(SEARCHED, job["id"]) == now
    assert await found(member, "makeup", job["company"]) == ["Make-up artist"]
    assert (await member.client.get(f"/api/jobs/{job['id']}?view=full", headers=AHEAD)).json() == before
