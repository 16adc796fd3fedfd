"""What a person shows to members only, and to nobody: strangers never learn it, by page, by API or by search."""

from typing import Any

import httpx
import pytest

from nollycrewhub.domains.users.rules import HIDEABLE
from nollycrewhub.platform.app import Process
from tests.domains.test_people import browser
from tests.journeys.conftest import Join, Member

AHEAD = {"x-nch-position": "1/ffffffffffff"}
FULL: dict[str, Any] = {
    "name": "Obiageli Nwosu", "headline": "Gaffer with a generator", "bio": "canarybio", "state": "EN", "town": "Canarytown",
    "availability": "free", "available_from": "2031-03-14", "rate_kobo": 12_345_600, "skills": ["canaryskill"],
    "languages": [{"code": "ig", "level": "native"}], "credits": [{"title": "Canaryfilm", "role": "Gaffer", "year": 2024}],
    "links": ["https://canary.example/reel"], "listed": True, "roles": ["crew"],
}  # fmt: skip
SHOWN = {
    "bio": "canarybio", "state": "Enugu", "town": "Canarytown", "availability": "Free now", "available_from": "14 Mar 2031", "rate": "123,456",
    "skills": "canaryskill", "languages": "Igbo", "credits": "Canaryfilm", "links": "https://canary.example/reel",
}  # fmt: skip
HIDDEN = tuple(field for field in HIDEABLE if field != "name")  # the name is how this person is found
LEAKS = [*SHOWN.values(), '"free"', '"ig"', "12345600", "2031-03-14", "/media/photos/"]


async def saved(member: Member, visibility: dict[str, str]) -> str:
    """The whole profile stored under these settings, with a photo; its handle."""
    done = await member.client.put("/api/profile", json={**FULL, "visibility": visibility})
    assert done.status_code == 200, done.text
    await member.client.post("/api/users/me/photo", files={"photo": ("me.png", PIXEL, "image/png")})
    handle: str = (await member.client.get("/api/profile")).json()["user"]["handle"]
    return handle


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


async def seen_by_strangers(stranger: httpx.AsyncClient, handle: str) -> str:
    """All that a stranger gets to read about a person."""
    paths = [f"/talent/{handle}", f"/api/users/{handle}", "/talent?q=obiageli+nwosu", "/api/users?q=obiageli+nwosu"]
    paths += [f"/api/users?q={word}" for word in ("canarybio", "canarytown", "canaryskill", "canaryfilm", "igbo", "enugu")]
    paths += [
        "/api/users?state=EN",
        "/api/users?language=ig",
        "/api/users?availability=free",
        "/api/users?max_rate=20000000",
        "/api/users?free_by=2031-03-14",
    ]
    answers = [await stranger.get(path, headers=AHEAD) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths)
    found = {path: "Obiageli Nwosu" in answer.text for path, answer in zip(paths, answers, strict=True)}
    assert all(found[path] for path in paths[:4])
    assert not any(found[path] for path in paths[4:]), "a search by what is hidden finds nobody"
    main = answers[0].text.partition("<main")[2].partition("</main>")[0]
    return main + answers[1].text + answers[3].text


@pytest.mark.parametrize("setting", ["members", "private"])
async def test_strangers_never_learn_what_is_not_for_them(process: Process, join: Join, setting: str) -> None:
    owner, other = await join("Obiageli Nwosu"), await join("Other Member")
    handle = await saved(owner, dict.fromkeys(HIDDEN, setting))
    async with browser(process) as stranger:
        text = await seen_by_strangers(stranger, handle)
        assert [leak for leak in LEAKS if leak in text] == []
        page = await stranger.get(f"/talent/{handle}/member")
        assert (page.status_code, page.headers["location"]) == (303, f"/signin?next=/talent/{handle}/member")
        assert (await stranger.get(f"/api/users/{handle}/member")).status_code == 401
    page = await other.client.get(f"/talent/{handle}/member", headers=AHEAD)
    answer = await other.client.get(f"/api/users/{handle}/member", headers=AHEAD)
    for reply in (page, answer):
        assert reply.headers["cache-control"] == "private, no-store"
    if setting == "members":
        assert [name for name, words in SHOWN.items() if words not in page.text] == []
        assert set(HIDDEN) <= set(answer.json()["user"])
    else:
        assert [leak for leak in LEAKS if leak in page.text.partition("<main")[2].partition("</main>")[0] + answer.text] == []
        assert set(HIDDEN) & set(answer.json()["user"]) == set()
    own = await owner.client.get(f"/api/users/{handle}/member", headers=AHEAD)
    assert set(HIDDEN) <= set(own.json()["user"])


