"""The whole way over plain pages: register, find by a misspelt word, apply, be hired, read the notice."""

import httpx

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from nollycrewhub.services import monolith
from tests.journeys.conftest import PASSWORD, Join, latest_code


async def test_from_register_to_hired(process: Process, join: Join) -> None:
    poster, talent = await join("Ọmọlará Adéyẹmí"), await join("Ngọzi Eze")
    job = await poster.post_job()
    found = await talent.client.get("/jobs?q=gafer")
    assert f'href="/jobs/{job["id"]}"' in found.text
    assert "gaffer" in found.text
    applied = await talent.client.post(f"/jobs/{job['id']}/apply", data={"note": "I live nearby.", "rate": "120,000"})
    assert applied.status_code == 303
    await drain(process.runtime)
    pipeline = await poster.client.get(f"/me/jobs/{job['id']}")
    assert "Ngọzi Eze" in pipeline.text and "I live nearby." in pipeline.text
    assert "New application" in (await poster.client.get("/me/notices")).text
    application = (await poster.client.get(f"/api/jobs/{job['id']}/applications")).json()["applications"][0]["application"]
    for to in ("shortlisted", "hired"):
        moved = await poster.client.post(f"/me/jobs/{job['id']}/applications/{application['id']}", data={"to": to})
        assert moved.status_code == 303
        await drain(process.runtime)
    notices = (await talent.client.get("/api/notifications")).json()
    assert [notice["kind"] for notice in notices["notices"]] == ["application.hired", "application.shortlisted"]
    assert notices["unread"] == 2
    letters = (await talent.client.get("/dev/mail.json")).json()["letters"]
    assert sorted([one["subject"] for one in letters if one["recipient"] == talent.email][:2]) == [
        "You are hired: Gaffer for a village drama",
        "You are on the shortlist: Gaffer for a village drama",
    ]
    opened = await talent.client.post(f"/me/notices/{notices['notices'][0]['id']}/open")
    assert opened.headers["location"] == f"/jobs/{job['id']}/apply"
    assert (await talent.client.get("/api/notifications")).json()["unread"] == 1


async def test_closing_answers_everyone(process: Process, join: Join) -> None:
    poster, first, second = await join(), await join(), await join()
    job = await poster.post_job()
    for talent in (first, second):
        assert (await talent.client.post(f"/api/jobs/{job['id']}/applications", json={})).status_code == 201
    assert (await first.client.post(f"/api/jobs/{job['id']}/applications", json={})).status_code == 409
    closed = await poster.client.post(f"/me/jobs/{job['id']}/close")
    assert closed.status_code == 303
    await drain(process.runtime)
    for talent in (first, second):
        assert (await talent.client.get("/api/jobs/applications/mine")).json()["applications"][0]["status"] == "declined"
        assert (await talent.client.get("/api/notifications")).json()["notices"][0]["kind"] == "application.declined"
    late = await (await join()).client.post(f"/api/jobs/{job['id']}/applications", json={})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/not-taking-applications")


async def test_a_post_that_asks_for_money_waits_for_an_operator(process: Process, join: Join) -> None:
    poster, operator = await join(), await join("Operator", operator=True)
    job = await poster.post_job(description="Lead role. Registration fee of N5,000 must be paid into our account before audition.")
    assert job["status"] == "held"
    assert (await poster.client.get(f"/jobs/{job['id']}")).status_code == 404
    held = (await operator.client.get("/api/jobs/held")).json()["held"]
    review = next(one for one in held if one["job_id"] == job["id"])
    release = {"decision": "release", "note": "Checked by phone."}
    decided = await operator.client.post(f"/ops/held/{review['id']}", data=release)
    assert decided.status_code == 303
    assert (await poster.client.get(f"/jobs/{job['id']}")).status_code == 200
    again = await operator.client.post(f"/api/jobs/held/{review['id']}/decide", json=release)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-decided")
    await drain(process.runtime)
    kinds = [one["kind"] for one in (await poster.client.get("/api/notifications")).json()["notices"]]
    assert sorted(kinds) == ["job.held", "job.released"]


