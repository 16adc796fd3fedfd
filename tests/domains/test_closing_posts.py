"""Posts an operator takes away: by a closed account, or one by one; who waits is answered, and nothing comes back by itself."""

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.worker import drain
from tests.domains.test_people import browser, newest
from tests.journeys.conftest import JOB, PASSWORD, Join, Member
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name

TRAIL = Query(str, "select action || ' by ' || actor::text from platform.audit where subject = $1 order by at, id")


async def applied(member: Member, job_id: int) -> None:
    """Somebody applies."""
    answer = await member.client.post(f"/api/jobs/{job_id}/applications", json={"note": "I have two lamps.", "rate_kobo": 2_500_000})
    assert answer.status_code == 201


async def status_of(member: Member, job_id: int) -> str:
    """How one's own application stands."""
    rows = (await member.client.get("/api/jobs/applications/mine")).json()["applications"]
    status: str = next(row["status"] for row in rows if row["job_id"] == job_id)
    return status


async def test_a_ban_shelves_what_is_open_and_answers_who_waits(process: Process, join: Join) -> None:
    operator, poster, actor = await join("Op Erator", operator=True), await join("Fake Producer"), await join("Wait Ing")
    job, finished, draft = [(await poster.post_job(draft=is_draft))["id"] for is_draft in (False, False, True)]
    await poster.client.post(f"/api/jobs/{finished}/close")
    await applied(actor, job)
    done = await operator.client.post(f"/ops/people/{poster.person_id}/ban", data={"reason": "Asked talent for money."})
    assert done.status_code == 303
    await drain(process.runtime)
    assert await status_of(actor, job) == "declined"
    async with browser(process) as stranger:
        for path in (f"/jobs/{job}", f"/api/jobs/{job}"):
            assert (await stranger.get(path)).status_code == 404
        assert (await stranger.get(f"/api/jobs/{finished}")).status_code == 200, "what was closed before takes no applications anyway"
        late = await actor.client.post(f"/api/jobs/{job}/applications", json={"note": "Still there?"})
        assert late.status_code == 404
        assert "went another way" in await newest(stranger, actor.email) or JOB["title"] in await newest(stranger, actor.email)
        looked_up = await operator.client.get("/ops/people", params={"q": poster.email})
        assert "Their posts stay shelved" in looked_up.text
        await operator.client.post(f"/ops/people/{poster.person_id}/unban")
        await drain(process.runtime)
        assert (await poster.client.post("/signin", data={"email": poster.email, "password": PASSWORD})).status_code == 303
        mine = {row["id"]: row["status"] for row in (await poster.client.get("/api/jobs/mine")).json()["jobs"]}
        assert mine == {job: "shelved", finished: "closed", draft: "draft"}, "lifting it brings nothing back"
        assert (await poster.client.put(f"/api/jobs/{job}", json=JOB)).json()["job"]["status"] == "open"
        assert (await stranger.get(f"/api/jobs/{job}")).status_code == 200


async def test_an_operator_closes_any_post_with_a_reason(process: Process, join: Join) -> None:
    operator, poster, actor = await join("Op Erator", operator=True), await join("A Poster"), await join("Wait Ing")
    job, draft = [(await poster.post_job(draft=is_draft))["id"] for is_draft in (False, True)]
    await applied(actor, job)
    given = {"job": f"http://x/jobs/{job}", "note": "It copies another company's post."}
    assert (await poster.client.post("/ops/jobs", data=given)).status_code == 404
    for wrong, status in (({"job": "x"}, 422), ({"job": "999999999"}, 404), ({"job": str(draft)}, 404), ({"note": " "}, 422)):
        refused = await operator.client.post("/ops/jobs", data={**given, **wrong})
        assert (refused.status_code, "Close a post" in refused.text) == (status, True), wrong
    assert (await status_of(actor, job)) == "applied"
    done = await operator.client.post("/ops/jobs", data=given)
    assert (done.status_code, done.headers["location"]) == (303, f"/ops?closed={job}")
    assert f"Post {job} is closed" in (await operator.client.get(done.headers["location"])).text
    again = await operator.client.post("/ops/jobs", data=given)
    assert again.status_code == 409
    await drain(process.runtime)
    assert await status_of(actor, job) == "declined"
    async with browser(process) as stranger:
        assert (await stranger.get(f"/jobs/{job}")).status_code == 404
        assert "Reason: It copies another company" in await newest(stranger, poster.email)
    changed = (await poster.client.put(f"/api/jobs/{job}", json=JOB)).json()["job"]
    assert changed["status"] == "held", "a changed text waits for an operator"
    trail = await process.runtime.db.read_session(primary=True).rows(TRAIL, f"job:{job}")
    assert trail == [f"job.closed by {operator.person_id}"]


async def test_an_applicant_without_a_page_leads_to_what_was_sent(join: Join) -> None:
    poster, shy, listed = await join("A Poster"), await join("Shy Applicant"), await join("Listed Applicant")
    await listed.client.put("/api/profile", json={"name": "Listed Applicant", "listed": True})
    await shy.client.put("/api/profile", json={"name": "Shy Applicant", "headline": "Gaffer", "bio": "Canarybio"})
    job = (await poster.post_job())["id"]
    for member in (shy, listed):
        await applied(member, job)
    page = (await poster.client.get(f"/me/jobs/{job}")).text
    rows = (await poster.client.get(f"/api/jobs/{job}/applications")).json()["applications"]
    paths = []
    for row in rows:
        handle, own = row["person"]["handle"], f"/me/jobs/{job}/applications/{row['application']['id']}"
        path, other = (f"/talent/{handle}", own) if row["person"]["listed"] else (own, f"/talent/{handle}")
        assert (f'href="{path}"' in page, f'href="{other}"' in page) == (True, False)
        assert (await poster.client.get(path)).status_code == 200
        paths.append(own)
    shown = (await poster.client.get(paths[0])).text
    for part in ("Shy Applicant", "Gaffer", "I have two lamps.", "₦25,000", "not in the directory"):
        assert part in shown
    assert "Canarybio" not in shown and "The whole profile" in (await poster.client.get(paths[1])).text
    assert (await shy.client.get(paths[0])).status_code == 404
    other = (await poster.post_job())["id"]
    assert (await poster.client.get(paths[0].replace(f"/{job}/", f"/{other}/"))).status_code == 404


