"""The pages /jobs and /talent: every filter of the API has a field, links keep what was asked, and nothing is a dead end."""

import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from nollycrewhub.kit.time import lagos_day
from nollycrewhub.platform.app import Process
from tests.domains.test_people import browser
from tests.filling import untouched
from tests.journeys.conftest import Join


def titles(html: str) -> set[str]:
    """The cards of a page."""
    return set(re.findall(r">(Zaria [a-z]+)<", html))


async def shown(client: httpx.AsyncClient, path: str, params: dict[str, Any], status: int = 200) -> str:
    """A page read on the newest rows."""
    answer = await client.get(path, params=params, headers={"x-nch-position": "1/ffffffffffff"})
    assert answer.status_code == status, answer.text
    return answer.text


async def test_jobs_are_found_by_pay_in_naira_by_day_and_closed_ones_too(join: Join) -> None:
    poster = await join()
    for title, kobo in (("Zaria cheap", 1_000_000), ("Zaria middle", 5_000_000), ("Zaria dear", 20_000_000)):
        await poster.post_job(title=title, pay={"amount": kobo})
    closed = await poster.post_job(title="Zaria closed", pay={"amount": 5_000_000})
    assert (await poster.client.post(f"/api/jobs/{closed['id']}/close")).status_code == 200
    page = await shown(poster.client, "/jobs", {"q": "zaria", "pay_from": "₦40,000", "pay_to": "100k"})
    assert titles(page) == {"Zaria middle"}
    assert titles(await shown(poster.client, "/jobs", {"q": "zaria", "pay_from": "40000", "open": "false"})) == {
        "Zaria middle",
        "Zaria dear",
        "Zaria closed",
    }
    assert titles(await shown(poster.client, "/jobs", {"q": "zaria", "since": "2126-01-01"})) == set()
    assert len(titles(await shown(poster.client, "/jobs", {"q": "zaria", "since": "2026-01-01"}))) == 3


async def test_every_filter_has_a_field_and_is_kept_by_box_and_links(process: Process) -> None:
    asked = {
        "q": "camera", "kind": "crew", "category": "gaffer", "state": "EN", "language": "ig", "pay_from": "1,000", "pay_to": "90m",
        "since": "2026-01-05", "open": "false", "sort": "pay",
    }  # fmt: skip
    async with browser(process) as client:
        page = await shown(client, "/jobs", asked)
        fields = untouched(page.partition('class="filters"')[2], "/jobs")
        assert fields == {**{name: [value] for name, value in asked.items()}, "pay_from": ["1,000"], "pay_to": ["90,000,000"]}
        kobo = {"pay_min": ["100000"], "pay_max": ["9000000000"]}
        box = untouched(page.partition('class="filters"')[0], "/jobs")
        assert box == {**{name: [value] for name, value in asked.items() if not name.startswith("pay_")}, **kobo}
        assert await shown(client, "/jobs", {name: values[0] for name, values in box.items()}) == page, "one page, one spelling"
        assert "pay_min=100000" in page and "Tell me of new ones" in page


@pytest.mark.parametrize("query", ["", "!!"])
async def test_best_match_without_words_is_the_usual_order(process: Process, query: str) -> None:
    async with browser(process) as client:
        page = await shown(client, "/jobs", {"sort": "relevance", "state": "EN", "q": query})
        assert untouched(page.partition('class="filters"')[2], "/jobs")["state"] == ["EN"]
        assert "Best match of your words" not in await shown(client, "/jobs", {"state": "EN"})
        assert (await client.get("/api/jobs?sort=relevance")).json()["field"] == "sort"


@pytest.mark.parametrize(
    ("path", "name", "value", "sentence"),
    [
        ("/jobs", "pay_from", "much", "Write an amount in naira"),
        ("/jobs", "since", "soon", "Write a date, for example 2026-12-24."),
        ("/talent", "free_by", "soon", "Write a date, for example 2026-12-24."),
        ("/talent", "rate", "much", "Write an amount in naira"),
        ("/talent", "rate_unit", "year", "There is no rate_unit"),
    ],
)
async def test_a_filter_that_cannot_be_used_is_told_beside_it(process: Process, path: str, name: str, value: str, sentence: str) -> None:
    async with browser(process) as client:
        answer = await client.get(path, params={name: value, "state": "EN", **({"rate": "9"} if name == "rate_unit" else {})})
        assert (answer.status_code, answer.headers["cache-control"]) == (422, "private, no-store")
        beside = answer.text.partition(f'id="{name}-error"')[2].partition("</p>")[0]
        assert sentence in beside
        assert untouched(answer.text.partition('class="filters"')[2], path)["state"] == ["EN"], "the other filters are kept"


