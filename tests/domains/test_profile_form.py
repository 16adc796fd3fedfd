"""The profile form: saving what is shown changes nothing, and what is typed is read as it was meant."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nollycrewhub.domains.users.pages.profile import credit_line, credit_of
from nollycrewhub.domains.users.rules import HIDEABLE, VISIBILITIES
from nollycrewhub.domains.users.schemas import Credit
from nollycrewhub.kit.crafts import DEPARTMENTS, LANGUAGES, ROLES
from nollycrewhub.kit.places import BY_CODE
from nollycrewhub.kit.text import letters
from nollycrewhub.kit.time import lagos_day
from tests.conftest import FULL
from tests.filling import untouched
from tests.journeys.conftest import Join, Member

SIGNS = "aB Ọ́ṣ019|,\\\"'<&>;=%+-/₦"


def text(most: int, signs: str = SIGNS, least: int = 0) -> st.SearchStrategy[str]:
    return st.text(alphabet=signs, min_size=least, max_size=most)


LATEST = lagos_day().year + 6
WORD = text(20, least=1).filter(letters)
CREDIT = st.fixed_dictionaries(
    {"title": WORD, "role": text(20) | st.sampled_from(["2019", "1"]), "year": st.none() | st.integers(1950, LATEST)}
)
LANGUAGE = st.fixed_dictionaries(
    {"code": st.sampled_from(list(LANGUAGES)), "level": st.sampled_from(["basic", "good", "fluent", "native"])}
)
PROFILE = st.fixed_dictionaries({
    "name": WORD, "headline": text(40), "bio": text(80, SIGNS + "\n\r\t"), "state": st.sampled_from(["", *BY_CODE]), "town": text(20),
    "availability": st.sampled_from(["free", "ask", "busy"]), "available_from": st.none() | st.dates(date(1, 1, 1)).map(date.isoformat),
    "rate_kobo": st.none() | st.integers(0, 10**13), "rate_unit": st.sampled_from(["hour", "day", "week", "month", "project", "scene"]),
    "roles": st.lists(st.sampled_from(ROLES), max_size=6), "departments": st.lists(st.sampled_from(list(DEPARTMENTS)), max_size=5),
    "skills": st.lists(text(20, least=1), max_size=6), "languages": st.lists(LANGUAGE, max_size=5),
    "credits": st.lists(CREDIT, max_size=5), "links": st.lists(text(10, "a1|,\\&=").map("https://a.test/".__add__), max_size=3),
    "listed": st.booleans(),
    "visibility": st.dictionaries(st.sampled_from([f for f in HIDEABLE if f not in ("name", "photo")]), st.sampled_from(VISIBILITIES), max_size=6),
})  # fmt: skip
LOST_BEFORE: dict[str, Any] = {
    "name": "Ada", "available_from": "2027-01-15", "rate_kobo": 5_000_000, "rate_unit": "scene",
    "credits": [{"title": "Aba Road", "year": 2019}, {"title": "A | B, C\\D", "role": "2019"}], "skills": ["Light, sound", "  "],
    "languages": [{"code": "yo", "level": "basic"}, {"code": "ig", "level": "native"}, {"code": "yo", "level": "good"}],
    "bio": "One\r\rtwo\r\nthree", "roles": ["writer", "actor"],
}  # fmt: skip


@pytest.fixture(scope="module")
def members() -> dict[str, Member]:
    """The one person of the property, kept over its examples."""
    return {}


async def kept(member: Member) -> dict[str, Any]:
    """All of the stored profile but the moment it was saved at."""
    found: dict[str, Any] = (await member.client.get("/api/profile")).json()["profile"]
    del found["updated_at"]
    return found


@settings(
    max_examples=200 if FULL else 25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(profile=PROFILE)
@example(profile=LOST_BEFORE)
async def test_saving_what_is_shown_changes_nothing(join: Join, members: dict[str, Member], profile: dict[str, Any]) -> None:
    member = members.get("one") or members.setdefault("one", await join())
    stored = await member.client.put("/api/profile", json=profile)
    assert stored.status_code == 200, stored.text
    before = await kept(member)
    fields = untouched((await member.client.get("/me/profile")).text, "/me/profile")
    saved = await member.client.post("/me/profile", data=fields)
    assert (saved.status_code, saved.headers.get("location")) == (303, "/me/profile?saved=true"), saved.text
    assert await kept(member) == before


async def test_a_profile_is_stored_without_blanks_and_doubles(join: Join) -> None:
    member = await join()
    assert (await member.client.put("/api/profile", json=LOST_BEFORE)).status_code == 200
    found = (await member.client.get("/api/profile")).json()["profile"]
    assert found["skills"] == ["Light, sound"]
    assert found["languages"] == [{"code": "yo", "level": "basic"}, {"code": "ig", "level": "native"}]
    refused = await member.client.put("/api/profile", json={"name": "Ada", "credits": [{"title": " "}]})
    assert (refused.status_code, refused.json()["field"]) == (422, "credits")


@pytest.mark.parametrize(
    ("line", "title", "role", "year"),
    [
        ("Aba Road", "Aba Road", "", None),
        ("Aba Road | 2019", "Aba Road", "", 2019),
        ("Aba Road | Gaffer", "Aba Road", "Gaffer", None),
        (" Aba Road|Gaffer|2019 ", "Aba Road", "Gaffer", 2019),
        ("Aba Road | | 2019", "Aba Road", "", 2019),
        ("Aba Road | 2019 |", "Aba Road", "2019", None),
        (r"AC\DC \| live", r"AC\DC | live", "", None),
    ],
)
def test_a_credit_is_read_as_it_is_typed(line: str, title: str, role: str, year: int | None) -> None:
    assert credit_of(line) == {"title": title, "role": role, "year": year}
    assert credit_of(credit_line(Credit(title=title, role=role, year=year))) == credit_of(line)


@pytest.mark.parametrize("year", [LATEST + 1, 2100, 2101, 10**30, 1949])
async def test_a_credit_of_a_year_nobody_can_mean_is_refused(join: Join, year: int) -> None:
    member = await join()
    answer = await member.client.put("/api/profile", json={"name": "Ada", "credits": [{"title": "Aba Road", "year": year}]})
    assert (answer.status_code, answer.json()["field"][:7]) == (422, "credits")
    page = await member.client.post("/me/profile", data={"name": "Ada", "credits": f"Aba Road | Gaffer | {year}"})
    assert (page.status_code, f"is from 1950 to {LATEST}." in page.text) == (422, True)
    assert (await kept(member))["credits"] == []
    saved = await member.client.put("/api/profile", json={"name": "Ada", "credits": [{"title": "Aba Road", "year": LATEST}]})
    assert saved.status_code == 200


@pytest.mark.parametrize("line", ["A | B | 1949", "A | B | soon", "A | B | ²", "A | B | 2019 | Lagos"])
async def test_a_credit_that_cannot_be_read_is_told(join: Join, line: str) -> None:
    with pytest.raises(ValueError, match=r"Title \| what you did \| year"):
        credit_of(line)
    member = await join()
    answer = await member.client.post("/me/profile", data={"name": "Ada", "rate": "much", "credits": line})
    assert answer.status_code == 422
    assert 'id="credits-error"' in answer.text and 'id="rate-error"' in answer.text, "all faults are told at once"
