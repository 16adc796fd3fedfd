"""Every page for people, in a language in which each marked sentence is written in wide letters: plain ones were never marked.

What people wrote is told apart by the database: a run of plain words that stands in no table stands in a template.
"""

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest

from nollycrewhub.kit.places import STATES
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.languages import is_english_only
from nollycrewhub.platform.settings import Settings
from tests.security.conftest import SetStage
from tests.security.conftest import house as house  # noqa: PLC0414 - pytest finds fixtures by name
from tests.security.conftest import set_stage as set_stage  # noqa: PLC0414
from tests.security.ledger import SCHEMAS, TABLES
from tests.security.stage import Stage
from tests.security.table import TABLE
from tests.security.test_matrix import address
from tests.speaking import Wide, offering_on

NOT_PAGES = ("/assets", "/media", "/live/", "/livez", "/readyz", "/robots.txt", "/sw.js", "/signout", "/searches/hook")
PEOPLE = ("anonymous", "owner", "poster", "stranger")
SHOWN = re.compile(
    r'(?:aria-label|alt|placeholder|title|data-(?:copied|again|one|many|open|busy|letters|told|unread|slow|offline|moment|minutes?|writing|here-now|sending|waits|unsent|failed)|name="description" content|property="og:(?:title|description)" content)'
    r'="([^"]*)"'
)
UNSEEN = re.compile(r"<(script|style|code|pre|noscript)\b.*?</\1>|<!--.*?-->", re.DOTALL)
LETTER = "[A-Za-zÀ-ɏḀ-ỿ]"
RUN = re.compile(rf"{LETTER}+(?:[ '’-]{LETTER}+)*")
# Names that are the same in all languages, and formats.
NAMES = {"NollyCrewHub", "Google", "English", "Yorùbá", "Lagos", "https", "JPEG", "PNG", "WebP", "SMS", "WhatsApp", "Bytes"}


@pytest.fixture(scope="module", autouse=True)
async def wide_letters(settings: Settings) -> AsyncIterator[None]:
    """Yoruba is offered, in wide letters."""
    async with offering_on(settings, yo=Wide("yo")):
        yield


def runs(page: str) -> set[str]:
    """The runs of plain words that somebody reads or hears."""
    shown = UNSEEN.sub(" ", page)
    texts = [unescape(text) for text in re.split(r"<[^>]*>", shown)]
    texts += [unescape(value) for value in SHOWN.findall(shown)]
    return {run.strip() for text in texts for run in RUN.findall(text)}


async def written(house: Process) -> str:
    """All that the tables hold."""
    read = house.runtime.db.read_session(primary=True)
    from nollycrewhub.platform.db import Query

    tables = await read.rows(TABLES, list(SCHEMAS), [])
    kept = [" ".join(await read.rows(Query(str, f"select t::text from {table} t"))) for table in tables]
    return "\n".join([*kept, *(f"{state.name} {' '.join(state.towns)}" for state in STATES)]).lower()


async def read_as(stage: Stage, role: str, path: str) -> str:
    """A page as somebody's browser asks for it."""
    answer = await stage.callers[role].ask("GET", path, headers={"accept": "text/html", "accept-language": "yo"})
    return answer.text if answer.headers.get("content-type", "").startswith("text/html") else ""


@pytest.fixture
async def pages(house: Process, set_stage: SetStage) -> AsyncIterator[dict[str, str]]:
    """Every page for people, as four of them see it."""
    stage = await set_stage()
    await house.runtime.valkeys.cache.flushdb()
    found = {}
    for row in TABLE:
        if row.method == "GET" and not is_english_only(row.path) and not row.path.startswith(NOT_PAGES):
            for role in PEOPLE:
                found[f"{row.path} {row.subject} {role}"] = await read_as(stage, role, address(row, stage.ids))
    yield found


async def test_no_page_for_people_holds_a_sentence_that_was_never_marked(house: Process, pages: dict[str, str]) -> None:
    known = await written(house)
    assert sum(bool(page) for page in pages.values()) > 60
    assert all('<html lang="yo-NG">' in page for page in pages.values() if "<html" in page)
    left: dict[str, set[str]] = {}
    for where, page in pages.items():
        for run in runs(page):
            if run not in NAMES and run.lower() not in known:
                left.setdefault(run, set()).add(where)
    assert left == {}, "\n".join(f"{run}: {min(where)}" for run, where in sorted(left.items()))


async def test_what_is_for_developers_and_operators_stays_english(set_stage: SetStage, settings: Settings) -> None:
    stage = await set_stage()
    for role, path in (("anonymous", "/docs"), ("anonymous", "/problems"), ("operator", "/ops"), ("operator", "/ops/people")):
        page = await read_as(stage, role, path)
        assert '<html lang="en-NG">' in page and "Ｊｏｂｓ" not in page, path
    refused = await stage.callers["anonymous"].ask("GET", "/api/profile", headers={"accept-language": "yo"})
    assert refused.json()["title"] == "Please sign in first"
