"""Sign-in with Google against a real provider: the honest way works, and no lie of any kind opens or stores anything."""

import base64
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec
import oidc_provider_mock
import pytest
from joserfc import jwt

from nollycrewhub.cli import operator
from nollycrewhub.cli.serving import laptop_routes
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.platform.openid import OpenIdProvider, departure
from nollycrewhub.platform.sessions import PREFIX
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.domains.test_people import browser
from tests.journeys.conftest import PASSWORD, Join
from tests.measuring import Measure
from tests.simulators.openid import CLIENT, SECRET, Provider, honest

ZAINAB = oidc_provider_mock.User(sub="mock-7", claims={"email": "zainab@mock.test", "email_verified": True, "name": "Zainab Musa"})
PEOPLE = Query(int, "select count(*)::int from users.person")
SUBJECT_OF = Query(str, "select google_sub from users.person where email = $1")


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """One provider for this module."""
    found = Provider()
    yield found
    found.stop()


@pytest.fixture
async def process(settings: Settings, provider: Provider) -> AsyncIterator[Process]:
    """The whole program with the provider set up; the provider is honest again."""
    provider.mint, provider.down, provider.delay = honest, set(), 0.0
    provider.user = {
        "sub": secrets.token_hex(10),
        "email": f"{secrets.token_hex(5)}@gmail.test",
        "email_verified": True,
        "name": "Zainab Musa",
    }
    given = msgspec.structs.replace(settings, google_client_id=CLIENT, google_client_secret=SECRET, google_issuer=provider.issuer)
    found = monolith.create_app(given, extra=laptop_routes(given))
    await found.runtime.start()
    await found.runtime.valkeys.sessions.flushdb()
    yield found
    await found.runtime.stop()


async def at_provider(client: httpx.AsyncClient, onward: str = "") -> str:
    """Leaves for the provider, signs in there, and gives the address it sends the browser back to."""
    left = await client.get("/signin/google", params={"next": onward} if onward else None)
    assert left.status_code == 303, left.text
    async with httpx.AsyncClient() as outside:
        back = await outside.get(left.headers["location"])
    location: str = back.headers["location"]
    return location


async def sign_in(client: httpx.AsyncClient, onward: str = "") -> httpx.Response:
    """There and back."""
    return await client.get(await at_provider(client, onward))


async def stored(process: Process) -> tuple[int, int]:
    """How many people and sessions there are."""
    people = await process.runtime.db.read_session(primary=True).value(PEOPLE) or 0
    return people, len([key async for key in process.runtime.valkeys.sessions.scan_iter(f"{PREFIX}*")])


async def test_a_new_person_comes_in_and_comes_back_by_subject_alone(process: Process, provider: Provider) -> None:
    async with browser(process) as client:
        assert "Sign in with Google" in (await client.get("/signin")).text
        for page in ("/signin", "/register"):
            assert 'href="/signin/google?next=%2Fjobs%2F7%2Fapply"' in (await client.get(page, params={"next": "/jobs/7/apply"})).text
        first = await sign_in(client, "/jobs/7/apply")
        assert (first.status_code, first.headers["location"]) == (303, "/jobs/7/apply")
        me = (await client.get("/api/profile")).json()["user"]
        assert (me["name"], me["email"]) == ("Zainab Musa", provider.user["email"])
        assert "google-way" not in client.cookies
    provider.user |= {"email": "another@gmail.test", "name": "Other Name"}
    async with browser(process) as client:
        await sign_in(client)
        again = (await client.get("/api/profile")).json()["user"]
        assert (again["id"], again["email"]) == (me["id"], me["email"])


async def test_an_address_google_has_not_checked_is_not_used(process: Process, provider: Provider, join: Join) -> None:
    member = await join()
    for unchecked in (False, "true", None):
        provider.user |= {"sub": secrets.token_hex(10), "email": member.email, "email_verified": unchecked}
        async with browser(process) as client:
            assert (await sign_in(client)).headers["location"] == "/me"
            me = (await client.get("/api/profile")).json()["user"]
            assert (me["email"], me["id"] != member.person_id) == (None, True)


