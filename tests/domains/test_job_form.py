"""The form of a listing: saving what is shown changes nothing, whatever the API stored and whatever state it is in."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nollycrewhub.domains.jobs.service.listings import LAST_YEAR
from nollycrewhub.kit.crafts import CATEGORIES, LANGUAGES
from nollycrewhub.kit.places import BY_CODE
from nollycrewhub.kit.text import clean, letters
from nollycrewhub.kit.time import lagos_day
from nollycrewhub.platform.app import Process
from tests.conftest import FULL
from tests.domains.test_deadlines import set_back
from tests.filling import untouched
from tests.journeys.conftest import JOB, Join, Member

SIGNS = "aB Ọ́ṣ,\\\"'<&>;=%+-/"  # no sums: a listing that seems to ask for money is held
FEE = "You must pay a registration fee of N5,000 first."
LONG_AGO = "update jobs.job set starts_on = starts_on - 2000, ends_on = ends_on - 2000 where id = $1"
STORED = "select (to_jsonb(j) - array['updated_at', 'version'])::text from jobs.job j where id = $1"


def text(most: int, least: int, signs: str = SIGNS) -> st.SearchStrategy[str]:
    """Text of which enough letters are left when it is stored."""

    def enough(one: str) -> str:
        return one if letters(clean(one, lines=True)) >= least else one[: most - least] + "B" * least

    return st.text(alphabet=signs, min_size=least, max_size=most).map(enough)


PAY = st.fixed_dictionaries({"amount": st.integers(1, 10**13), "unit": st.sampled_from(["hour", "day", "week", "month", "project"])}) | (
    st.fixed_dictionaries({"terms": st.sampled_from(["unpaid", "deferred"]), "unit": st.sampled_from(["day", "project"])})
)
SOON = lagos_day() + timedelta(days=30)
DAY = st.none() | st.dates(SOON, date(LAST_YEAR, 12, 31)).map(date.isoformat)
LISTING = st.fixed_dictionaries({
    "title": text(120, 5), "company": text(80, 1), "state": st.sampled_from(list(BY_CODE)), "town": text(80, 0), "pay": PAY,
    "description": text(300, 20, SIGNS + "\n\r\t"), "skills": st.lists(text(80, 1), max_size=20),
    "languages": st.lists(st.sampled_from(list(LANGUAGES)), max_size=10),
    "experience": st.sampled_from(["any", "beginner", "some", "expert"]), "wanted": st.integers(1, 1000),
    "category": st.sampled_from([one.slug for one in CATEGORIES]), "days": st.tuples(DAY, DAY),
    "deadline": st.none() | st.integers(0, 700).map(lambda days: str(lagos_day() + timedelta(days=days))),
})  # fmt: skip
LOST_BEFORE: dict[str, Any] = {
    **JOB, "description": "\n".join(["Six days."] * 600), "skills": ["Light, sound", "A\\B", "C\\"], "languages": ["yo", "ig", "en"],
    "title": "T" * 120, "pay": {"amount": 10**13, "unit": "project"}, "wanted": 1000, "days": (str(SOON), str(SOON)),
}  # fmt: skip
KINDS = {one.slug: one.kind for one in CATEGORIES}


def listing_of(given_: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The API's payload of an example."""
    rest = {name: value for name, value in given_.items() if name not in ("days", "kind")}
    starts, ends = sorted(given_["days"], key=lambda day: day or "")
    pay = {"terms": "paid", **given_["pay"]}
    return {**rest, "pay": pay, "kind": KINDS[given_["category"]], "starts_on": starts, "ends_on": ends, **more}


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """The one poster of the property, with a listing of each state, kept over its examples."""
    return {}


async def row(process: Process, job_id: int) -> dict[str, Any]:
    """All of a stored listing but when it was saved, derived columns included."""
    async with process.runtime.db.write_session() as session:
        found: dict[str, Any] = msgspec.json.decode((await session.sql(STORED, job_id))[0][0])
    return found


async def saved_unchanged(process: Process, poster: Member, job_id: int) -> None:
    """Opens the form, saves it, and compares."""
    before = await row(process, job_id)
    path = f"/me/jobs/{job_id}/edit"
    saved = await poster.client.post(path, data=untouched((await poster.client.get(path)).text, path))
    assert (saved.status_code, saved.headers.get("location")) == (303, f"/me/jobs/{job_id}"), saved.text
    assert await row(process, job_id) == before


