"""Every place that looks at a password: wrong ones are counted there, past the limit the right one waits too, and nothing has changed."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest

from nollycrewhub.domains.users.service.signin import GUESSES
from nollycrewhub.platform.app import Process
from tests.domains.test_google import process as process  # noqa: PLC0414
from tests.domains.test_google import provider as provider  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_google import sign_in as by_google
from tests.journeys.conftest import PASSWORD, Join, Member
from tests.security.surface import handlers
from tests.simulators.openid import Provider

WRONG = "not the right one at all"
NEW = "four quite new words"
Try = Callable[[Member, str], Awaitable[httpx.Response]]


@dataclass(frozen=True)
class Door:
    """How a password is tried there, and what a try past the limit is answered with."""

    attempt: Try
    past: int = 429


def posted(path: str, name: str = "password", **more: str) -> Try:
    """A form of a signed-in person."""
    return lambda member, password: member.client.post(path, data={name: password, **more})


def sent(method: str, path: str, name: str = "password", **more: str) -> Try:
    """The same over the API."""
    return lambda member, password: member.client.request(
        method, path, json={name: password, **more}, headers={"accept": "application/json"}
    )


def as_owner(path: str, is_form: bool) -> Try:
    """A sign-in at the person's address."""

    async def attempt(member: Member, password: str) -> httpx.Response:
        given = {"email": member.email, "password": password}
        return await (member.client.post(path, data=given) if is_form else member.client.post(path, json=given))

    return attempt


DOORS = {
    ("POST", "/api/auth/login"): Door(as_owner("/api/auth/login", is_form=False), past=403),
    ("POST", "/signin"): Door(as_owner("/signin", is_form=True), past=403),
    ("POST", "/signin/google/link"): Door(posted("/signin/google/link"), past=403),
    ("POST", "/api/auth/confirm-password"): Door(sent("POST", "/api/auth/confirm-password")),
    ("POST", "/me/confirm-password"): Door(posted("/me/confirm-password")),
    ("POST", "/api/auth/password"): Door(sent("POST", "/api/auth/password", "present", password=NEW)),
    ("POST", "/me/account/password"): Door(posted("/me/account/password", "present", password=NEW)),
    ("POST", "/me/account/google/disconnect"): Door(posted("/me/account/google/disconnect", "google-password")),
    ("DELETE", "/api/users/me"): Door(sent("DELETE", "/api/users/me")),
    ("POST", "/me/delete"): Door(posted("/me/delete")),
}
ONLY_HASHED = {  # they set a password and look at none
    ("POST", "/api/auth/register"), ("POST", "/register"), ("POST", "/api/auth/reset/confirm"), ("POST", "/reset/confirm"),
    ("POST", "/reset/{link:str}"),
}  # fmt: skip
WALKED_ELSEWHERE = {  # they look at one only after a second registration: test_joining_twice.py
    ("POST", "/api/auth/confirm"), ("POST", "/confirm"), ("POST", "/confirm/{link:str}"),
}  # fmt: skip


def test_every_route_with_the_password_pool_is_walked_here(process: Process) -> None:
    given = {(method, path) for method, path, handler in handlers(process) if "passwords" in handler.parsed_fn_signature.parameters}
    assert given == set(DOORS) | ONLY_HASHED | WALKED_ELSEWHERE


@pytest.mark.parametrize("door", list(DOORS), ids=lambda door: " ".join(door))
async def test_wrong_passwords_are_counted_at_every_door(process: Process, provider: Provider, join: Join, door: tuple[str, str]) -> None:
    member = await join()
    if "google" in door[1]:
        provider.user = {"sub": secrets.token_hex(8), "email": member.email, "email_verified": True, "name": "Owner"}
        assert (await by_google(member.client)).headers["location"] == "/signin/google/link"
    if door[1].endswith("disconnect"):
        assert (await member.client.post("/signin/google/link", data={"password": PASSWORD})).status_code == 303
    found = DOORS[door]
    tries = [(await found.attempt(member, WRONG)).status_code for _ in range(GUESSES + 1)]
    assert tries == [401] * GUESSES + [found.past]
    assert (await found.attempt(member, PASSWORD)).status_code == found.past, "the right one waits as well"
    me = await member.client.get("/api/profile")
    assert (me.status_code, me.json()["user"]["email"]) == (200, member.email), "still there, still signed in"


async def test_guesses_of_a_stolen_session_are_counted_together(process: Process, join: Join) -> None:
    member = await join()
    doors = [DOORS[door] for door in DOORS if DOORS[door].past == 429 and "google" not in door[1]]
    tries = [(await doors[number % len(doors)].attempt(member, WRONG)).status_code for number in range(GUESSES)]
    assert tries == [401] * GUESSES
    assert {(await door.attempt(member, PASSWORD)).status_code for door in doors} == {429}
