"""Languages through caches of others: a real nginx, the simulated edge, and a browser's own cache. Nobody reads a page in somebody else's language."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from nollycrewhub.devstack.cdn import EdgeSimulator
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.httpcache.cdn import NoCdn
from nollycrewhub.platform.settings import Settings
from tests.cdn.browser import PrivateCache
from tests.cdn.conftest import at_edge, listening
from tests.cdn.test_nobody_elses import BYPASS, start
from tests.cdn.test_nobody_elses import edges as edges  # noqa: PLC0414 - pytest finds fixtures by name
from tests.speaking import Wide, offering_on

PAGES = ("/", "/jobs", "/talent", "/jobs?q=gaffer", "/signin", "/register", "/offline")
READERS: dict[str, tuple[dict[str, str], str]] = {
    "browser in Yoruba": ({"accept-language": "yo-NG,yo;q=0.9,en;q=0.8"}, "yo-NG"),
    "browser in English": ({"accept-language": "en-NG,en;q=0.9"}, "en-NG"),
    "browser that says nothing": ({}, "en-NG"),
    "chose Igbo": ({"accept-language": "en-NG", "cookie": "language=ig"}, "ig-NG"),
    "chose English": ({"accept-language": "yo", "cookie": "language=en"}, "en-NG"),
    "Hausa is not offered": ({"accept-language": "ha, ig;q=0.3"}, "ig-NG"),
}
NO_RULE = '""'


@pytest.fixture(scope="module", autouse=True)
async def languages(settings: Settings) -> AsyncIterator[None]:
    """Two beside English, in wide letters."""
    async with offering_on(settings, yo=Wide("yo"), ig=Wide("ig")):
        yield


def shown(answer: httpx.Response) -> str:
    """The language of a page."""
    assert answer.status_code == 200, answer.text[:200]
    return answer.text.partition('<html lang="')[2].partition('"')[0]


async def wrong(client: httpx.AsyncClient) -> tuple[list[str], dict[str, int]]:
    """Whoever read another language than their own, over all orders that matter, and how the edge answered."""
    found, states = [], {}
    for who in [*READERS, *reversed(READERS), *READERS]:
        headers, tag = READERS[who]
        for path in PAGES:
            answer = await client.get(path, headers={"accept": "text/html", **headers})
            state = answer.headers.get("x-edge") or answer.headers.get("cf-cache-status", "")
            states[state] = states.get(state, 0) + 1
            if shown(answer) != tag:
                found.append(f"{who} at {path}: {shown(answer)} ({state})")
    return found, states


@pytest.mark.parametrize("bypass", [BYPASS, NO_RULE], ids=["the rule", "an edge without the rule"])
async def test_behind_nginx_everybody_reads_their_own_language(
    clean: Process, edges: list[subprocess.Popen[bytes]], tmp_path: Path, bypass: str
) -> None:
    """nginx obeys Vary, so here even a forgotten rule shows nobody another's page."""
    async with listening(clean) as origin:
        url = start(edges, tmp_path, origin, bypass=bypass)
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            found, states = await wrong(client)
    assert found == []
    assert states.get("HIT", 0) > 5, f"the edge kept nothing: {states}"


async def test_behind_nginx_that_ignores_vary_the_rule_alone_is_enough(
    clean: Process, edges: list[subprocess.Popen[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.cdn import test_nobody_elses

    obeying = "proxy_ignore_headers Cache-Control Expires;"
    assert obeying in test_nobody_elses.CONFIGURATION
    monkeypatch.setattr(
        test_nobody_elses,
        "CONFIGURATION",
        test_nobody_elses.CONFIGURATION.replace(obeying, "proxy_ignore_headers Cache-Control Expires Vary;"),
    )
    async with listening(clean) as origin:
        for folder, bypass in (("ruled", BYPASS), ("unruled", NO_RULE)):
            (tmp_path / folder).mkdir()
            url = start(edges, tmp_path / folder, origin, bypass=bypass)
            async with httpx.AsyncClient(base_url=url, timeout=60) as client:
                found, states = await wrong(client)
            assert states.get("HIT", 0) > 5, f"the edge kept nothing: {states}"
            if bypass == BYPASS:
                assert found == []
            else:  # without Vary and without the rule: English for everybody at worst, never another's language
                assert found != [] and {one.rpartition(": ")[2] for one in found} == {"en-NG (HIT)"}


async def test_the_simulated_edge_follows_the_rule_and_without_it_keeps_english_alone(clean: Process, edge: EdgeSimulator) -> None:
    async with at_edge(edge, clean) as client:
        found, states = await wrong(client)
        assert found == [] and states["HIT"] > 5 and states["BYPASS"] > 5
        edge.bypasses = False
        found, states = await wrong(client)
    assert {one.rpartition(": ")[2] for one in found} <= {"en-NG (HIT)", "en-NG (MISS)"}
    assert not isinstance(clean.runtime.caches.cdn, NoCdn)


async def test_a_choice_is_seen_at_once_through_the_browsers_own_cache(clean: Process) -> None:
    url = clean.runtime.settings.public_url
    cache = PrivateCache(clean)
    async with httpx.AsyncClient(transport=cache, base_url=url, headers={"origin": url, "accept-encoding": "identity"}) as client:
        for code, tag in (("yo", "yo-NG"), ("en", "en-NG"), ("ig", "ig-NG"), ("yo", "yo-NG")):
            assert (await client.post("/language", data={"language": code})).status_code == 303
            for path in PAGES:
                assert [shown(await client.get(path)) for _ in range(2)] == [tag] * 2, path
    assert cache.unchanged > 0 and cache.unasked == 0
