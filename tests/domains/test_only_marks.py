"""Names and titles have letters in them: marks alone would be stored as a link that nobody can see."""

import secrets
from typing import Any

import pytest

from nollycrewhub.domains.users.service.bans import reason_of
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.errors import Invalid
from tests.domains.test_messages import handle_of, open_with
from tests.filling import untouched
from tests.journeys.conftest import JOB, PASSWORD, Join

MARKS = "\u0301" * 5
LONG = MARKS * 5
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("title", {"title": MARKS}),
    ("title", {"title": "Grip\u0301\u0301"}),
    ("title", {"title": "- - -"}),
    ("company", {"company": MARKS}),
    ("company", {"company": "!"}),
    ("description", {"description": LONG}),
]


@pytest.mark.parametrize(("field", "changes"), WRONG)
async def test_a_listing_of_marks_is_refused_by_the_api_and_beside_its_field(
    process: Process, join: Join, field: str, changes: dict[str, Any]
) -> None:
    poster = await join()
    answer = await poster.client.post("/api/jobs", json={**JOB, **changes})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    job = (await poster.post_job())["id"]
    path = f"/me/jobs/{job}/edit"
    form = untouched((await poster.client.get(path)).text, path)
    page = await poster.client.post(path, data={**form, **changes})
    assert (page.status_code, f'id="{field}-error"' in page.text) == (422, True)
    assert (await poster.client.get(f"/api/jobs/{job}")).json()["job"][field] == JOB[field]


async def test_letters_of_any_alphabet_with_their_marks_pass(join: Join) -> None:
    poster = await join("Ọ́ṣun")
    job = await poster.post_job(title="Ọ̀ṣọ́ọ́ kan", company="7", description="Ẹ̀kọ́ ọ̀sẹ̀ méjì fún àwọn òṣèré", skills=["3D", MARKS, "!"])
    assert job["skills"] == ["3D"], "a skill without a letter or digit is as good as a blank one"


async def test_a_name_of_marks_is_refused(join: Join) -> None:
    member = await join()
    account = {"email": f"{secrets.token_hex(6)}@example.test", "password": PASSWORD}
    for name in (MARKS, "- -"):
        for answer in (
            await member.client.post("/api/auth/register", json={"name": name, **account}),
            await member.client.put("/api/profile", json={"name": name}),
        ):
            assert (answer.status_code, answer.json()["field"], answer.json()["detail"]) == (422, "name", "Write your name.")
    for wrong in ({"credits": [{"title": MARKS}]}, {"credits": [{"title": "| |"}]}):
        answer = await member.client.put("/api/profile", json={"name": "Ada", **wrong})
        assert (answer.status_code, answer.json()["field"]) == (422, "credits")
    assert (await member.client.get("/api/profile")).json()["user"]["name"] == "Ada Obi"


async def test_a_group_has_a_name_one_can_read(join: Join) -> None:
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    answer = await open_with(ada, await handle_of(bola), await handle_of(chidi), title=MARKS, text="Call time is 6.")
    assert (answer.status_code, answer.json()["field"]) == (422, "title")


async def test_a_reason_has_three_letters(join: Join) -> None:
    operator, poster, reader = await join(operator=True), await join(), await join()
    job = (await poster.post_job())["id"]
    answer = await reader.client.post(f"/api/jobs/{job}/reports", json={"reason": "other", "note": MARKS})
    assert (answer.status_code, answer.json()["field"]) == (422, "note")
    assert (await operator.client.post("/ops/jobs", data={"job": str(job), "note": MARKS})).status_code == 422
    assert (await poster.client.get(f"/api/jobs/{job}")).json()["job"]["status"] == "open"
    with pytest.raises(Invalid, match="in 3 letters or more"):
        reason_of(MARKS)