async def test_people_are_found_by_what_they_ask_for_one_unit(join: Join) -> None:
    people = {"Zungeru Hour": (500_000, "hour"), "Zungeru Day": (900_000, "day"), "Zungeru Dear": (9_000_000, "day")}
    for name, (kobo, unit) in people.items():
        member = await join(name)
        saved = await member.client.put("/api/profile", json={"name": name, "rate_kobo": kobo, "rate_unit": unit, "listed": True})
        assert saved.status_code == 200

    async def found(**params: str) -> set[str]:
        answer = await member.client.get("/api/users", params={"q": "zungeru", **params}, headers={"x-nch-position": "1/ffffffffffff"})
        assert answer.status_code == 200, answer.text
        return {one["name"] for one in answer.json()["users"]}

    assert await found(max_rate="1000000") == {"Zungeru Day"}, "a day unless it says otherwise"
    assert await found(max_rate="1000000", rate_unit="hour") == {"Zungeru Hour"}
    assert await found(max_rate="1000000", rate_unit="scene") == set()
    assert await found(rate_unit="hour") == set(people), "a unit alone asks for nothing"
    page = await shown(member.client, "/talent", {"q": "zungeru", "rate": "10,000", "rate_unit": "hour"})
    assert "Zungeru Hour" in page and "Zungeru Day" not in page
    fields = untouched(page.partition('class="filters"')[2], "/talent")
    assert (fields["rate"], fields["rate_unit"]) == (["10,000"], ["hour"])
    assert untouched(page, "/talent")["max_rate"] == ["1000000"], "the search box keeps it"


async def test_people_are_found_by_the_day_they_are_free(join: Join) -> None:
    people = {
        "Zomba Now": ("free", None),
        "Zomba March": ("busy", "2031-03-14"),
        "Zomba May": ("ask", "2031-05-01"),
        "Zomba Never": ("busy", None),
    }
    for name, (free, day) in people.items():
        member = await join(name)
        saved = await member.client.put("/api/profile", json={"name": name, "availability": free, "available_from": day, "listed": True})
        assert saved.status_code == 200

    async def found(path: str, day: str) -> str:
        return await shown(member.client, path, {"q": "zomba", "free_by": day})

    for day, names in (("2031-03-13", {"Now"}), ("2031-03-14", {"Now", "March"}), ("2031-05-02", {"Now", "March", "May"})):
        for path in ("/api/users", "/talent"):
            text = await found(path, day)
            assert {name for name in ("Now", "March", "May", "Never") if f"Zomba {name}" in text} == names, (path, day)
    page = await found("/talent", "2031-05-02")
    assert "Busy, free from Fri 14 Mar 2031" in page and "Ask if free, free from Thu 1 May 2031" in page
    assert untouched(page.partition('class="filters"')[2], "/talent")["free_by"] == ["2031-05-02"]
    assert untouched(page.partition('class="filters"')[0], "/talent")["free_by"] == ["2031-05-02"], "the search box keeps it"
    handle = (await member.client.get("/api/profile")).json()["user"]["handle"]
    assert (await member.client.get(f"/api/users/{handle}")).json()["user"]["available_from"] is None
    assert "Free from" not in (await member.client.get(f"/talent/{handle}")).text


@pytest.mark.parametrize("availability", ["busy", "ask", "free"])
async def test_who_is_free_from_a_day_that_has_come_is_free_now(join: Join, availability: str) -> None:
    member, name = await join(), f"Zaria {availability.capitalize()}"
    for day, is_free in ((lagos_day() + timedelta(days=1), False), (lagos_day(), True), (date(2020, 1, 1), True)):
        given = {"name": name, "availability": availability, "available_from": str(day), "listed": True}
        assert (await member.client.put("/api/profile", json=given)).status_code == 200
        handle = (await member.client.get("/api/profile")).json()["user"]["handle"]
        card = (await shown(member.client, "/talent", {"q": name})).rpartition("</aside>")[2]
        own = (await shown(member.client, f"/talent/{handle}", {})).partition("<main")[2]
        for text in (card, own):
            assert ("Free now" in text, "2020" in text) == (is_free or availability == "free", False), (day, text)
            assert "ree from" not in text or not is_free, (day, text)


@pytest.mark.parametrize("cursor", ["nonsense", "é", "bnVsbA", "WzEsMl0", "a" * 500])
async def test_a_page_address_that_is_none_of_ours_leads_to_the_first_page(process: Process, join: Join, cursor: str) -> None:
    member = await join("Zaki First")
    assert (await member.client.put("/api/profile", json={"name": "Zaki First", "listed": True})).status_code == 200
    page = await shown(member.client, "/talent", {"q": "zaki", "cursor": cursor}, 422)
    assert "Zaki First" in page and "This is the first page." in page
    answer = await member.client.get("/api/users", params={"cursor": cursor}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")


async def test_a_listing_is_stored_without_blanks_and_doubles(join: Join) -> None:
    job = await (await join()).post_job(skills=["  ", " Driving ", "Driving", ""][:3], languages=["ig", "ig", "yo"])
    assert (job["skills"], job["languages"]) == (["Driving"], ["ig", "yo"])
