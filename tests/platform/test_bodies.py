"""How a JSON body is read: numbers as JSON knows them, no other kind of value for a wanted one, malformed before wrong."""

from typing import Any

import msgspec
import pytest

from nollycrewhub.platform.bodies import JSON
from tests.journeys.conftest import JOB, Join
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name


@pytest.mark.parametrize(("raw", "read"), [(b"2", 2), (b"2.0", 2), (b"-1e2", -100), (b"2.5", 2.5), (b"1e-3", 0.001)])
def test_a_whole_number_is_an_integer_however_it_is_written(raw: bytes, read: float) -> None:
    found = JSON.decode(raw)
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize("raw", [b"1e400", b"-1e400", b"NaN", b"Infinity", b"", b"{", b"{}x"])
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        JSON.decode(raw)


async def test_a_job_with_other_types_is_not_posted_and_one_with_whole_numbers_is(join: Join) -> None:
    poster = await join()
    wrong: list[tuple[str, Any]] = [
        ("wanted", "3"), ("draft", "false"), ("draft", 1), ("deadline", "null"), ("pay", {"amount": "500000"}), ("wanted", 2.5), ("wanted", True),
    ]  # fmt: skip
    for name, value in wrong:
        answer = await poster.client.post("/api/jobs", json={**JOB, name: value})
        problem = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert problem["field"] == ("pay.amount" if name == "pay" else name)
    assert (await poster.client.get("/api/jobs/mine")).json()["jobs"] == []
    job = await poster.post_job(wanted=2.0, pay={"amount": 5e7})
    assert (job["wanted"], job["pay"]["amount"]) == (2, 50_000_000)


async def test_what_is_no_json_is_a_400_even_after_a_wrong_value(join: Join) -> None:
    poster = await join()
    for raw, status in (
        (b'{"wanted": "3", ', 400),
        (b'{"surprise": 1', 400),
        (b'{"wanted": 1e400}', 400),
        (b'{"wanted": "3"}', 422),
        (b"[]", 422),
    ):
        answer = await poster.client.post("/api/jobs", content=raw, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), raw


async def test_forms_and_queries_still_read_their_texts_as_numbers(join: Join) -> None:
    reader = await join()
    saved = await reader.client.post(
        "/me/notices/settings", data={"digest": "daily", "digest_hour": "9", "quiet_from": "21:00", "quiet_until": "07:00"}
    )
    assert saved.status_code < 400, saved.text
    found = (await reader.client.get("/api/notifications/settings")).json()
    assert (found["digest"], found["digest_hour"]) == ("daily", 9)
    assert (await reader.client.get("/api/notifications?limit=5")).status_code == 200
