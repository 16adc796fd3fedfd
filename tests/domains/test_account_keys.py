"""/me/account: a new password while signed in; Google connected and disconnected. Each ends what it should and is told by mail."""

import httpx
import pytest

from nollycrewhub.domains.users.service.signin import GUESSES
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.worker import drain
from tests.domains.test_google import SUBJECT_OF, at_provider
from tests.domains.test_google import process as at_google
from tests.domains.test_google import provider as provider  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_google import sign_in as by_google
from tests.domains.test_people import browser, link_in, newest
from tests.journeys.conftest import PASSWORD, Join, Member
from tests.journeys.conftest import join as join  # noqa: PLC0414
from tests.sessions import let_the_password_lapse
from tests.simulators.openid import Provider

process = at_google
NEW = "four quite new words"
TRAIL = Query(str, "select action from platform.audit where subject = $1 order by at, id")


async def signs_in(client: httpx.AsyncClient, email: str, password: str) -> bool:
    """Whether a password opens the account."""
    return (await client.post("/api/auth/login", json={"email": email, "password": password})).status_code == 200


async def trail(process: Process, member: Member) -> list[str]:
    """What the audit trail says of a person."""
    return await process.runtime.db.read_session(primary=True).rows(TRAIL, member.person_id)


@pytest.mark.parametrize("by", ["page", "API"])
async def test_a_new_password_ends_the_other_devices_and_is_told(process: Process, join: Join, by: str) -> None:
    member = await join()
    async with browser(process) as other, browser(process) as mailbox:
        await other.post("/signin", data={"email": member.email, "password": PASSWORD})
        await mailbox.post("/reset", data={"address": member.email})
        await drain(process.runtime)
        reset = link_in(await newest(mailbox, member.email))
        before = member.client.cookies["session"]
        if by == "page":
            done = await member.client.post("/me/account/password", data={"present": PASSWORD, "password": NEW})
            assert (done.status_code, done.headers["location"]) == (303, "/me/account?done=password")
            assert "Your password is changed" in (await member.client.get(done.headers["location"])).text
        else:
            answer = await member.client.post("/api/auth/password", json={"present": PASSWORD, "password": NEW})
            assert (answer.status_code, list(answer.json())) == (200, ["message"]), "no token, so it may be repeated by its key"
        assert member.client.cookies["session"] == before
        assert (await member.client.get("/api/profile")).status_code == 200, "this device stays"
        assert (await other.get("/api/profile")).status_code == 401
        assert (await mailbox.post(reset, data={"password": "yet another set of words"})).status_code == 410, "a reset sent before"
        await drain(process.runtime)
        assert "Your password here was changed" in await newest(mailbox, member.email)
        assert (await signs_in(mailbox, member.email, PASSWORD), await signs_in(mailbox, member.email, NEW)) == (False, True)
    assert await trail(process, member) == ["password.changed"]


async def test_a_password_is_not_changed_without_the_present_one(process: Process, join: Join) -> None:
    member = await join()
    async with browser(process) as other:
        await other.post("/signin", data={"email": member.email, "password": PASSWORD})
        for given, status, words in (
            ({"present": "not mine at all", "password": NEW}, 401, "That is not your password"),
            ({"present": PASSWORD, "password": "password1"}, 422, "among the first ones a thief tries"),
            ({"present": PASSWORD, "password": PASSWORD}, 422, "the password you have already"),
        ):
            answer = await member.client.post("/me/account/password", data=given)
            assert (answer.status_code, words in answer.text) == (status, True)
        for _ in range(GUESSES):
            last = await member.client.post("/api/auth/password", json={"present": "not mine at all", "password": NEW})
        assert last.status_code == 429
        right = await member.client.post("/api/auth/password", json={"present": PASSWORD, "password": NEW})
        assert right.status_code == 429, "guesses are counted together, and the right one must wait as well"
        assert (await other.get("/api/profile")).status_code == 200
        assert await signs_in(other, member.email, PASSWORD)
    assert await trail(process, member) == []