async def test_an_existing_account_is_connected_only_by_its_own_password(process: Process, provider: Provider, join: Join) -> None:
    member = await join()
    provider.user["email"] = member.email
    read = process.runtime.db.read_session(primary=True)
    async with browser(process) as client:
        came = await sign_in(client, "/talent")
        assert (came.headers["location"], "session" in client.cookies) == ("/signin/google/link", False)
        assert member.email in (await client.get("/signin/google/link")).text
        pending = client.cookies["google-link"]
        wrong = await client.post("/signin/google/link", data={"password": "not mine at all"})
        assert (wrong.status_code, "session" in client.cookies, await read.value(SUBJECT_OF, member.email)) == (401, False, None)
        client.cookies.set("session", "planted-by-somebody", domain="127.0.0.1")
        done = await client.post("/signin/google/link", data={"password": PASSWORD})
        assert (done.status_code, done.headers["location"]) == (303, "/talent")
        token = next(value for value in done.headers.get_list("set-cookie") if value.startswith("session="))
        assert "planted" not in token
        assert await read.value(SUBJECT_OF, member.email) == provider.user["sub"]
    async with browser(process) as thief:
        thief.cookies.set("google-link", pending, domain="127.0.0.1")
        replayed = await thief.post("/signin/google/link", data={"password": PASSWORD})
        assert (replayed.status_code, "session" in thief.cookies) == (410, False)
    async with browser(process) as client:
        assert (await sign_in(client)).headers["location"] == "/me"
        assert (await client.get("/api/profile")).json()["user"]["id"] == member.person_id
    provider.user["sub"] = secrets.token_hex(10)
    async with browser(process) as client:
        other = await sign_in(client)
        assert (other.status_code, "another Google account" in other.text, "session" in client.cookies) == (409, True, False)


async def test_somebody_who_registered_my_address_first_gains_nothing(process: Process, provider: Provider) -> None:
    email = f"{secrets.token_hex(5)}@gmail.test"
    async with browser(process) as squatter:
        await squatter.post("/register", data={"name": "Squatter", "address": email, "password": PASSWORD})
    provider.user["email"] = email
    async with browser(process) as owner:
        assert (await sign_in(owner)).headers["location"] == "/signin/google/link"
        assert (await owner.post("/signin/google/link", data={"password": PASSWORD})).status_code == 403
        assert "session" not in owner.cookies
    assert await process.runtime.db.read_session(primary=True).value(SUBJECT_OF, email) is None


async def test_a_banned_person_does_not_come_in_by_google(process: Process, provider: Provider) -> None:
    async with browser(process) as client:
        await sign_in(client)
        await operator.act(process.runtime.settings, "ban", provider.user["email"])
        assert (await client.get("/api/profile")).status_code == 401
    async with browser(process) as client:
        assert ((await sign_in(client)).status_code, "session" in client.cookies) == (403, False)


async def test_an_account_without_a_password_is_deleted_after_a_fresh_sign_in(process: Process, provider: Provider) -> None:
    async with browser(process) as client:
        await sign_in(client)
        people = (await stored(process))[0]
        assert "You have no password here" in (await client.get("/me/privacy")).text
        key = next(iter([key async for key in process.runtime.valkeys.sessions.scan_iter(f"{PREFIX}*")]))
        fresh = await process.runtime.valkeys.sessions.get(key)
        assert fresh is not None
        await process.runtime.valkeys.sessions.set(key, msgspec.json.encode(msgspec.json.decode(fresh) | {"confirmed_at": 1.0}))
        assert (await client.request("DELETE", "/api/users/me", json={})).status_code == 401
        await process.runtime.valkeys.sessions.set(key, fresh)
        assert (await client.request("DELETE", "/api/users/me", json={})).status_code == 204
    assert await stored(process) == (people - 1, 0)


def raw(*parts: bytes) -> str:
    """A token of hand-made parts."""
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def unsigned(claims: dict[str, Any], provider: Provider) -> str:
    """`alg: none`."""
    return raw(json.dumps({"alg": "none", "kid": provider.key.kid}).encode(), json.dumps(claims).encode(), b"")


