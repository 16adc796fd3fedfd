"""A deadline is the last day, in Lagos: the day after, the listing is closed for everybody at once, and soon in the table too."""

from datetime import UTC, date, datetime, timedelta

import pytest

from nollycrewhub.domains.jobs import service, tasks
from nollycrewhub.domains.jobs.schemas import LapseBatch
from nollycrewhub.domains.jobs.service import listings
from nollycrewhub.kit.ids import token
from nollycrewhub.kit.time import lagos_day, left_of_day
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.httpcache.declared import Shared
from nollycrewhub.platform.httpcache.entry import Entry, lasting
from nollycrewhub.platform.httpcache.memory import may_show_stale
from nollycrewhub.platform.queue import enqueue
from nollycrewhub.platform.worker import drain
from tests.domains.test_closing_posts import applied, status_of
from tests.domains.test_people import browser, newest
from tests.journeys.conftest import JOB, Join
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name

SET_BACK = "update jobs.job set deadline = $2, deadline_key = $2 where id = $1"
STORED = "select status, version from jobs.job where id = $1"
DAILY = ("/", "/jobs", "/jobs/{job_id:int}", "/api/jobs", "/api/jobs/{job_id:int}", "/api/jobs/suggest")


async def set_back(process: Process, job_id: int, *, days: int) -> date:
    """Moves a deadline as many days before today: time passes, and nobody has looked at the listing since."""
    day = lagos_day() - timedelta(days=days)
    async with process.runtime.db.write_session() as session:
        await session.sql(SET_BACK, job_id, day)
        await session.commit()
    return day


async def stored(process: Process, job_id: int) -> tuple[str, int]:
    """Status and version as the table has them."""
    async with process.runtime.db.write_session() as session:
        status, version = (await session.sql(STORED, job_id))[0]
    return status, version


async def begin(process: Process) -> None:
    """What the schedule does at its tick."""
    async with process.runtime.db.write_session() as session:
        await enqueue(session, "jobs.lapse", LapseBatch(), dedupe="jobs.lapse-all")
        await session.commit()