@settings(
    max_examples=150 if FULL else 20, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(listing=LISTING)
@example(listing=LOST_BEFORE)
async def test_saving_what_is_shown_changes_nothing(process: Process, join: Join, kept: dict[str, Any], listing: dict[str, Any]) -> None:
    if not kept:
        kept["poster"] = await join("A Poster")
        kept["jobs"] = [(await kept["poster"].post_job(draft=is_draft))["id"] for is_draft in (False, True)]
    for job_id, is_draft in zip(kept["jobs"], (False, True), strict=True):
        stored = await kept["poster"].client.put(f"/api/jobs/{job_id}", json=listing_of(listing, draft=is_draft))
        assert stored.status_code == 200, stored.text
        assert stored.json()["job"]["status"] == ("draft" if is_draft else "open")
        await saved_unchanged(process, kept["poster"], job_id)


async def test_a_held_listing_and_one_past_its_deadline_stay_what_they_are(process: Process, join: Join) -> None:
    poster = await join("A Poster")
    held = await poster.post_job(description=f"{JOB['description']} {FEE}")
    over = await poster.post_job(deadline=str(lagos_day() + timedelta(days=3)))
    await set_back(process, over["id"], days=1)
    for job, status in ((held, "held"), (over, "open")):
        await saved_unchanged(process, poster, job["id"])
        assert (await row(process, job["id"]))["status"] == status


async def test_a_draft_becomes_public_only_without_its_tick_also_after_a_mistake(process: Process, join: Join) -> None:
    poster = await join("A Poster")
    draft = (await poster.post_job(draft=True))["id"]
    path = f"/me/jobs/{draft}/edit"
    fields = untouched((await poster.client.get(path)).text, path)
    assert fields["draft"] == ["yes"]
    wrong = await poster.client.post(path, data={**fields, "title": "No"})
    assert (wrong.status_code, untouched(wrong.text, path)["draft"]) == (422, ["yes"])
    new = await poster.client.post("/me/jobs/new", data={**fields, "title": "No"})
    assert (new.status_code, untouched(new.text, "/me/jobs/new")["draft"]) == (422, ["yes"])
    del fields["draft"]
    assert (await poster.client.post(path, data=fields)).status_code == 303
    assert (await row(process, draft))["status"] == "open"


async def test_twenty_skills_of_which_one_has_a_comma_stay_twenty_also_in_a_duplicate(process: Process, join: Join) -> None:
    poster = await join("A Poster")
    skills = ["Rigging, high", *(f"Skill {n}" for n in range(19))]
    job = (await poster.post_job(skills=skills))["id"]
    await saved_unchanged(process, poster, job)
    copied = await poster.client.post(f"/me/jobs/{job}/duplicate")
    copy = int(copied.headers["location"].split("/")[3])
    assert copy != job
    await saved_unchanged(process, poster, copy)
    assert [(await row(process, one))["skills"] for one in (job, copy)] == [skills, skills]


async def test_days_that_have_passed_may_stay_and_none_is_chosen(process: Process, join: Join) -> None:
    poster = await join("A Poster")
    days = {"starts_on": str(SOON), "ends_on": str(SOON + timedelta(days=4))}
    jobs = [(await poster.post_job(draft=is_draft, **days))["id"] for is_draft in (False, True)]
    for job in jobs:
        async with process.runtime.db.write_session() as session:
            await session.sql(LONG_AGO, job)
            await session.commit()
        await saved_unchanged(process, poster, job)
        path = f"/me/jobs/{job}/edit"
        form = untouched((await poster.client.get(path)).text, path)
        for field in days:
            changed = await poster.client.post(path, data={**form, field: str(lagos_day() - timedelta(days=1)), "deadline": ""})
            assert (changed.status_code, f'id="{field}-error"' in changed.text) == (422, True), field
    refused = await poster.client.post(path, data={name: value for name, value in form.items() if name != "draft"})
    assert (refused.status_code, "The first day is in the past." in refused.text) == (422, True), "posted now, for a day long ago"
    assert (await row(process, jobs[1]))["status"] == "draft"