def by_public_key(claims: dict[str, Any], provider: Provider) -> str:
    """HS256, with the provider's public key as the secret."""
    body = raw(json.dumps({"alg": "HS256", "kid": provider.key.kid}).encode(), json.dumps(claims).encode())
    return f"{body}.{raw(hmac.digest(provider.key.as_pem(private=False), body.encode(), 'sha256'))}"


def by_another(claims: dict[str, Any], provider: Provider) -> str:
    """Another provider's key under this one's name."""
    return jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, provider.new_key())


def by_unknown(claims: dict[str, Any], provider: Provider) -> str:
    """A key that nobody publishes."""
    other = provider.new_key()
    return jwt.encode({"alg": "RS256", "kid": other.kid}, claims, other)


def cut(claims: dict[str, Any], provider: Provider) -> str:
    """The body of one token with the signature of another."""
    return honest({**claims, "sub": "victim"}, provider).rpartition(".")[0] + "." + honest(claims, provider).rpartition(".")[2]


def saying(**changes: Any) -> Any:
    """An honest signature under false claims; None takes a claim away."""
    return lambda claims, provider: honest({k: v for k, v in {**claims, **changes}.items() if v is not None}, provider)


LIES = {
    "wrong aud": saying(aud="somebody-else"), "no aud": saying(aud=None), "two auds without azp": saying(aud=[CLIENT, "other"]),
    "two auds, wrong azp": saying(aud=[CLIENT, "other"], azp="other"), "wrong azp": saying(azp="somebody-else"),
    "wrong iss": saying(iss="https://accounts.google.com.example"), "no iss": saying(iss=None),
    "wrong nonce": saying(nonce="of-another-sign-in"), "no nonce": saying(nonce=None),
    "expired": saying(exp=1_700_000_000), "no exp": saying(exp=None), "exp as text": saying(exp="9999999999"),
    "from the future": saying(iat=9_999_999_999), "not yet": saying(nbf=9_999_999_999), "no sub": saying(sub=None),
    "empty sub": saying(sub=""), "sub is a number": saying(sub=7), "sub with a line break": saying(sub="a\nb"),
    "alg none": unsigned, "HS256 with the public key": by_public_key, "another provider's key": by_another,
    "unknown kid": by_unknown, "cut and pasted": cut, "not a token": lambda claims, provider: "a.b.c",
    "wrong at_hash": saying(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
}  # fmt: skip


async def test_no_lie_in_a_token_is_believed_or_leaves_a_trace(process: Process, provider: Provider, measured: Measure) -> None:
    before, accepted = await stored(process), []
    for name, lie in LIES.items():
        provider.mint = lie
        async with browser(process) as client:
            answer = await sign_in(client)
            if answer.status_code != 403 or "session" in client.cookies or "known" in client.cookies:
                accepted.append(name)
    measured("S7", tampered_tokens=len(LIES), accepted=len(accepted))
    assert accepted == []
    assert await stored(process) == before


async def test_no_crooked_way_back_is_believed(process: Process, provider: Provider) -> None:
    before = await stored(process)
    async with browser(process) as client, browser(process) as other:
        back = await at_provider(client)
        assert (await other.get(back)).status_code == 403, "another browser"
        await at_provider(other)
        assert (await other.get(back)).status_code == 403, "another browser with a sign-in of its own"
        assert (await client.get(f"{back}x")).status_code == 403, "another state"
        way = client.cookies["google-way"]
        client.cookies.set("google-way", way[:-3] + "AAA", domain="127.0.0.1")
        assert (await client.get(back)).status_code == 403, "a cookie of another's making"
    assert await stored(process) == before
    async with browser(process) as client:
        back = await at_provider(client)
        way = client.cookies["google-way"]
        assert (await client.get(back)).status_code == 303
        after = await stored(process)
        client.cookies.set("google-way", way, domain="127.0.0.1")
        assert (await client.get(back)).status_code == 403, "the same state again"
        fresh = await at_provider(client)
        state = fresh.partition("state=")[2]
        old = back.partition("code=")[2].partition("&")[0]
        assert (await client.get(f"/signin/google/callback?code={old}&state={state}")).status_code == 403, "a used code"
        declined = await at_provider(client)
        answer = await client.get(f"/signin/google/callback?error=access_denied&state={declined.partition('state=')[2]}")
        assert (answer.status_code, "Nothing has changed" in answer.text) == (200, True)
    assert await stored(process) == after


async def test_keys_may_change_and_be_away(process: Process, provider: Provider) -> None:
    async with browser(process) as client:
        assert (await sign_in(client)).status_code == 303
    provider.key = provider.new_key()
    async with browser(process) as client:
        assert (await sign_in(client)).status_code == 303
    asked = provider.fetched.count("/keys")
    provider.mint = by_unknown
    async with browser(process) as client:
        assert [(await sign_in(client)).status_code for _ in range(5)] == [403] * 5
    assert provider.fetched.count("/keys") <= asked + 1, "invented key names do not make us ask without end"
    provider.mint, provider.down = honest, {"/keys", "/.well-known/openid-configuration"}
    live = process.runtime.provider
    assert isinstance(live, OpenIdProvider)
    for kept in live.kept.values():
        kept.came -= 2 * 3600
    async with browser(process) as client:
        assert (await sign_in(client)).status_code == 303, "keys of two hours ago serve while the provider is away"
    for kept in live.kept.values():
        kept.came -= 48 * 3600
    async with browser(process) as client:
        gone = await client.get("/signin/google")
        assert (gone.status_code, gone.headers["retry-after"]) == (503, "60")
    provider.down = {"/token"}
    async with browser(process) as client:
        assert ((await sign_in(client)).status_code, "session" in client.cookies) == (503, False)


async def test_a_provider_that_hangs_is_not_waited_for(provider: Provider) -> None:
    provider.delay = 1.0
    impatient = OpenIdProvider(issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, patience=0.1)
    with pytest.raises(Unavailable):
        await impatient.address(departure(), return_to="http://127.0.0.1/")
    await impatient.stop()
    provider.delay = 0.0


async def test_a_provider_that_calls_itself_something_else_is_not_used(provider: Provider) -> None:
    mistaken = OpenIdProvider(issuer=provider.issuer.replace("127.0.0.1", "localhost"), client_id=CLIENT, client_secret=SECRET)
    with pytest.raises(Unavailable):
        await mistaken.address(departure(), return_to="http://127.0.0.1/")
    await mistaken.stop()


async def test_somebody_elses_provider_is_understood_too(settings: Settings) -> None:
    with oidc_provider_mock.run_server_in_thread(user_claims=(ZAINAB,)) as server:
        issuer = f"http://localhost:{server.server_port}"
        given = msgspec.structs.replace(settings, google_client_id=CLIENT, google_client_secret=SECRET, google_issuer=issuer)
        process = monolith.create_app(given)
        await process.runtime.start()
        async with browser(process) as client, httpx.AsyncClient() as outside:
            left = await client.get("/signin/google")
            back = await outside.post(left.headers["location"], data={"sub": ZAINAB.sub})
            assert (await client.get(back.headers["location"])).headers["location"] == "/me"
            assert (await client.get("/api/profile")).json()["user"]["email"] == "zainab@mock.test"
        await process.runtime.stop()


async def test_without_a_client_id_there_is_no_button_and_no_page(settings: Settings) -> None:
    plain = monolith.create_app(settings)
    await plain.runtime.start()
    async with browser(plain) as client:
        for path in ("/signin", "/register"):
            assert "Google" not in (await client.get(path)).text
        for path in ("/signin/google", "/signin/google/callback", "/signin/google/link"):
            off = await client.get(path)
            assert (off.status_code, "not offered here" in off.text) == (404, True)
        assert (await client.post("/signin/google/link", data={"password": "x"})).status_code == 404
    await plain.runtime.stop()
