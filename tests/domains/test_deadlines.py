"""A deadline is the last day, in Lagos: the day after, applications have ended for everybody, and the poster chooses for 30 days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from nollycrewhub.domains.jobs import service, tasks
from nollycrewhub.domains.jobs.schemas import LapseBatch
from nollycrewhub.domains.jobs.service import lapsing
from nollycrewhub.kit.ids import token
from nollycrewhub.kit.time import lagos_day, left_of_day, spoken_day
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.httpcache.declared import Shared
from nollycrewhub.platform.httpcache.entry import Entry, lasting
from nollycrewhub.platform.httpcache.memory import may_show_stale
from nollycrewhub.platform.queue import enqueue
from nollycrewhub.platform.worker import drain
from tests.domains.test_closing_posts import applied, status_of
from tests.domains.test_people import browser, newest
from tests.journeys.conftest import JOB, Join, Member
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name

SET_BACK = "update jobs.job set closes_on = closes_on - (deadline - $2), deadline = $2, deadline_key = $2 where id = $1"
STORED = "select status, version from jobs.job where id = $1"
PILL = '<span class="status plain">Applications have ended</span>'
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
        cards = (await visitor.get("/jobs", params={"q": word, "open": "false"})).text
        assert (cards.count(PILL), ">Closed<" in cards) == (1, False)
        assert (await visitor.get(f"/api/jobs/{over}?view=full")).json()["job"]["status"] == "closed"
        page, still = [(await visitor.get(f"/jobs/{one}")).text for one in (over, last_day)]
        assert ("Applications have ended" in page, "JobPosting" in page, f"/jobs/{over}/apply" in page) == (True, False, False)
        assert ("Applications have ended" in still, "JobPosting" in still, f"/jobs/{last_day}/apply" in still) == (False, True, True)
        sitemap = (await visitor.get("/sitemap-jobs.xml")).text
        assert (f"/jobs/{over}<" in sitemap, f"/jobs/{last_day}<" in sitemap) == (False, True)
    assert (await actor.client.post(f"/api/jobs/{over}/applications", json={})).status_code == 409
    assert "no longer takes applications" in (await actor.client.get(f"/jobs/{over}/apply")).text
    mine = {row["id"]: (row["status"], row["ended"]) for row in (await poster.client.get("/api/jobs/mine")).json()["jobs"]}
    assert mine == {over: ("closed", True), last_day: ("open", False)}
    assert (await poster.client.get("/me/jobs")).text.count(PILL) == 1
    own = (await poster.client.get(f"/me/jobs/{over}")).text
    assert (PILL in own, "you choose now" in own, 'name="deadline"' in own, f"/me/jobs/{over}/edit" in own) == (True, True, True, True)
    assert f"closes by itself on {spoken_day(day + timedelta(days=30))}" in own
    assert (await stored(process, over))[0] == "open", "nothing has closed it yet"


async def told(member: Member) -> list[str]:
    """The kinds of somebody's notices about what ended or closed."""
    notices = (await member.client.get("/api/notifications")).json()["notices"]
    return [notice["kind"] for notice in notices if notice["kind"] in ("job.ended", "job.closed", "application.declined")]