async def test_a_stranger_finds_nothing_and_changes_nothing(process: Process, join: Join) -> None:
    poster, talent, stranger = await join(), await join(), await join()
    job = await poster.post_job()
    draft = await poster.post_job(draft=True)
    applied = (await talent.client.post(f"/api/jobs/{job['id']}/applications", json={"note": "secret"})).json()["application"]
    base = f"/api/jobs/{job['id']}"
    denied = [
        await stranger.client.post(f"{base}/close"),
        await stranger.client.post(f"{base}/duplicate"),
        await stranger.client.get(f"{base}/applications"),
        await stranger.client.post(f"{base}/applications/{applied['id']}/move", json={"to": "hired"}),
        await talent.client.post(f"{base}/applications/{applied['id']}/move", json={"to": "hired"}),
        await stranger.client.delete(f"{base}/applications/mine"),
        await stranger.client.get(f"/jobs/{draft['id']}"),
        await stranger.client.get(f"/me/jobs/{job['id']}"),
        await stranger.client.get(f"/me/jobs/{draft['id']}/edit"),
        await stranger.client.get("/api/jobs/held"),
        await stranger.client.get("/ops"),
    ]
    assert [answer.status_code for answer in denied] == [404] * len(denied)
    listing = (await poster.client.get(base)).json()["job"]
    assert listing["status"] == "open"
    assert (await poster.client.get(f"{base}/applications")).json()["applications"][0]["application"]["status"] == "applied"


async def test_no_answer_tells_whether_an_address_has_an_account(process: Process, join: Join) -> None:
    member = await join()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url="http://127.0.0.1:8000") as client:
        taken = await client.post("/api/auth/register", json={"name": "Eve", "email": member.email, "password": PASSWORD})
        fresh = await client.post("/api/auth/register", json={"name": "Eve", "email": f"new-{member.email}", "password": PASSWORD})
        assert (taken.status_code, taken.content) == (fresh.status_code, fresh.content)
        for address in (member.email, "nobody@example.test"):
            wrong = await client.post("/api/auth/login", json={"email": address, "password": "not this one"})
            assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/wrong-credentials")
        known = await client.post("/api/auth/reset", json={"address": member.email})
        unknown = await client.post("/api/auth/reset", json={"address": "nobody@example.test"})
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


async def test_reset_signs_every_device_out(process: Process, join: Join) -> None:
    member = await join()
    await member.client.post("/reset", data={"address": member.email})
    await drain(process.runtime)
    code = await latest_code(member.client, member.email)
    wrong = await member.client.post("/reset/confirm", data={"address": member.email, "code": "000000", "password": "four quite new words"})
    assert wrong.status_code == 410
    assert (await member.client.get("/api/profile")).status_code == 200
    done = await member.client.post("/reset/confirm", data={"address": member.email, "code": code, "password": "four quite new words"})
    assert done.status_code == 200
    assert (await member.client.get("/api/profile")).status_code == 401
    again = await member.client.post("/signin", data={"email": member.email, "password": "four quite new words"})
    assert again.status_code == 303


async def test_guessing_is_throttled_and_a_reset_opens_the_door(process: Process, join: Join) -> None:
    member = await join()
    statuses = [
        (await member.client.post("/api/auth/login", json={"email": member.email, "password": f"guess {n}"})).status_code for n in range(11)
    ]
    assert statuses == [401] * 10 + [403]
    assert (await member.client.get("/api/profile")).status_code == 200
    await member.client.post("/reset", data={"address": member.email})
    await drain(process.runtime)
    code = await latest_code(member.client, member.email)
    done = await member.client.post("/reset/confirm", data={"address": member.email, "code": code, "password": "four quite new words"})
    assert done.status_code == 200
    assert (await member.client.post("/signin", data={"email": member.email, "password": "four quite new words"})).status_code == 303


async def test_export_and_erasure_cover_every_domain(process: Process, join: Join) -> None:
    poster, talent = await join(), await join()
    job = await poster.post_job()
    await talent.client.post(f"/api/jobs/{job['id']}/applications", json={"note": "my own words"})
    await drain(process.runtime)
    data = (await talent.client.get("/api/users/me/export")).json()
    assert set(data) == {module.name for module in monolith.MODULES if module.personal is not None} | {"platform", "files"}
    assert data["jobs"]["applications"][0]["note"] == "my own words"
    assert data["users"]["account"]["email"] == talent.email
    wrong = await talent.client.request("DELETE", "/api/users/me", json={"password": "not mine"})
    assert wrong.status_code == 401
    assert (await talent.client.get("/api/profile")).status_code == 200
    gone = await talent.client.request("DELETE", "/api/users/me", json={"password": PASSWORD})
    assert gone.status_code == 204
    assert (await talent.client.get("/api/profile")).status_code == 401
    await drain(process.runtime)
    assert (await poster.client.get(f"/api/jobs/{job['id']}/applications")).json()["applications"] == []