async def test_a_passed_deadline_closes_a_listing_for_everybody_before_any_job_has_run(process: Process, join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Late Actor")
    word = f"zz{token(6).lower()}".replace("-", "a").replace("_", "b")
    title = f"Gaffer {word} wanted"
    over, last_day = [(await poster.post_job(title=title, deadline=str(lagos_day() + timedelta(days=3))))["id"] for _ in range(2)]
    await drain(process.runtime)
    day = await set_back(process, over, days=1)
    await set_back(process, last_day, days=0)
    async with browser(process) as visitor:
        for sort in ("relevance", "newest", "deadline", "pay"):
            answer = (await visitor.get("/api/jobs", params={"q": word, "sort": sort, "view": "full"})).json()
            assert [job["id"] for job in answer["jobs"]] == [last_day], sort
            assert f'href="/jobs/{over}"' not in (await visitor.get("/jobs", params={"q": word, "sort": sort})).text
        everybody = (await visitor.get("/api/jobs", params={"q": word, "open": "false", "view": "full"})).json()["jobs"]
        assert {job["id"]: job["status"] for job in everybody} == {over: "closed", last_day: "open"}
        assert (await visitor.get(f"/api/jobs/{over}?view=full")).json()["job"]["status"] == "closed"
        page, still = [(await visitor.get(f"/jobs/{one}")).text for one in (over, last_day)]
        assert ("The deadline has passed" in page, "JobPosting" in page, f"/jobs/{over}/apply" in page) == (True, False, False)
        assert ("The deadline has passed" in still, "JobPosting" in still, f"/jobs/{last_day}/apply" in still) == (False, True, True)
        sitemap = (await visitor.get("/sitemap-jobs.xml")).text
        assert (f"/jobs/{over}<" in sitemap, f"/jobs/{last_day}<" in sitemap) == (False, True)
    assert (await actor.client.post(f"/api/jobs/{over}/applications", json={})).status_code == 409
    assert "no longer takes applications" in (await actor.client.get(f"/jobs/{over}/apply")).text
    mine = {row["id"]: row["status"] for row in (await poster.client.get("/api/jobs/mine")).json()["jobs"]}
    assert mine == {over: "closed", last_day: "open"}
    own = (await poster.client.get(f"/me/jobs/{over}")).text
    assert ("The deadline has passed" in own, 'name="deadline"' in own, f"/me/jobs/{over}/edit" in own) == (True, True, False)
    assert (await stored(process, over))[0] == "open", "nothing has closed it yet"
    assert day < lagos_day()


async def test_the_worker_closes_what_is_over_once_and_everybody_gets_an_answer(process: Process, join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Wait Ing")
    over, last_day = [(await poster.post_job(deadline=str(lagos_day() + timedelta(days=3))))["id"] for _ in range(2)]
    for job in (over, last_day):
        await applied(actor, job)
    await set_back(process, over, days=1)
    await set_back(process, last_day, days=0)
    await begin(process)
    await drain(process.runtime)
    status, version = await stored(process, over)
    assert (status, (await stored(process, last_day))[0]) == ("closed", "open")
    assert (await status_of(actor, over), await status_of(actor, last_day)) == ("declined", "applied")
    assert "Reason: The deadline has passed." in await newest(poster.client, poster.email)
    assert "went another way" in await newest(actor.client, actor.email)
    async with process.runtime.db.write_session() as session:  # a job that ran and was taken for dead runs again
        await service.lapse(session, over)
        await service.lapse(session, last_day)
        await session.commit()
    await begin(process)
    await drain(process.runtime)
    assert await stored(process, over) == (status, version)
    kinds = [notice["kind"] for notice in (await actor.client.get("/api/notifications")).json()["notices"]]
    assert kinds == ["application.declined"]


async def test_more_than_a_batch_is_closed_by_as_many_jobs_as_it_takes(
    process: Process, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    poster = await join("A Poster")
    jobs = [(await poster.post_job(deadline=str(lagos_day() + timedelta(days=3))))["id"] for _ in range(5)]
    for job in jobs:
        await set_back(process, job, days=2)
    monkeypatch.setattr(tasks, "LAPSE_BATCH", 2)
    await begin(process)
    await drain(process.runtime)
    assert [(await stored(process, job))[0] for job in jobs] == ["closed"] * 5


async def test_a_listing_past_its_deadline_opens_again_only_with_a_new_one(process: Process, join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Wait Ing")
    job = (await poster.post_job(deadline=str(lagos_day() + timedelta(days=3))))["id"]
    await applied(actor, job)
    await set_back(process, job, days=1)
    new = str(lagos_day() + timedelta(days=7))
    edited = await poster.client.put(f"/api/jobs/{job}", json={**JOB, "deadline": new})
    assert edited.status_code == 409, "it is closed: an edit does not open it"
    for body in ({}, {"deadline": str(lagos_day() - timedelta(days=1))}, {"deadline": "2199-01-01"}):
        refused = await poster.client.post(f"/api/jobs/{job}/reopen", json=body)
        assert (refused.status_code, refused.json()["field"]) == (422, "deadline"), body
    assert (await poster.client.post(f"/api/jobs/{job}/reopen")).status_code == 422
    assert (await poster.client.post(f"/me/jobs/{job}/reopen", data={"deadline": "soon"})).status_code == 422
    assert await stored(process, job) == ("open", 1)
    done = await poster.client.post(f"/me/jobs/{job}/reopen", data={"deadline": new})
    assert done.status_code == 303
    assert await status_of(actor, job) == "declined", "the deadline had passed, so there was an answer first"
    found = (await actor.client.get(f"/api/jobs/{job}?view=full")).json()["job"]
    assert (found["status"], found["deadline"]) == ("open", new)
    assert (await poster.client.post(f"/api/jobs/{job}/close")).status_code == 200
    assert (await poster.client.post(f"/api/jobs/{job}/reopen")).json()["job"]["deadline"] == new, "this one has not passed"


async def test_a_listing_that_is_over_is_suggested_no_more(process: Process, join: Join) -> None:
    poster = await join("A Poster")
    job = (await poster.post_job(deadline=str(lagos_day() + timedelta(days=3))))["id"]
    day = await set_back(process, job, days=1)
    async with process.runtime.db.write_session() as session:
        await service.renew_suggestions(session, [job])
        assert await session.sql("select terms from jobs.suggested where job_id = $1", job) == []
        assert await listings.past_deadline(session, (day, job - 1), limit=1) == [(day, job)]


def test_a_daily_copy_lasts_until_midnight_in_lagos_and_is_not_shown_after_it() -> None:
    late = datetime(2026, 11, 25, 22, 59, 30, tzinfo=UTC)
    assert (lagos_day(late), left_of_day(late)) == (date(2026, 11, 25), 30.0)
    assert lagos_day(late + timedelta(seconds=30)) == date(2026, 11, 26)
    assert (lasting(900, late, daily=True), lasting(900, late, daily=False) > 800) == (30.0, True)
    assert 800 < lasting(900, late - timedelta(hours=5), daily=True) < 1000
    for daily, days, is_shown in ((True, 1, False), (True, 0, True), (False, 1, True)):
        made = datetime.now(UTC) - timedelta(days=days)
        entry = Entry(body=b"", headers=[], position=None, cost=0.0, ttl=1.0, made=made.timestamp())
        entry.daily = daily
        entry.good_until = 100.0
        assert may_show_stale(entry, 101.0) is is_shown, (daily, days)


def test_whatever_tells_open_from_closed_is_a_daily_copy(process: Process) -> None:
    found = {
        route.path: declared.daily
        for route in process.litestar.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(declared := handler.opt.get("cached"), Shared)
    }
    assert {path: found[path] for path in DAILY} == dict.fromkeys(DAILY, True)
