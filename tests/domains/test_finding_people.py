"""The directory's search by words: any spelling, every word, the best match first, and nothing that is hidden."""

from typing import Any

import httpx
import pytest

from nollycrewhub.domains.users.tasks import renew_search_all
from nollycrewhub.kit import paging
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.queue import Work
from nollycrewhub.platform.worker import drain
from tests.journeys.conftest import Join

AHEAD = {"x-nch-position": "1/ffffffffffff"}
DOCUMENT = Query(str, "select search::text from users.profile p join users.person a on a.id = p.person_id where a.handle = $1")
FORGET = "update users.profile p set search = 'old:1' from users.person a where a.id = p.person_id and a.handle = $1"
# (name, what is shown of the person); stored in this order, so the last is the newest
PEOPLE: list[tuple[str, dict[str, Any]]] = [
    ("Ṣọlá Fágbèmí", {"headline": "Driver", "departments": ["locations-and-transport"], "state": "OY", "town": "Saki"}),
    ("Amaka Okeke", {"headline": "Make-up artist", "departments": ["make-up-and-hair"], "state": "EN"}),
    ("Ṣọlá Adé Fágbèmí", {"headline": "Colourist", "state": "OG"}),
    ("Bala Musa", {"headline": "Gaffer", "departments": ["lighting"], "state": "LA", "town": "Yaba", "roles": ["crew"]}),
    ("Tope Ade", {"headline": "Gaffer", "departments": ["lighting"], "state": "KN"}),
    ("Efe Oghene", {"headline": "Special effects makeup artist", "departments": ["make-up-and-hair"], "state": "DE"}),
    ("Dupe Ajayi", {"headline": "Gele stylist", "departments": ["make-up-and-hair"], "state": "LA", "skills": ["Artist of gele"]}),
    ("Àbíọ́dún Fágbèmí", {"headline": "Actor", "credits": [{"title": "Ṣọlá", "role": "Gaffer", "year": 2020}], "state": "LA"}),
]


class Reader:
    """Somebody who searches the directory, and looks at the answer for PEOPLE made for this test alone."""

    def __init__(self, client: httpx.AsyncClient, names: dict[str, str]) -> None:
        self.client = client
        self.names = names

    async def ask(self, **asked: str) -> dict[str, Any]:
        """The answer of the API."""
        answer = await self.client.get("/api/users", params={"limit": "100", **asked}, headers=AHEAD)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def found(self, q: str, **filters: str) -> list[str]:
        """The names a search finds, in order."""
        return [self.names[one["handle"]] for one in (await self.ask(q=q, **filters))["users"] if one["handle"] in self.names]


@pytest.fixture
async def reader(join: Join) -> Reader:
    """Who reads a directory with PEOPLE in it."""
    names = {}
    for name, fields in PEOPLE:
        member = await join(name)
        done = await member.client.put("/api/profile", json={"name": name, "listed": True, **fields})
        assert done.status_code == 200, done.text
        names[(await member.client.get("/api/profile")).json()["user"]["handle"]] = name
    return Reader(member.client, names)


async def test_any_spelling_finds_every_word(reader: Reader) -> None:
    artists = ["Efe Oghene", "Amaka Okeke"]
    for typed in ("make up artist", "makeup artist", "make-up artist", "MAKE-UP  ARTIST", "artist, make up"):
        names = await reader.found(typed)
        assert names[:2] == artists, typed
        assert names[2:] in ([], ["Dupe Ajayi"]), "whose craft it is not comes after"
    assert await reader.found("makeup") == [*artists, "Dupe Ajayi"]
    assert await reader.found("gaffer lagos") == ["Bala Musa", "Àbíọ́dún Fágbèmí"]
    assert await reader.found("gaffer") == ["Tope Ade", "Bala Musa", "Àbíọ́dún Fágbèmí"]
    assert await reader.found("gaffer lagos", state="KN") == []
    assert await reader.found("gaffer borno") == []


@pytest.mark.parametrize(
    ("typed", "read", "first"),
    [
        ("gafer lagos", "gaffer lagos", "Bala Musa"), ("gaffer lgaos", "gaffer lagos", "Bala Musa"), ("makup artist", "makeup artist", "Efe Oghene"),
        ("okekke", "okeke", "Amaka Okeke"),
    ],
)  # fmt: skip
async def test_a_misspelt_word_is_led_to_its_neighbour(reader: Reader, typed: str, read: str, first: str) -> None:
    assert (await reader.ask(q=typed))["corrected"] == read
    assert (await reader.found(typed))[0] == first
    page = (await reader.client.get("/talent", params={"q": typed}, headers=AHEAD)).text
    assert f"this is for “{read}”" in page
    assert "corrected" not in await reader.ask(q=read)


