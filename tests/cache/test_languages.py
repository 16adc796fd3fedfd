"""Pages everyone shares are kept once for each language, and answers for programs once."""

from collections.abc import AsyncIterator

import httpx
import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from tests.cache.conftest import visitor
from tests.speaking import Wide, offering_on

PAGES = ("/", "/jobs", "/talent", "/jobs?q=gaffer")
LANGUAGES = {"en": "en-NG", "yo": "yo-NG", "ig": "ig-NG"}


@pytest.fixture(scope="module", autouse=True)
async def languages(settings: Settings) -> AsyncIterator[None]:
    """Two beside English, in wide letters."""
    async with offering_on(settings, yo=Wide("yo"), ig=Wide("ig")):
        yield


def shown(answer: httpx.Response) -> str:
    """The language of a page."""
    return answer.text.partition('<html lang="')[2].partition('"')[0]


async def test_each_language_has_its_own_copy_in_memory_and_in_valkey(clean: Process, other: Process) -> None:
    tags: dict[str, set[str]] = {path: set() for path in PAGES}
    for _ in range(2):
        for code, tag in LANGUAGES.items():
            for path in PAGES:
                async with visitor(clean, **{"accept-language": code}) as first, visitor(other, cookie=f"language={code}") as second:
                    for client in (first, second):
                        answer = await client.get(path)
                        assert (answer.status_code, shown(answer)) == (200, tag), path
                        assert "Accept-Language, Cookie" in answer.headers["vary"] and answer.headers["content-language"] == tag
                        assert answer.headers["cache-control"] == "public, no-cache"
                        assert answer.headers["cdn-cache-control"] == ("max-age=900" if code == "en" else "no-store")
                        tags[path].add(answer.headers["etag"])
    assert {path: len(found) for path, found in tags.items()} == dict.fromkeys(PAGES, len(LANGUAGES))
    async with visitor(clean, **{"accept-language": "yo"}) as client:
        assert (await client.get("/jobs")).headers["x-cache"] == "hit"


async def test_a_tag_of_another_language_is_not_the_page(clean: Process) -> None:
    async with visitor(clean) as client:
        english = await client.get("/jobs")
        same = {"if-none-match": english.headers["etag"]}
        assert (await client.get("/jobs", headers=same)).status_code == 304
        chosen = await client.get("/jobs", headers={**same, "cookie": "language=yo"})
        assert (chosen.status_code, shown(chosen)) == (200, "yo-NG")
        back = await client.get("/jobs", headers={"if-none-match": chosen.headers["etag"], "cookie": "language=yo"})
        assert back.status_code == 304 and back.headers["content-language"] == "yo-NG"


async def test_answers_for_programs_are_kept_once(clean: Process) -> None:
    memory = clean.runtime.caches.memory
    answers = []
    for code in LANGUAGES:
        async with visitor(clean, **{"accept-language": code}) as client:
            answers.append(await client.get("/api/jobs?view=full"))
    assert len({answer.content for answer in answers}) == 1 and len({answer.headers["etag"] for answer in answers}) == 1
    assert "vary" not in answers[0].headers or "Language" not in answers[0].headers["vary"]
    assert len([key for key in memory.entries if key.startswith("/api/jobs|")]) == 1


async def test_whatever_browsers_ask_for_there_is_one_copy_a_language_at_most(clean: Process) -> None:
    memory = clean.runtime.caches.memory
    before = len(memory.entries)
    async with visitor(clean) as client:
        for number in range(200):
            odd = {"accept-language": f"x{number}, yo;q=0.{number % 9 + 1}, ig;q=0.5"}
            assert (await client.get("/talent", headers=odd)).status_code == 200
    assert len(memory.entries) - before <= len(LANGUAGES)