async def test_who_is_hired_is_not_declined_by_the_only_button_of_a_closed_post(join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Hired Actor")
    job = (await poster.post_job())["id"]
    await applied(actor, job)
    one = (await poster.client.get(f"/api/jobs/{job}/applications")).json()["applications"][0]["application"]["id"]
    assert (await poster.client.post(f"/api/jobs/{job}/applications/{one}/move", json={"to": "hired"})).status_code == 204
    assert 'value="declined"' in (await poster.client.get(f"/me/jobs/{job}")).text
    await poster.client.post(f"/api/jobs/{job}/close")
    closed = (await poster.client.get(f"/me/jobs/{job}")).text
    assert ("Hired" in closed, 'value="declined"' in closed) == (True, False)


async def test_a_decline_by_a_slip_is_taken_back_and_the_applicant_is_told(process: Process, join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Wait Ing")
    job = (await poster.post_job())["id"]
    await applied(actor, job)
    one = (await poster.client.get(f"/api/jobs/{job}/applications")).json()["applications"][0]["application"]["id"]
    path = f"/me/jobs/{job}/applications/{one}"
    assert (await poster.client.post(path, data={"to": "declined"})).status_code == 303
    shown = (await poster.client.get(f"/me/jobs/{job}")).text
    assert (shown.count('name="to"'), "Take the answer back" in shown, "They are told that you look at it again." in shown) == (
        1,
        True,
        True,
    )
    for to in ("applied", "shortlisted", "offered", "hired", "declined"):
        assert (await poster.client.post(path, data={"to": to})).status_code == 409, to
    assert (await actor.client.post(f"/api/jobs/{job}/applications/{one}/move", json={"to": "reviewed"})).status_code == 404
    assert await status_of(actor, job) == "declined"
    assert (await poster.client.post(path, data={"to": "reviewed"})).status_code == 303
    assert await status_of(actor, job) == "reviewed"
    await drain(process.runtime)
    notices = (await actor.client.get("/api/notifications")).json()["notices"]
    assert [notice["kind"] for notice in notices] == ["application.reconsidered", "application.declined"], "both, in order, and both true"
    assert "has taken the answer back" in await newest(actor.client, actor.email)
    assert (await poster.client.post(path, data={"to": "hired"})).status_code == 303
    assert await status_of(actor, job) == "hired"


async def test_no_decline_is_taken_back_once_the_post_is_closed(process: Process, join: Join) -> None:
    poster, actor = await join("A Poster"), await join("Wait Ing")
    job = (await poster.post_job())["id"]
    await applied(actor, job)
    one = (await poster.client.get(f"/api/jobs/{job}/applications")).json()["applications"][0]["application"]["id"]
    await poster.client.post(f"/api/jobs/{job}/close")
    await drain(process.runtime)
    assert "Take the answer back" not in (await poster.client.get(f"/me/jobs/{job}")).text
    refused = await poster.client.post(f"/api/jobs/{job}/applications/{one}/move", json={"to": "reviewed"})
    assert (refused.status_code, await status_of(actor, job)) == (409, "declined")
    assert await drain(process.runtime) == 0, "and nobody is told anything"
    await poster.client.post(f"/api/jobs/{job}/reopen")
    assert (await poster.client.post(f"/api/jobs/{job}/applications/{one}/move", json={"to": "reviewed"})).status_code == 204
    assert await status_of(actor, job) == "reviewed"
    again = await actor.client.post(f"/api/jobs/{job}/applications", json={})
    assert again.status_code == 409, "it is open again already"


async def test_one_job_has_the_form_that_was_asked_for(process: Process, join: Join) -> None:
    job = (await (await join()).post_job())["id"]
    phone = {"user-agent": "Mozilla/5.0 (Linux; Android 12) Mobile"}
    six = ["id", "title", "company", "location", "salary", "posted"]
    async with browser(process) as client:
        for query, headers, is_compact in (("?view=compact", {}, True), ("?view=full", phone, False), ("", phone, True), ("", {}, False)):
            for _ in range(2):  # the second from a cache
                answer = await client.get(f"/api/jobs/{job}{query}", headers=headers)
                names = list(answer.json()["job"])
                assert (names == six, len(names)) == (is_compact, 6 if is_compact else 20), (query, headers)
                assert ("User-Agent" in answer.headers.get("vary", "")) == (not query)
                assert answer.headers["cdn-cache-control"] == ("max-age=900" if query else "no-store")
        for wrong, field in (("view=tiny", "view"), ("colour=red", "colour")):
            refused = await client.get(f"/api/jobs/{job}?{wrong}")
            assert (refused.status_code, refused.json()["field"]) == (422, field)
            listed = await client.get(f"/api/jobs?{wrong}")
            assert (listed.status_code, listed.json()["field"]) == (422, field)