async def test_an_exact_name_comes_first(reader: Reader) -> None:
    for typed in ("Ṣọlá Fágbèmí", "sola fagbemi", "SOLA  FAGBEMI"):
        assert await reader.found(typed) == ["Ṣọlá Fágbèmí", "Ṣọlá Adé Fágbèmí", "Àbíọ́dún Fágbèmí"], typed
    assert await reader.found("fagbemi") == ["Àbíọ́dún Fágbèmí", "Ṣọlá Adé Fágbèmí", "Ṣọlá Fágbèmí"]


@pytest.mark.parametrize("q", ["fagbemi", "sola fagbemi", "gaffer", "makeup"])
async def test_pages_of_one_hold_everybody_once_in_the_order_of_the_whole(reader: Reader, q: str) -> None:
    whole = [one["id"] for one in (await reader.ask(q=q))["users"]]
    single: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await reader.ask(q=q, limit="1", cursor=cursor)
        single += [one["id"] for one in answer["users"]]
        cursor = answer["next"]
        assert len(single) <= len(whole)
    assert single == whole and len(whole) > 1


async def test_a_cursor_of_a_part_that_one_word_has_not_goes_on_with_the_next(reader: Reader) -> None:
    forged = paging.encode(1, "2000-01-01T00:00:00Z", "0193aaaa-0000-7000-8000-000000000001")
    assert await reader.found("gaffer", cursor=forged) == ["Àbíọ́dún Fágbèmí"]


async def test_a_cursor_of_another_list_and_too_many_words_are_refused(reader: Reader) -> None:
    newest = (await reader.ask(limit="1"))["next"]
    words = (await reader.ask(q="gaffer", limit="1"))["next"]
    for params, field in (
        ({"q": "gaffer", "cursor": newest}, "cursor"), ({"cursor": words}, "cursor"), ({"q": "a b c d e f g h i"}, "q"),
        ({"q": "gaffer", "cursor": paging.encode(5, "2026-01-01T00:00:00Z", "0193aaaa-0000-7000-8000-000000000001")}, "cursor"),
    ):  # fmt: skip
        answer = await reader.client.get("/api/users", params=params)
        assert answer.status_code == 422 and answer.json()["field"] == field, params


@pytest.mark.parametrize("setting", ["members", "private"])
async def test_a_hidden_word_corrects_nothing_and_finds_nobody(process: Process, join: Join, setting: str) -> None:
    owner = await join("Zubaynatu Quxwerty")
    profile = {
        "name": "Zubaynatu Quxwerty", "headline": "Plimsollist", "skills": ["Xylograving"], "town": "Vuvuzelaton", "listed": True,
        "credits": [{"title": "Jabberwockinga", "role": "", "year": 2020}],
    }  # fmt: skip
    words = {"name": "zubaynatu", "headline": "plimsollist", "skills": "xylograving", "town": "vuvuzelaton", "credits": "jabberwockinga"}
    typos = {field: word[:-1] + "x" for field, word in words.items()}
    assert (await owner.client.put("/api/profile", json=profile)).status_code == 200
    for field, word in typos.items():
        answer = (await owner.client.get("/api/users", params={"q": word}, headers=AHEAD)).json()
        assert (answer["corrected"], len(answer["users"])) == (words[field], 1)
    for change in ({"visibility": dict.fromkeys(words, setting)}, {"listed": False}):
        assert (await owner.client.put("/api/profile", json={**profile, **change})).status_code == 200
        for word in (*typos.values(), *words.values(), "zubaynatu quxwerty", "zubaynatuquxwerty"):
            answer = (await owner.client.get("/api/users", params={"q": word}, headers=AHEAD)).json()
            assert (answer["users"], answer.get("corrected")) == ([], None), (change, word)


async def test_documents_of_older_rules_are_made_anew(process: Process, join: Join) -> None:
    owner = await join("Old Document")
    saved = {"name": "Old Document", "headline": "Make-up artist", "skills": ["Wigs"], "listed": True, "visibility": {"skills": "members"}}
    assert (await owner.client.put("/api/profile", json=saved)).status_code == 200
    handle = (await owner.client.get("/api/profile")).json()["user"]["handle"]
    db = process.runtime.db
    read = db.read_session(primary=True)
    made = await read.one(DOCUMENT, handle)
    assert made is not None and "'=old document'" in made and "'c=makeup'" in made and "wigs" not in made
    async with db.write_session() as session:
        await session.sql(FORGET, handle)
        await renew_search_all.run(Work(session, read, db, process.runtime.ports, process.runtime.settings))
        await db.commit(session)
    assert await read.one(DOCUMENT, handle) == "'old':1"
    await drain(process.runtime)
    assert await read.one(DOCUMENT, handle) == made
