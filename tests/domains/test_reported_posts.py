"""Posts that members report: one open report each, a queue for operators, and what a decision does."""

import asyncio
from typing import Any

import httpx
import pytest

from nollycrewhub.domains.jobs.service.reporting import REPORTS_AN_HOUR
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.worker import drain
from tests.journeys.conftest import PASSWORD, Join, Member

TRAIL = Query(str, "select action from platform.audit where subject = $1 order by at, action")
OPEN = Query(int, "select count(*)::int from jobs.report where job_id = $1 and decision is null")
AHEAD = {"x-nch-position": "1/ffffffffffff"}


async def reported(member: Member, job_id: int, reason: str = "money", note: str = "") -> httpx.Response:
    """One report by the API."""
    return await member.client.post(f"/api/jobs/{job_id}/reports", json={"reason": reason, "note": note})


async def queue(operator: Member) -> dict[int, dict[str, Any]]:
    """What operators read, by post."""
    answer = await operator.client.get("/api/jobs/reports", headers=AHEAD)
    assert answer.status_code == 200, answer.text
    return {post["job_id"]: post for post in answer.json()["reported"]}


async def confirmed(join: Join) -> Member:
    """An operator whose password was typed just now."""
    operator = await join(operator=True)
    assert (await operator.client.post("/me/confirm-password", data={"password": PASSWORD, "next": "/ops/posts"})).status_code == 303
    return operator


async def test_a_post_is_reported_once_by_each_and_dismissed(process: Process, join: Join) -> None:
    poster, first, second, operator = await join(), await join(), await join(), await confirmed(join)
    job = (await poster.post_job(title="Reported gaffer"))["id"]
    assert (await reported(poster, job)).json()["type"] == "/problems/own-listing"
    assert (await reported(first, job, "other", "  ")).json()["field"] == "note"
    both = await asyncio.gather(*(reported(first, job, "money", "N5,000 for a form") for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [202, 409], "also when it is sent twice at once"
    assert (await reported(second, job, "not-real")).status_code == 202
    found = (await queue(operator))[job]
    assert (found["reports"], sorted(found["reasons"]), found["notes"]) == (2, ["money", "not-real"], ["N5,000 for a form"])
    page = (await operator.client.get("/ops/posts", headers=AHEAD)).text
    assert "Reported gaffer" in page and "2 reports" in page and "N5,000 for a form" in page
    assert (await first.client.get("/ops/posts")).status_code == 404
    done = await operator.client.post(f"/ops/posts/{job}", data={"decision": "dismiss", "note": "It is in order."})
    assert (done.status_code, done.headers["location"]) == (303, "/ops/posts")
    assert job not in await queue(operator)
    assert (await poster.client.get(f"/api/jobs/{job}")).status_code == 200, "nothing is wrong, and nothing happens"
    read = process.runtime.db.read_session(primary=True)
    assert await read.rows(TRAIL, f"job:{job}") == ["job.reported", "job.reported", "job.report.dismiss"]
    again = await operator.client.post(f"/api/jobs/{job}/reports/decide", json={"decision": "dismiss", "note": "Once more."})
    assert (again.status_code, again.json()["type"]) == (404, "/problems/no-such-report-of-a-post")
    assert (await reported(first, job)).status_code == 202, "a decided report leaves room for another"


async def test_a_post_is_taken_away_with_all_its_reports(process: Process, join: Join) -> None:
    poster, member, operator = await join(), await join(), await confirmed(join)
    job = (await poster.post_job())["id"]
    await member.client.post(f"/api/jobs/{job}/applications", json={"note": "Me."})
    assert (await reported(member, job)).status_code == 202
    short = await operator.client.post(f"/ops/posts/{job}", data={"decision": "take-away", "note": ""})
    assert short.status_code == 422 and "write the reason" in short.text
    taken = {"decision": "take-away", "note": "It asks talent for money."}
    assert (await operator.client.post(f"/api/jobs/{job}/reports/decide", json=taken)).status_code == 204
    await drain(process.runtime)
    read = process.runtime.db.read_session(primary=True)
    assert (await member.client.get(f"/api/jobs/{job}", headers=AHEAD)).status_code == 404
    assert await read.rows(OPEN, job) == [0]
    assert await read.rows(TRAIL, f"job:{job}") == ["job.reported", "job.closed", "job.report.take-away"]
    own = (await poster.client.get(f"/me/jobs/{job}", headers=AHEAD)).text
    assert "It asks talent for money." in own
    assert (await reported(member, job)).status_code == 404, "what nobody sees nobody reports"


async def test_closing_it_from_the_other_form_settles_reports_too(process: Process, join: Join) -> None:
    poster, member, operator = await join(), await join(), await confirmed(join)
    job = (await poster.post_job())["id"]
    assert (await reported(member, job)).status_code == 202
    assert (await operator.client.post("/ops/jobs", data={"job": str(job), "note": "It is a fraud."})).status_code == 303
    assert await process.runtime.db.read_session(primary=True).rows(OPEN, job) == [0]


async def test_the_page_reports_without_a_script(join: Join) -> None:
    poster, member = await join(), await join()
    job = (await poster.post_job())["id"]
    assert f'href="/jobs/{job}/report"' in (await member.client.get(f"/jobs/{job}", headers=AHEAD)).text
    form = (await member.client.get(f"/jobs/{job}/report", headers=AHEAD)).text
    assert f'action="/jobs/{job}/report"' in form
    empty = await member.client.post(f"/jobs/{job}/report", data={"note": "kept words"})
    assert empty.status_code == 422 and "Choose what is wrong." in empty.text and "kept words" in empty.text
    done = await member.client.post(f"/jobs/{job}/report", data={"reason": "other", "note": "It is copied."})
    assert (done.status_code, done.headers["location"]) == (303, f"/jobs/{job}/report")
    after = (await member.client.get(f"/jobs/{job}/report")).text
    assert "with the operators" in after and "<textarea" not in after
    assert "To your post" in (await poster.client.get(f"/jobs/{job}/report", headers=AHEAD)).text


async def test_nobody_floods_the_queue(join: Join) -> None:
    poster, member = await join(), await join()
    jobs = [(await poster.post_job())["id"] for _ in range(REPORTS_AN_HOUR + 1)]
    statuses = [(await reported(member, job)).status_code for job in jobs]
    assert statuses == [202] * REPORTS_AN_HOUR + [429]
    assert (await reported(await join(), jobs[-1])).status_code == 202, "others may still"


@pytest.mark.parametrize("state", ["draft", "held"])
async def test_what_is_not_public_is_not_there_to_report(join: Join, state: str) -> None:
    poster, member = await join(), await join()
    changes = (
        {"draft": True} if state == "draft" else {"description": "Six days near Nsukka. You must pay a registration fee of N5,000 first."}
    )
    job = (await poster.post_job(**changes))["id"]
    assert (await reported(member, job)).status_code == 404
    assert (await member.client.get(f"/jobs/{job}/report", headers=AHEAD)).status_code == 404