async def test_after_the_deadline_who_waits_waits_on_and_the_poster_is_told_once(process: Process, join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Wait Ing")
    over, unasked, last_day = [(await poster.post_job(deadline=str(lagos_day() + timedelta(days=3))))["id"] for _ in range(3)]
    for job in (over, last_day):
        await applied(actor, job)
    day = await set_back(process, over, days=1)
    await set_back(process, unasked, days=1)
    await set_back(process, last_day, days=0)
    await begin(process)
    await drain(process.runtime)
    status, version = await stored(process, over)
    assert (status, (await stored(process, unasked))[0], (await stored(process, last_day))[0]) == ("open", "closed", "open")
    assert (await status_of(actor, over), await status_of(actor, last_day)) == ("applied", "applied")
    assert sorted(await told(poster)) == ["job.closed", "job.ended"], "nobody waits for the one, somebody for the other"
    notices = (await poster.client.get("/api/notifications")).json()["notices"]
    notice = next(one for one in notices if one["kind"] == "job.ended")
    assert notice["link"] == f"/me/jobs/{over}"
    assert f"“{JOB['title']}” have ended. 1 person waits for your answer." in notice["body"]
    assert f"closes by itself on {spoken_day(day + timedelta(days=30))}" in notice["body"]
    for _ in range(2):  # a job that ran and was taken for dead runs again, and every tick comes again
        async with process.runtime.db.write_session() as session:
            for job in (over, unasked, last_day):
                await service.lapse(session, job)
            await session.commit()
        await begin(process)
        await drain(process.runtime)
    assert await stored(process, over) == (status, version)
    assert (sorted(await told(poster)), await told(actor)) == (["job.closed", "job.ended"], [])


async def test_thirty_days_after_the_deadline_the_worker_closes_it_and_everybody_gets_an_answer(process: Process, join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Wait Ing")
    job = (await poster.post_job(deadline=str(lagos_day() + timedelta(days=3))))["id"]
    await applied(actor, job)
    for days, state, answer in ((1, "open", "applied"), (29, "open", "applied"), (30, "closed", "declined"), (31, "closed", "declined")):
        await set_back(process, job, days=days)
        await begin(process)
        await drain(process.runtime)
        assert ((await stored(process, job))[0], await status_of(actor, job)) == (state, answer), days
    assert (await told(poster), await told(actor)) == (["job.closed", "job.ended"], ["application.declined"])
    assert "Reason: Its deadline passed 30 days ago." in await newest(poster.client, poster.email)
    assert "went another way" in await newest(actor.client, actor.email)


async def test_the_poster_chooses_after_the_deadline(process: Process, join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Wait Ing")
    job = (await poster.post_job(deadline=str(lagos_day() + timedelta(days=3))))["id"]
    await applied(actor, job)
    await set_back(process, job, days=1)
    await begin(process)
    await drain(process.runtime)
    one = (await poster.client.get(f"/api/jobs/{job}/applications")).json()["applications"][0]["application"]
    assert (one["status"], one["job_status"], one["job_ended"]) == ("applied", "closed", True)
    for to in ("reviewed", "declined", "reviewed", "shortlisted"):
        moved = await poster.client.post(f"/api/jobs/{job}/applications/{one['id']}/move", json={"to": to})
        assert (moved.status_code, await status_of(actor, job)) == (204, to)
    page, listed = [(await actor.client.get(path)).text for path in (f"/jobs/{job}/apply", "/me/applications")]
    for text in (page, listed):
        assert ("the poster is choosing" in text, "Shortlisted" in text) == (True, True)
    assert ("You cannot apply again" in page, "no longer takes applications" in page) == (True, False)
    own = (await poster.client.get(f"/me/jobs/{job}")).text
    assert (">Offer<" in own, ">Hire<" in own, ">Decline<" in own, f"/me/jobs/{job}/close" in own) == (True, True, True, True)
    for to in ("offered", "hired"):
        moved = await poster.client.post(f"/me/jobs/{job}/applications/{one['id']}", data={"to": to})
        assert (moved.status_code, await status_of(actor, job)) == (303, to)
    assert "the poster is choosing" not in (await actor.client.get(f"/jobs/{job}/apply")).text
    kept = await poster.client.put(f"/api/jobs/{job}", json={**JOB, "title": "Gaffer wanted soon", "deadline": one_day_ago()})
    assert (kept.status_code, kept.json()["job"]["status"], kept.json()["job"]["ended"]) == (200, "closed", True), (
        "an edit keeps what passed"
    )


def one_day_ago() -> str:
    """Yesterday in Lagos."""
    return str(lagos_day() - timedelta(days=1))


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


async def test_a_later_deadline_is_all_it_takes_to_go_on(process: Process, join: Join) -> None:
    poster, actor, late = await join("A Poster"), await join("Wait Ing"), await join("Late Actor")
    job = (await poster.post_job(deadline=str(lagos_day() + timedelta(days=3))))["id"]
    await applied(actor, job)
    new = str(lagos_day() + timedelta(days=7))
    await set_back(process, job, days=1)
    for body in ({}, {"deadline": one_day_ago()}, {"deadline": "2199-01-01"}):
        refused = await poster.client.post(f"/api/jobs/{job}/reopen", json=body)
        assert (refused.status_code, refused.json()["field"]) == (422, "deadline"), body
    assert (await poster.client.post(f"/api/jobs/{job}/reopen")).status_code == 422
    assert (await poster.client.post(f"/me/jobs/{job}/reopen", data={"deadline": "soon"})).status_code == 422
    earlier = await poster.client.put(f"/api/jobs/{job}", json={**JOB, "deadline": str(lagos_day() - timedelta(days=2))})
    assert (earlier.status_code, await stored(process, job)) == (422, ("open", 1))
    for round_, extend in enumerate(("edit", "reopen"), start=1):
        await set_back(process, job, days=1)
        await begin(process)
        await drain(process.runtime)
        assert (await told(poster)).count("job.ended") == round_, "once for each deadline"
        assert (await late.client.get(f"/api/jobs/{job}?view=full")).json()["job"]["status"] == "closed"
        if extend == "edit":
            done = await poster.client.put(f"/api/jobs/{job}", json={**JOB, "deadline": new})
            assert (done.status_code, done.json()["job"]["status"], done.json()["job"]["ended"]) == (200, "open", False)
        else:
            done = await poster.client.post(f"/me/jobs/{job}/reopen", data={"deadline": new})
            assert done.status_code == 303
        found = (await late.client.get(f"/api/jobs/{job}?view=full")).json()["job"]
        assert (found["status"], found["deadline"], await status_of(actor, job)) == ("open", new, "applied"), extend
    await applied(late, job)
    assert (await poster.client.post(f"/api/jobs/{job}/close")).status_code == 200
    assert await status_of(actor, job) == "declined"
    await set_back(process, job, days=1)
    assert (await poster.client.post(f"/api/jobs/{job}/reopen")).status_code == 422, "closed, and its deadline has passed meanwhile"
    assert (await poster.client.post(f"/api/jobs/{job}/reopen", json={"deadline": new})).json()["job"]["status"] == "open"


async def test_a_listing_that_is_over_is_suggested_no_more(process: Process, join: Join) -> None:
    poster = await join("A Poster")
    job = (await poster.post_job(deadline=str(lagos_day() + timedelta(days=3))))["id"]
    day = await set_back(process, job, days=1)
    async with process.runtime.db.write_session() as session:
        await service.renew_suggestions(session, [job])
        assert await session.sql("select terms from jobs.suggested where job_id = $1", job) == []
        due = day + timedelta(days=1)
        assert await lapsing.due(session, (due, job - 1), limit=1) == [(due, job)]


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
