"""A profile and a listing filled to their limits, in letters that pack badly: every page of them fits, and nothing is left out."""

import gzip
import random
import re
import string
from collections.abc import Callable
from html import unescape
from typing import Any

import httpx
import pytest

from checks.budgets import MOST_OF_A_PAGE
from nollycrewhub.domains.users import repository as users
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.kit.crafts import DEPARTMENTS, LANGUAGES, ROLES
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.app import Process
from tests.journeys.conftest import JOB, Join, Member
from tests.measuring import Measure

AHEAD = {"x-nch-position": "1/ffffffffffff", "accept": "text/html", "accept-encoding": "gzip"}
NEXT = re.compile(r'href="([^"]+)" rel="next"')
PROSE = re.compile(r'<div class="prose">(.*?)</div>', re.DOTALL)
WORDS = [
    "gaffer",
    "lagos",
    "generator",
    "night",
    "village",
    "drama",
    "camera",
    "assistant",
    "light",
    "sound",
    "wardrobe",
    "market",
    "palm",
    "bridge",
    "yellow",
    "bus",
    "driver",
    "festival",
    "school",
    "church",
    "wedding",
    "mother",
    "brother",
    "river",
    "harmattan",
    "costume",
    "director",
    "producer",
    "actor",
    "stunt",
    "horse",
    "bicycle",
]
Write = Callable[[random.Random, int], str]


def of(alphabet: str) -> Write:
    """Texts of these letters, each as good as any other, so that they pack as badly as they can."""
    return lambda rng, length: "".join(rng.choices(alphabet, k=length))


def sentences(rng: random.Random, length: int) -> str:
    """What somebody might really write."""
    text = ""
    while len(text) < length:
        text += rng.choice(WORDS) + " "
    return text[: length - 1] + "."


WRITTEN: dict[str, Write] = {
    "words": sentences,
    "letters": of(string.ascii_letters + " "),
    "signs": of("<>&'\"x "),
    "ideographs": of("".join(map(chr, range(0x4E00, 0x9F00)))),
    "rare ones": of("".join(map(chr, range(0x20000, 0x2A6D0)))),
}


def profile(write: Write) -> dict[str, Any]:
    """Every field as long as it may be."""
    rng = random.Random(4)
    return {
        "name": "A Name Of Eighty Letters " + "x" * 55, "headline": write(rng, 120), "bio": write(rng, 4000), "town": write(rng, 80), "state": "EN",
        "rate_kobo": 10**12, "rate_unit": "project", "available_from": "2031-03-14", "listed": True, "roles": list(ROLES),
        "departments": list(DEPARTMENTS)[:20], "skills": [write(rng, 60) for _ in range(40)],
        "languages": [{"code": code, "level": "native"} for code in list(LANGUAGES)[:20]],
        "credits": [{"title": write(rng, 120), "role": write(rng, 80), "year": 2000 + n % 30} for n in range(100)],
        "links": [f"https://a{n}.example/" + of(string.ascii_letters)(rng, 280) for n in range(10)],
    }  # fmt: skip


def listing(write: Write) -> dict[str, Any]:
    """Every field as long as it may be."""
    rng = random.Random(5)
    return {
        **JOB, "title": write(rng, 120), "company": write(rng, 80), "town": write(rng, 80), "description": write(rng, 6000),
        "skills": [write(rng, 80) for _ in range(20)], "languages": list(LANGUAGES)[:10], "wanted": 1000, "experience": "expert",
        "starts_on": "2031-03-14", "ends_on": "2031-04-14",
    }  # fmt: skip


async def weighed(client: httpx.AsyncClient, path: str) -> tuple[int, str]:
    """What a page takes on the wire with its headers, and its text."""
    async with client.stream("GET", path, headers=AHEAD) as answer:
        packed = b"".join([part async for part in answer.aiter_raw()])
    assert (answer.status_code, answer.headers["content-encoding"]) == (200, "gzip"), path
    head = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
    return len(b"HTTP/1.1 200 OK\r\n\r\n") + head + len(packed), gzip.decompress(packed).decode()