async def test_the_public_page_is_the_same_bytes_for_everyone(process: Process, join: Join) -> None:
    owner, other = await join("Obiageli Nwosu"), await join("Other Member")
    handle = await saved(owner, {"rate": "members", "town": "private"})
    async with browser(process) as stranger:
        bodies = {(await client.get(f"/talent/{handle}", headers=AHEAD)).content for client in (stranger, other.client, owner.client)}
        assert len(bodies) == 1
        text = bodies.pop().decode()
        assert f'href="/talent/{handle}/member"' in text
        assert 'rel="me nofollow noopener"' in text and f"/talent/{handle}</a>" in text
        assert "<form" not in text.partition("<main")[2].partition("</main>")[0], "a public page links to private ones and posts nowhere"
    assert (await saved(owner, {})) == handle
    assert "/member" not in (await other.client.get(f"/talent/{handle}", headers=AHEAD)).text


async def test_an_unlisted_person_is_there_for_nobody_else(process: Process, join: Join) -> None:
    owner, other = await join("Obiageli Nwosu"), await join("Other Member")
    handle = await saved(owner, {})
    await owner.client.put("/api/profile", json={**FULL, "listed": False})
    for path in (f"/talent/{handle}", f"/talent/{handle}/member", f"/api/users/{handle}", f"/api/users/{handle}/member"):
        assert (await other.client.get(path, headers=AHEAD)).status_code == 404
    assert (await owner.client.get(f"/talent/{handle}/member", headers=AHEAD)).status_code == 200


async def test_a_person_has_a_compact_form_as_jobs_have(process: Process, join: Join) -> None:
    owner = await join("Obiageli Nwosu")
    handle = await saved(owner, {"rate": "members"})
    path = f"/api/users/{handle}"
    phone = {"user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/130.0.0.0 Mobile Safari/537.36", **AHEAD}
    async with browser(process) as stranger:
        asked = await stranger.get(f"{path}?view=compact", headers=AHEAD)
        in_list = (await stranger.get("/api/users?q=obiageli+nwosu&view=compact", headers=AHEAD)).json()["users"]
        person = asked.json()["user"]
        assert person in in_list
        assert set(person) == {"id", "handle", "name", "role", "state", "rate", "photo"}
        assert (person["role"], person["state"], person["rate"]) == ("crew", "EN", None)
        assert asked.headers["cache-control"] == "public, no-cache"
        assert "User-Agent" not in asked.headers.get("vary", "")
        assert (await stranger.get(path, headers=phone)).json()["user"] == person
        by_device = await stranger.get(path, headers=AHEAD)
        assert by_device.json()["user"]["bio"] == "canarybio"
        assert "User-Agent" in by_device.headers["vary"] and by_device.headers["cdn-cache-control"] == "no-store"
        assert (await stranger.get(f"{path}?view=full", headers=phone)).json() == by_device.json()


@pytest.mark.parametrize(("query", "field"), [("colour=red", "colour"), ("view=tiny", "view"), ("q=ada", "q")])
async def test_an_unknown_name_in_the_query_is_told_for_people_as_for_jobs(process: Process, join: Join, query: str, field: str) -> None:
    owner = await join("Obiageli Nwosu")
    handle, job = await saved(owner, {}), await owner.post_job()
    async with browser(process) as stranger:
        for path in (f"/api/users/{handle}", f"/api/jobs/{job['id']}"):
            refused = await stranger.get(f"{path}?{query}", headers=AHEAD)
            assert (refused.status_code, refused.json()["field"]) == (422, field), path
