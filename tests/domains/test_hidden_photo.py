"""A photo's address answers those who may see the photo, and ends when fewer may."""

import httpx
import pytest

from nollycrewhub.devstack.cdn import EdgeSimulator
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.cdn.conftest import at_edge, clean, edge
from tests.domains.test_people import browser
from tests.domains.test_visibility import keep, picture
from tests.journeys.conftest import Join, Member, join

__all__ = ["clean", "edge", "join"]
PLAIN = {"accept": "application/json"}
FOREVER, NEVER = "public, max-age=31536000, immutable", "private, no-store"


async def addresses(member: Member) -> list[str]:
    """Where the large and the small photo are now."""
    key = (await member.client.get("/api/profile")).json()["profile"]["photo_key"]
    return [f"/media/{key}-{size}.webp" for size in "ls"]


async def statuses(client: httpx.AsyncClient, *paths: str) -> list[int]:
    """What the addresses answer; only a public picture may be kept."""
    answers = [await client.get(path) for path in paths]
    return [answer.status_code for answer in answers]


async def test_who_gets_a_photo_under_each_setting(process: Process, join: Join) -> None:
    owner, member, operator = await join(), await join("Other Member"), await join("Op Erator", operator=True)
    await keep(owner, {})
    assert (await owner.client.post("/api/users/me/photo", files=picture())).status_code == 200
    old: list[str] = []
    async with browser(process) as stranger:
        viewers = [stranger, member.client, operator.client, owner.client]
        for setting, allowed in (("public", 4), ("members", 3), ("private", 1)):
            await keep(owner, {"photo": setting})
            now = await addresses(owner)
            assert not set(now) & set(old), "fewer see it now, so it has another address"
            for number, viewer in enumerate(viewers):
                may = number >= 4 - allowed
                assert await statuses(viewer, *now) == ([200, 200] if may else [404, 404]), (setting, number)
                assert await statuses(viewer, *old) == [404] * len(old), "the old ones end for everybody, the owner too"
                kept = (await viewer.get(now[0])).headers["cache-control"]
                assert kept == (FOREVER if setting == "public" else NEVER)
            old += now
        await keep(owner, {"photo": "members"})
        assert await addresses(owner) == now, "more may see it: the address nobody else knew stays"
        unknown, hidden = [await stranger.get(path, headers=PLAIN) for path in ("/media/photos/AAAAAAAAAAAAAAAA-l.webp", now[0])]
        assert (unknown.status_code, unknown.json()["title"]) == (hidden.status_code, hidden.json()["title"])


@pytest.mark.parametrize("change", ["unlisted", "replaced", "erased"])
async def test_a_photo_goes_with_its_profile(process: Process, join: Join, change: str) -> None:
    owner, member = await join(), await join("Other Member")
    await keep(owner, {})
    await owner.client.post("/api/users/me/photo", files=picture())
    old = await addresses(owner)
    async with browser(process) as stranger:
        assert await statuses(stranger, *old) == [200, 200]
        if change == "unlisted":
            await keep(owner, {}, listed=False)
            assert await statuses(stranger, *await addresses(owner)) == [404, 404]
            assert await statuses(owner.client, *await addresses(owner)) == [200, 200]
        elif change == "replaced":
            await owner.client.post("/api/users/me/photo", files=picture("blue"))
        else:
            gone = await owner.client.request("DELETE", "/api/users/me", json={"password": "three unusual words"})
            assert gone.status_code == 204
        for viewer in (stranger, member.client, owner.client):
            assert await statuses(viewer, *old) == [404, 404]


async def test_the_edge_lets_go_of_a_photo_that_is_hidden(edge: EdgeSimulator, clean: Process, join: Join) -> None:
    owner = await join()
    await keep(owner, {})
    await owner.client.post("/api/users/me/photo", files=picture())
    await drain(clean.runtime)
    old = await addresses(owner)
    async with at_edge(edge, clean) as stranger:
        first, second = await stranger.get(old[0]), await stranger.get(old[0])
        assert (second.status_code, second.headers["cf-cache-status"]) == (200, "HIT"), first.headers
        await keep(owner, {"photo": "members"})
        await drain(clean.runtime)
        assert await statuses(stranger, *old) == [404, 404]
        now = await addresses(owner)
        assert await statuses(stranger, *now) == [404, 404]
