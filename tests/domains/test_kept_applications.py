"""Who applied keeps the application and gets an answer, whatever becomes of the post: its poster leaves, it is held or taken away."""

from nollycrewhub.domains.jobs.service.answering import answer_left
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.worker import drain
from tests.domains.test_closing_posts import applied, status_of
from tests.domains.test_people import newest
from tests.journeys.conftest import JOB, PASSWORD, Join
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name

LEFT = Query(int, "select id from jobs.job where id = any($1::bigint[]) order by id")
CALLED = "Gaffer, Enugu State"
ASKING = "Six days near Nsukka. Pay 20,000 naira registration fee to my account before your audition."


async def test_a_poster_who_leaves_answers_everybody_who_waits(process: Process, join: Join) -> None:
    poster, actor, other = await join("Goes Away"), await join("Wait Ing"), await join("Hired Already")
    job, closed, unasked = [(await poster.post_job(title="Gaffer for Ajebota House"))["id"] for _ in range(3)]
    for member, one in ((actor, job), (other, job), (actor, closed)):
        await applied(member, one)
    rows = (await poster.client.get(f"/api/jobs/{job}/applications")).json()["applications"]
    hired = next(row["application"]["id"] for row in rows if row["person"]["name"] == "Hired Already")
    assert (await poster.client.post(f"/api/jobs/{job}/applications/{hired}/move", json={"to": "hired"})).status_code == 204
    await poster.client.post(f"/api/jobs/{closed}/close")
    await drain(process.runtime)
    assert (await poster.client.request("DELETE", "/api/users/me", json={"password": PASSWORD})).status_code == 204
    await drain(process.runtime)
    assert (await status_of(actor, job), await status_of(actor, closed), await status_of(other, job)) == ("declined", "declined", "hired")
    mine = (await actor.client.get("/api/jobs/applications/mine")).json()["applications"]
    assert {(row["title"], row["company"], row["job_status"], row["note"]) for row in mine} == {
        (CALLED, "", "shelved", "I have two lamps.")
    }
    assert f"“{CALLED}” went another way" in await newest(actor.client, actor.email)
    page = await actor.client.get(f"/jobs/{job}/apply")
    assert (page.status_code, "I have two lamps." in page.text, "who posted it has left" in page.text) == (200, True, True)
    assert "Ajebota" not in page.text + (await actor.client.get("/me/applications")).text
    assert await process.runtime.db.read_session(primary=True).rows(LEFT, [job, closed, unasked]) == [job, closed]
    async with process.runtime.db.write_session() as session:  # a job that was taken for dead runs again
        await answer_left(session, job)
        await session.commit()
    assert await drain(process.runtime) == 0
    await actor.client.request("DELETE", "/api/users/me", json={"password": PASSWORD})
    await drain(process.runtime)
    left = await process.runtime.db.read_session(primary=True).rows(LEFT, [job, closed])
    assert left == [job], "what nobody keeps an application to is gone"
    export = (await other.client.get("/api/users/me/export")).json()
    assert [row["title"] for row in export["jobs"]["applications"]] == [CALLED]


async def test_who_applied_reads_and_withdraws_where_the_post_is_held(process: Process, join: Join) -> None:
    poster, actor, second, stranger = await join("A Poster"), await join("Wait Ing"), await join("By Api"), await join("Some Body")
    job = (await poster.post_job())["id"]
    await applied(actor, job)
    await applied(second, job)
    changed = await poster.client.put(f"/api/jobs/{job}", json={**JOB, "title": "Canarytitle gaffer", "description": ASKING})
    assert changed.json()["job"]["status"] == "held"
    page = await actor.client.get(f"/jobs/{job}/apply")
    assert (page.status_code, "waits for a check" in page.text, "I have two lamps." in page.text) == (200, True, True)
    listed = await actor.client.get("/me/applications")
    assert (CALLED in listed.text, "Canarytitle" in listed.text + page.text, "registration" in page.text) == (True, False, False)
    assert (await stranger.client.get(f"/jobs/{job}/apply")).status_code == 404
    assert (await actor.client.post(f"/jobs/{job}/apply", data={"note": "again"})).status_code == 404
    done = await actor.client.post(f"/jobs/{job}/withdraw")
    assert (done.status_code, done.headers["location"]) == (303, f"/jobs/{job}/apply")
    after = await actor.client.get(done.headers["location"])
    assert (after.status_code, "Withdraw my application" in after.text) == (200, False)
    assert (await second.client.delete(f"/api/jobs/{job}/applications/mine")).status_code == 204
    assert (await status_of(actor, job), await status_of(second, job)) == ("withdrawn", "withdrawn")


async def test_withdrawing_twice_is_done_once_and_an_answer_stays(process: Process, join: Join) -> None:
    poster, actor, hired = await join("A Poster"), await join("Wait Ing"), await join("Hired Already")
    job = (await poster.post_job())["id"]
    await applied(actor, job)
    for _ in range(2):
        assert (await actor.client.delete(f"/api/jobs/{job}/applications/mine")).status_code == 204
        assert (await actor.client.post(f"/jobs/{job}/withdraw")).status_code == 303
    async with process.runtime.db.write_session() as session:
        assert (await session.sql("select version from jobs.application where job_id = $1", job))[0][0] == 2, "told once"
    await applied(hired, job)
    row = (await hired.client.get("/api/jobs/applications/mine")).json()["applications"][0]
    assert (await poster.client.post(f"/api/jobs/{job}/applications/{row['id']}/move", json={"to": "hired"})).status_code == 204
    assert (await hired.client.delete(f"/api/jobs/{job}/applications/mine")).status_code == 409
    assert await status_of(hired, job) == "hired"


async def test_a_notice_of_a_post_taken_away_leads_to_ones_own_application(process: Process, join: Join) -> None:
    operator, poster, actor = await join("Op Erator", operator=True), await join("A Poster"), await join("Wait Ing")
    job = (await poster.post_job(title="Canarytitle gaffer", description="Canarytext for six days near Nsukka."))["id"]
    await applied(actor, job)
    assert (await operator.client.post("/ops/jobs", data={"job": str(job), "note": "Not a real job."})).status_code == 303
    await drain(process.runtime)
    notice = (await actor.client.get("/api/notifications")).json()["notices"][0]
    assert (notice["kind"], notice["link"]) == ("application.declined", f"/jobs/{job}/apply")
    page = await actor.client.get(notice["link"])
    assert (page.status_code, "no longer shown" in page.text, "Withdraw" in page.text) == (200, True, False)
    assert "Canary" not in page.text


async def test_the_page_of_a_reopened_post_lets_a_declined_person_apply_again(join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Wait Ing")
    job = (await poster.post_job())["id"]
    await applied(actor, job)
    form = f'action="/jobs/{job}/apply"'
    await poster.client.post(f"/api/jobs/{job}/close")
    assert form not in (await actor.client.get(f"/jobs/{job}/apply")).text
    await poster.client.post(f"/api/jobs/{job}/reopen")
    page = (await actor.client.get(f"/jobs/{job}/apply")).text
    assert (form in page, "Not this time" in page) == (True, True), "the earlier answer and the form, both"
    done = await actor.client.post(f"/jobs/{job}/apply", data={"note": "Still here."})
    assert (done.status_code, await status_of(actor, job)) == (303, "applied")
    assert form not in (await actor.client.get(f"/jobs/{job}/apply")).text