async def parts(client: httpx.AsyncClient, path: str) -> tuple[list[int], list[str]]:
    """The weights and texts of all parts, as one finds them by following the links."""
    sizes, texts = [], []
    following: str | None = path
    while following is not None:
        size, text = await weighed(client, following)
        sizes.append(size)
        texts.append(text)
        found = NEXT.search(text)
        following = unescape(found.group(1)) if found else None
    return sizes, texts


def squeezed(text: str) -> str:
    """Without spaces and ends of lines."""
    return "".join(text.split())


def prose(texts: list[str]) -> str:
    """What the pages say at length, squeezed."""
    return squeezed("".join(unescape(re.sub(r"<[^>]*>", "", found)) for text in texts for found in PROSE.findall(text)))


async def handle_of(member: Member) -> str:
    """Where the member is found."""
    found: str = (await member.client.get("/api/profile")).json()["user"]["handle"]
    return found


@pytest.mark.parametrize("letters", WRITTEN)
async def test_a_full_profile_comes_in_parts_that_fit(join: Join, measured: Measure, letters: str) -> None:
    owner, other = await join(), await join()
    given = profile(WRITTEN[letters])
    saved = await owner.client.put("/api/profile", json=given)
    assert saved.status_code == 200, saved.text
    handle = await handle_of(owner)
    for path in (f"/talent/{handle}", f"/talent/{handle}/member"):
        sizes, texts = await parts(other.client, path)
        measured("full-page", page="profile", letters=letters, parts=len(sizes), most=max(sizes))
        assert max(sizes) <= MOST_OF_A_PAGE, sizes
        whole = squeezed(unescape("".join(texts)))
        assert prose(texts) == squeezed(given["bio"])
        for text in (*given["skills"], *given["links"], *(one[name] for one in given["credits"] for name in ("title", "role"))):
            assert squeezed(text) in whole
        assert all(name in whole for name in map(squeezed, list(LANGUAGES.values())[:20]))
        assert all(given["name"] in text for text in texts)
        assert (await other.client.get(f"{path}?part={len(sizes) + 1}", headers=AHEAD)).status_code == 404
        for odd in ("1", "0", "x", "-1", "99999"):
            assert (await weighed(other.client, f"{path}?part={odd}"))[1] == texts[0], odd


@pytest.mark.parametrize("letters", WRITTEN)
async def test_a_full_listing_comes_in_parts_that_fit(join: Join, measured: Measure, letters: str) -> None:
    poster, other = await join(), await join()
    given = listing(WRITTEN[letters])
    job = await poster.post_job(**given)
    assert job["status"] == "open"
    sizes, texts = await parts(other.client, f"/jobs/{job['id']}")
    measured("full-page", page="listing", letters=letters, parts=len(sizes), most=max(sizes))
    assert max(sizes) <= MOST_OF_A_PAGE, sizes
    assert prose(texts) == squeezed(given["description"])
    whole = squeezed(unescape("".join(texts)))
    assert all(squeezed(skill) in whole for skill in given["skills"])
    assert "JobPosting" in texts[0] and not any("JobPosting" in text for text in texts[1:])
    assert (await other.client.get(f"/jobs/{job['id']}?part={len(sizes) + 1}", headers=AHEAD)).status_code == 404


async def test_what_people_really_write_is_one_page(join: Join) -> None:
    member, rng = await join(), random.Random(6)
    usual = {
        **profile(sentences), "bio": sentences(rng, 1500), "credits": [{"title": sentences(rng, 30), "role": "Gaffer"} for _ in range(60)],
        "skills": WORDS[:15], "links": ["https://imdb.example/name/nm0000001"],
    }  # fmt: skip
    assert (await member.client.put("/api/profile", json=usual)).status_code == 200
    job = await member.post_job(**{**listing(sentences), "title": "Gaffer for a village drama", "skills": WORDS[:10]})
    for path in (f"/talent/{await handle_of(member)}", f"/jobs/{job['id']}"):
        size, text = await weighed(member.client, path)
        assert 'rel="next"' not in text
        assert size < MOST_OF_A_PAGE


