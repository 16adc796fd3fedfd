"""Every field of a profile under every setting, as every viewer sees it, on every page and answer that shows people."""

import io
import secrets
from typing import Any

import httpx
import msgspec
import pytest
from PIL import Image

from nollycrewhub.domains.users.rules import HIDEABLE, VISIBILITIES
from nollycrewhub.platform.app import Process
from tests.domains.test_people import browser
from tests.journeys.conftest import Join, Member
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name

AHEAD = {"x-nch-position": "1/ffffffffffff"}
NAME = "Canaryname Nwosu"
PROFILE: dict[str, Any] = {
    "name": NAME, "headline": "Canaryline", "bio": "Canarybio", "state": "SO", "town": "Canarytown", "availability": "busy", "available_from": "2031-03-14",
    "rate_kobo": 12_345_600, "skills": ["Canaryskill"], "languages": [{"code": "ig", "level": "native"}],
    "credits": [{"title": "Canaryfilm", "role": "Gaffer", "year": 2024}], "links": ["https://canary.example/reel"],
    "roles": ["agent"], "departments": ["publicity"], "listed": True,
}  # fmt: skip
TEXTS: dict[str, tuple[str, ...]] = {
    "name": ("canaryname",), "headline": ("canaryline",), "bio": ("canarybio",), "state": ("sokoto", '"so"'), "town": ("canarytown",),
    "availability": ("busy",), "available_from": ("2031-03-14", "14 mar 2031"), "rate": ("123,456", "12345600"), "skills": ("canaryskill",), "languages": ("igbo", '"ig"'),
    "credits": ("canaryfilm",), "links": ("canary.example",), "roles": ("agent",), "departments": ("publicity",), "photo": ("/media/photos/",),
}  # fmt: skip
ON_A_LINE = {"name", "headline", "roles", "state", "town", "photo", "availability", "available_from", "rate"}
FINDS: dict[str, tuple[str, ...]] = {
    "name": ("q=canaryname",), "headline": ("q=canaryline",), "roles": ("q=agent", "role=agent"),
    "departments": ("q=publicity", "department=publicity"), "state": ("q=sokoto", "state=SO"), "town": ("q=canarytown",),
    "availability": ("availability=busy",), "available_from": ("free_by=2031-03-14", "free_by=2031-04-01"), "rate": ("max_rate=12345600",), "skills": ("q=canaryskill",),
    "languages": ("q=igbo", "language=ig"), "credits": ("q=canaryfilm",), "bio": (), "photo": (), "links": (),
}  # fmt: skip


def picture(colour: str = "green") -> dict[str, tuple[str, bytes, str]]:
    """A photo to send."""
    buffer = io.BytesIO()
    Image.new("RGB", (300, 300), colour).save(buffer, "PNG")
    return {"photo": ("me.png", buffer.getvalue(), "image/png")}


async def keep(member: Member, visibility: dict[str, str], **changes: Any) -> str:
    """Saves the profile under these settings; the handle it has then."""
    done = await member.client.put("/api/profile", json={**PROFILE, "visibility": visibility, **changes})
    assert done.status_code == 200, done.text
    handle: str = (await member.client.get("/api/profile")).json()["user"]["handle"]
    return handle


async def read(client: httpx.AsyncClient, path: str) -> str:
    """An answer's text in small letters, headers and title included, without the parts of a page that are the same for all."""
    answer = await client.get(path, headers=AHEAD)
    assert answer.status_code == 200, (path, answer.text[:200])
    text = answer.text
    if "<main" in text:
        cards = text.partition('<ul class="cards"')
        main = cards[2].partition("</ul>")[0] if cards[1] else text.partition("<main")[2].partition("</main>")[0]
        text = text.partition("</head>")[0] + main
    return (text + str(answer.headers)).lower().replace("user-agent", "")  # what the answer varies by tells no role


def of(text: str, handle: str, needle: str = '"handle":"') -> str:
    """One person's part of a directory's JSON."""
    users = msgspec.json.decode(text.partition("headers(")[0].encode())["users"]
    mine = [one for one in users if one["handle"] == handle]
    assert len(mine) == 1, needle
    return msgspec.json.encode(mine[0]).decode()


async def strangers(client: httpx.AsyncClient, handle: str) -> dict[str, str]:
    """All that anybody reads of a person, by where; lines of the directory show less than whole pages."""
    people = {path: await read(client, path) for path in (f"/talent/{handle}", f"/api/users/{handle}")}
    lines = {path: of(await read(client, path), handle) for path in ("/api/users?limit=100", "/api/users?limit=100&view=compact")}
    cards = (await read(client, "/talent?limit=100")).split("<li>")
    card = {"/talent": next(one for one in cards if f"/talent/{handle}" in one)}
    return {**people, **lines, **card}


def shows(text: str, field: str) -> bool:
    """Whether a text tells what the field holds."""
    return any(part in text for part in TEXTS[field])


def faults(texts: dict[str, str], visible: set[str]) -> list[str]:
    """Where a text tells a hidden field, or a whole page lacks a visible one."""
    leaks = [f"{where} tells {field}" for where, text in texts.items() for field in HIDEABLE if field not in visible and shows(text, field)]
    whole = {where: text for where, text in texts.items() if "/users?" not in where and where != "/talent"}
    lacks = [f"{where} lacks {field}" for where, text in whole.items() for field in visible if not shows(text, field)]
    line = texts.get("/talent", "")
    on_line = visible & ON_A_LINE - ({"roles"} if "headline" in visible else set())
    return leaks + lacks + [f"/talent lacks {field}" for field in on_line if line and not shows(line, field)]


