"""What was held or refused is public to nobody, however it is closed, changed or copied."""

from datetime import timedelta

import pytest

from nollycrewhub.kit.time import lagos_day
from nollycrewhub.platform.app import Process
from tests.journeys.conftest import JOB, Join, Member

ASKING = "Lead role in a drama. Registration fee of N5,000 must be paid before audition."
MENDED = "Lead role in a drama, two weeks in Enugu, nothing is to be paid by anybody."


async def assert_unread(stranger: Member, job_id: int) -> None:
    """No page, answer or list shows it."""
    assert (await stranger.client.get(f"/api/jobs/{job_id}")).status_code == 404
    assert (await stranger.client.get(f"/jobs/{job_id}")).status_code == 404
    for path in ("/api/jobs?open=false&limit=100", "/jobs?open=false&limit=100"):
        answer = await stranger.client.get(path)
        assert answer.status_code == 200
        assert str(job_id) not in answer.text


async def decide(operator: Member, job_id: int, decision: str) -> None:
    """An operator's decision on what waits."""
    held = (await operator.client.get("/api/jobs/held")).json()["held"]
    review = next(one for one in held if one["job_id"] == job_id)
    sent = await operator.client.post(f"/ops/held/{review['id']}", data={"decision": decision, "note": "Read by a person."})
    assert sent.status_code == 303


async def change(poster: Member, job_id: int, **fields: object) -> str:
    """The listing's state after a change of these fields."""
    answer = await poster.client.put(f"/api/jobs/{job_id}", json={**JOB, **fields})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["job"]["status"])


async def test_a_held_post_that_its_poster_closes_stays_unread(process: Process, join: Join) -> None:
    poster, stranger = await join(), await join()
    job = await poster.post_job(description=ASKING)
    closed = await poster.client.post(f"/api/jobs/{job['id']}/close")
    assert (closed.status_code, closed.json()["job"]["status"]) == (200, "shelved")
    await assert_unread(stranger, job["id"])
    assert "Not public" in (await poster.client.get(f"/me/jobs/{job['id']}")).text
    assert (await poster.client.post(f"/api/jobs/{job['id']}/reopen")).status_code == 409
    assert await change(poster, job["id"], description=ASKING) == "held"
    assert await change(poster, job["id"], description=MENDED) == "open"
    assert (await stranger.client.get(f"/api/jobs/{job['id']}")).status_code == 200


async def test_a_refused_post_is_unread_until_an_operator_has_read_it_again(process: Process, join: Join) -> None:
    poster, stranger, operator = await join(), await join(), await join("Operator", operator=True)
    job = await poster.post_job(description=ASKING)
    await decide(operator, job["id"], "refuse")
    await assert_unread(stranger, job["id"])
    assert await change(poster, job["id"], description=MENDED) == "held"
    await assert_unread(stranger, job["id"])
    await decide(operator, job["id"], "release")
    assert (await stranger.client.get(f"/api/jobs/{job['id']}")).status_code == 200


async def test_what_was_public_and_then_asked_for_money_is_unread_when_closed(process: Process, join: Join) -> None:
    poster, stranger = await join(), await join()
    job = await poster.post_job()
    assert await change(poster, job["id"], description=ASKING) == "held"
    assert (await poster.client.post(f"/api/jobs/{job['id']}/close")).status_code == 200
    await assert_unread(stranger, job["id"])


@pytest.mark.parametrize(
    "fields", [{"company": "Reg fee 5k Pictures"}, {"town": "Enugu, form na 2k"}, {"skills": ["acting", "registration fee N5,000"]}]
)
async def test_all_free_text_is_read(process: Process, join: Join, fields: dict[str, object]) -> None:
    poster = await join()
    assert (await poster.post_job(**fields))["status"] == "held"
    job = await poster.post_job()
    assert await change(poster, job["id"], **fields) == "held"
    draft = await poster.post_job(draft=True, **fields)
    copy = (await poster.client.post(f"/api/jobs/{draft['id']}/duplicate")).json()["job"]
    assert await change(poster, copy["id"], **fields) == "held"


async def test_a_mended_post_leaves_the_queue(process: Process, join: Join) -> None:
    poster, operator = await join(), await join("Operator", operator=True)
    job = await poster.post_job(description=ASKING)
    assert await change(poster, job["id"], description=MENDED) == "open"
    held = (await operator.client.get("/api/jobs/held")).json()["held"]
    assert job["id"] not in [one["job_id"] for one in held]


async def test_what_an_operator_released_is_held_again_only_for_new_words(process: Process, join: Join) -> None:
    poster, operator = await join(), await join("Operator", operator=True)
    job = await poster.post_job(description=ASKING)
    await decide(operator, job["id"], "release")
    assert await change(poster, job["id"], description=ASKING, wanted=3) == "open"
    assert (await poster.client.post(f"/api/jobs/{job['id']}/close")).status_code == 200
    assert (await poster.client.post(f"/api/jobs/{job['id']}/reopen")).json()["job"]["status"] == "open"
    assert await change(poster, job["id"], description=f"{ASKING} Form na 2k.") == "held"


async def test_whom_a_closing_declined_applies_again_after_reopening(process: Process, join: Join) -> None:
    poster, talent = await join(), await join()
    job = await poster.post_job()
    base = f"/api/jobs/{job['id']}"
    assert (await talent.client.post(f"{base}/applications", json={})).status_code == 201
    assert (await poster.client.post(f"{base}/close")).status_code == 200
    assert (await poster.client.post(f"{base}/reopen")).status_code == 200
    assert (await talent.client.post(f"{base}/applications", json={"note": "Still here."})).status_code == 201
    assert (await talent.client.post(f"{base}/applications", json={})).status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("company", " "),
        ("starts_on", "0001-01-01"),
        ("starts_on", "2020-01-01"),
        ("starts_on", str(lagos_day() - timedelta(days=1))),
        ("ends_on", "2020-01-01"),
        ("ends_on", "2101-01-01"),
        ("deadline", "9999-12-31"),
        ("description", "short" + " " * 20),
    ],
)
async def test_what_makes_no_sense_is_named(process: Process, join: Join, field: str, value: str) -> None:
    poster = await join()
    answer = await poster.client.post("/api/jobs", json={**JOB, field: value})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