async def test_lists_of_full_listings_have_as_many_as_fit(join: Join, measured: Measure) -> None:
    poster, other = await join(), await join()
    jobs = [
        (await poster.post_job(**{**listing(WRITTEN["rare ones"]), "title": f"Title {n} " + "\U00020021" * 100}))["id"] for n in range(3)
    ]
    for job in jobs:
        sent = await other.client.post(f"/api/jobs/{job}/applications", json={"note": WRITTEN["rare ones"](random.Random(job), 2000)})
        assert sent.status_code == 201
    rng = random.Random(7)
    for _ in range(25):
        texts = {name: WRITTEN["rare ones"](rng, length) for name, length in (("title", 120), ("company", 80), ("town", 80))}
        jobs.append((await poster.post_job(**texts))["id"])
        await other.client.post(f"/api/jobs/{jobs[-1]}/applications", json={"note": "Hello."})
    for client, path, link in (
        (other.client, "/jobs", "/jobs/{}"),
        (poster.client, "/me/jobs", "/me/jobs/{}"),
        (other.client, "/me/applications", "/jobs/{}/apply"),
    ):
        sizes, seen = await walked(client, path, {link.format(job) for job in jobs})
        measured("full-page", page=path, parts=len(sizes), most=max(sizes))
        assert max(sizes) <= MOST_OF_A_PAGE, (path, sizes)
        assert seen == {link.format(job) for job in jobs}, "each is on one of the pages"


async def walked(client: httpx.AsyncClient, path: str, wanted: set[str]) -> tuple[list[int], set[str]]:
    """The weights of a list's pages until all that is wanted was seen, and what was."""
    sizes: list[int] = []
    seen: set[str] = set()
    following: str | None = path
    while following is not None and seen != wanted:
        size, text = await weighed(client, following)
        sizes.append(size)
        seen |= {link for link in wanted if f'href="{link}"' in text}
        found = NEXT.search(text)
        following = unescape(found.group(1)) if found else None
    return sizes, seen


async def test_a_poster_reads_long_notes_on_pages_that_fit(join: Join, measured: Measure) -> None:
    poster = await join()
    job = await poster.post_job()
    people = [await join(f"Applicant {n}") for n in range(4)]
    notes = [WRITTEN["rare ones"](random.Random(n), 2000) for n in range(4)]
    for one, note in zip(people, notes, strict=True):
        assert (await one.client.post(f"/api/jobs/{job['id']}/applications", json={"note": note})).status_code == 201
    sizes, texts = await parts(poster.client, f"/me/jobs/{job['id']}")
    measured("full-page", page="pipeline", parts=len(sizes), most=max(sizes))
    assert max(sizes) <= MOST_OF_A_PAGE, sizes
    assert all(note in "".join(texts) for note in notes)


async def test_the_directory_has_as_many_full_people_as_fit(process: Process, app_client: httpx.AsyncClient, measured: Measure) -> None:
    rng, write, handles = random.Random(8), WRITTEN["rare ones"], set()
    async with process.runtime.db.write_session() as session:
        for n in range(25):
            person = Person(
                id=uuid7(), handle=f"full-{uuid7().hex[-12:]}-{n}", name=write(rng, 80), email=f"{uuid7()}@example.test", version=1,
                operator=False,
            )  # fmt: skip
            found = Profile(person_id=person.id, headline=write(rng, 120), town=write(rng, 80), state="EN", listed=True, visibility={})
            assert await users.add(session, person, found) is None
            handles.add(f"/talent/{person.handle}")
        await session.commit()
    sizes, seen = await walked(app_client, "/talent", handles)
    measured("full-page", page="/talent", parts=len(sizes), most=max(sizes))
    assert max(sizes) <= MOST_OF_A_PAGE, sizes
    assert seen == handles