async def seen(setting: dict[str, str], handle: str, *, anybody: list[httpx.AsyncClient], member: Member, owner: Member) -> list[str]:
    """What is wrong with what each viewer sees under these settings."""
    public = {field for field in HIDEABLE if setting.get(field, "public") == "public"}
    for_members = {field for field in HIDEABLE if setting.get(field, "public") != "private"}
    wrong = []
    for client in anybody:
        wrong += faults(await strangers(client, handle), public)
    for viewer, fields in ((member, for_members), (owner, set(HIDEABLE))):
        paths = (f"/talent/{handle}/member", f"/api/users/{handle}/member")
        wrong += faults({path: await read(viewer.client, path) for path in paths}, fields)
    return wrong


@pytest.mark.parametrize("setting", VISIBILITIES)
async def test_each_field_is_seen_by_those_it_is_for(process: Process, join: Join, setting: str) -> None:
    owner, member, operator = await join(NAME), await join("Other Member"), await join("Op Erator", operator=True)
    saved = await owner.client.post("/api/users/me/photo", files=picture())
    assert saved.status_code == 200
    wrong = []
    async with browser(process) as stranger:
        for field in HIDEABLE:
            handle = await keep(owner, {field: setting})
            settings = {field: setting}
            wrong += [f"{field}: {fault}" for fault in await seen(settings, handle, anybody=[stranger], member=member, owner=owner)]
            for query in FINDS[field]:
                for viewer in (stranger, member.client, owner.client, operator.client):
                    found = handle in (await viewer.get(f"/api/users?limit=100&{query}", headers=AHEAD)).text
                    assert found is (setting == "public"), (field, setting, query)
        handle = await keep(owner, dict.fromkeys(HIDEABLE, setting))
        everybody = [stranger, member.client, operator.client, owner.client]
        wrong += await seen(dict.fromkeys(HIDEABLE, setting), handle, anybody=everybody, member=operator, owner=owner)
    assert wrong == []


async def test_a_hidden_name_leaves_no_address_that_tells_it(process: Process, join: Join) -> None:
    owner = await join(NAME)
    named = await keep(owner, {})
    assert "canaryname" in named
    async with browser(process) as stranger:
        assert (await stranger.get(f"/talent/{named}")).status_code == 200
        hidden = await keep(owner, {"name": "members"})
        assert hidden.startswith("member-")
        for path in (f"/talent/{named}", f"/api/users/{named}"):
            assert (await stranger.get(path)).status_code == 404, "the old address has ended, in the caches too"
        page = await stranger.get(f"/talent/{hidden}", headers=AHEAD)
        label = f"Member {hidden.removeprefix('member-')}"
        assert f"<title>{label} · NollyCrewHub</title>" in page.text and f'property="og:title" content="{label}"' in page.text
        assert ">CN</span>" not in page.text, "no initials either"
        sitemap = (await stranger.get("/sitemap-talent.xml", headers=AHEAD)).text
        assert hidden in sitemap and named not in sitemap
        fewer = await keep(owner, {"name": "private"})
        assert fewer != hidden, "members knew that address with the name"
        assert (await stranger.get(f"/talent/{hidden}", headers=AHEAD)).status_code == 404
        assert await keep(owner, {"name": "members"}) == fewer
        assert (await keep(owner, {})).startswith("canaryname")


async def test_hiding_is_felt_by_the_very_next_reader(process: Process, join: Join) -> None:
    owner = await join(NAME)
    word = secrets.token_hex(6)
    own: dict[str, Any] = {"headline": f"line{word}", "skills": [f"skill{word}"], "town": f"Town{word}"}
    handle = await keep(owner, {}, **own)
    paths = (f"/talent/{handle}", f"/api/users/{handle}", "/talent?limit=100", "/api/users?limit=100&view=full")
    async with browser(process) as stranger:
        for field, text in (("headline", f"line{word}"), ("town", f"Town{word}"), ("skills", f"skill{word}")):
            await keep(owner, {}, **own)
            before = [(await stranger.get(path)).text for path in paths]
            assert sum(text in body for body in before) >= 3
            await keep(owner, {field: "private"}, **own)
            assert [path for path in paths if text in (await stranger.get(path)).text] == []
        await keep(owner, {}, **{**own, "listed": False})
        assert [path for path in paths[2:] if word in (await stranger.get(path)).text] == []


async def test_what_goes_with_an_application_stays_with_its_poster(process: Process, join: Join) -> None:
    owner, poster = await join(NAME), await join("Bola Poster")
    job = await poster.post_job()
    done = await owner.client.post(f"/api/jobs/{job['id']}/applications", json={"note": "My own lamps.", "rate_kobo": 5_000_000})
    assert done.status_code == 201
    handle = await keep(owner, dict.fromkeys(HIDEABLE, "private"))
    card = (await poster.client.get(f"/api/jobs/{job['id']}/applications")).json()["applications"][0]["person"]
    assert (card["name"], card["handle"]) == (NAME, handle)
    assert (card["headline"], card["roles"], card["town"], card["state"], card["photo"]) == ("", [], "", "", None)
    page = (await poster.client.get(f"/me/jobs/{job['id']}")).text
    assert NAME in page and "My own lamps." in page and "₦50,000" in page and "Canaryline" not in page
    await keep(owner, dict.fromkeys(HIDEABLE, "members"))
    card = (await poster.client.get(f"/api/jobs/{job['id']}/applications")).json()["applications"][0]["person"]
    assert (card["headline"], card["roles"], card["town"]) == ("Canaryline", ["agent"], "Canarytown")