async def test_google_is_connected_and_disconnected_by_its_owner_only(process: Process, provider: Provider, join: Join) -> None:
    member = await join()
    read = process.runtime.db.read_session(primary=True)
    page = (await member.client.get("/me/account")).text
    assert 'href="/me/account/google"' in page, "the password was typed just now"
    left = await member.client.get("/me/account/google")
    async with httpx.AsyncClient() as outside, browser(process) as thief:
        back = (await outside.get(left.headers["location"])).headers["location"]
        thief.cookies.set("google-way", member.client.cookies["google-way"], domain="127.0.0.1")
        assert (await thief.get(back)).status_code == 403, "nobody is signed in there"
        assert await read.value(SUBJECT_OF, member.email) is None
        again = await member.client.get("/me/account/google")
        back = (await outside.get(again.headers["location"])).headers["location"]
        done = await member.client.get(back)
        assert (done.status_code, done.headers["location"]) == (303, "/me/account?done=connected")
    assert await read.value(SUBJECT_OF, member.email) == provider.user["sub"]
    async with browser(process) as client:
        await by_google(client)
        assert (await client.get("/api/profile")).json()["user"]["id"] == member.person_id
    other = await join("Other Member")
    assert (await other.client.get(await leave(other))).status_code == 409, "it opens another account already"
    wrong = await member.client.post("/me/account/google/disconnect", data={"google-password": "not mine at all"})
    assert (wrong.status_code, await read.value(SUBJECT_OF, member.email)) == (401, provider.user["sub"])
    done = await member.client.post("/me/account/google/disconnect", data={"google-password": PASSWORD})
    assert (done.status_code, await read.value(SUBJECT_OF, member.email)) == (303, None)
    await drain(process.runtime)
    assert "Google was disconnected" in await newest(member.client, member.email)
    assert await trail(process, member) == ["google.connected", "google.disconnected"]
    none = await member.client.post("/me/account/google/disconnect", data={"google-password": PASSWORD})
    assert none.status_code == 409


async def leave(member: Member) -> str:
    """Off to the provider from the account page; the way back."""
    left = await member.client.get("/me/account/google")
    async with httpx.AsyncClient() as outside:
        location: str = (await outside.get(left.headers["location"])).headers["location"]
    return location


async def test_who_has_only_google_sets_a_password_first(process: Process, provider: Provider) -> None:
    async with browser(process) as client:
        await by_google(client)
        page = (await client.get("/me/account")).text
        assert "Set a password first" in page and "/me/account/google/disconnect" not in page
        for path, given in (
            ("/me/account/google/disconnect", {"google-password": "anything at all"}),
            ("/me/account/password", {"present": "anything at all", "password": NEW}),
        ):
            refused = await client.post(path, data=given)
            assert (refused.status_code, "has no password yet" in refused.text) == (409, True)
        assert (await client.get("/api/profile")).status_code == 200
        await client.get(await at_provider(client))
        assert (await client.get("/api/profile")).status_code == 200, "Google opens it still"


async def test_connecting_google_needs_a_password_typed_lately(process: Process, join: Join) -> None:
    member = await join()
    found = await process.runtime.sessions.load(member.client.cookies["session"])
    assert found is not None
    await let_the_password_lapse(process.runtime.sessions, found[0].session_key)
    assert 'href="/me/account/google"' not in (await member.client.get("/me/account")).text
    sent = await member.client.get("/me/account/google")
    assert (sent.status_code, sent.headers["location"]) == (303, "/me/confirm-password?next=/me/account")
    typed = await member.client.post("/me/confirm-password", data={"password": PASSWORD, "next": "/me/account"})
    assert typed.headers["location"] == "/me/account"
    assert 'href="/me/account/google"' in (await member.client.get("/me/account")).text
