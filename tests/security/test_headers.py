"""The security headers on every kind of answer, and the strict reader that judges them (bar S8)."""

import httpx
import msgspec
import pytest

from nollycrewhub.platform.app import build
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.measuring import Measure
from tests.platform.conftest import HEARERS, TOY
from tests.security.headers import NotAPolicy, header_faults, parse_policy, policy_faults
from tests.security.stage import Caller
from tests.servers import FIGURES

HTML = {"accept": "text/html"}


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        ("script-src 'self'", "object-src is not limited"),
        (
            "default-src 'none'; script-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "'unsafe-inline'",
        ),
        ("default-src 'none'; script-src https:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", "https:"),
        ("default-src 'none'; script-src *; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", "*"),
        ("default-src 'none'; script-src 'nonce-abc'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", "nonce"),
        ("default-src 'none'; script-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", "data:"),
        ("default-src 'none'; form-action 'self'; frame-ancestors 'none'", "base-uri is missing"),
        ("default-src 'none'; script-src 'none' 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", "none and something"),
    ],
)
def test_the_reader_finds_what_is_wrong_with_a_policy(policy: str, fault: str) -> None:
    assert any(fault in found for found in policy_faults(policy))


@pytest.mark.parametrize("policy", ["script-src 'self'; script-src *", "script-src", "Script-Src 'self'"])
def test_the_reader_refuses_what_browsers_would_guess_at(policy: str) -> None:
    with pytest.raises(NotAPolicy):
        parse_policy(policy)


async def kinds(anonymous: Caller) -> dict[str, httpx.Response]:
    """One answer of each kind."""
    ask = anonymous.ask
    tag = (await ask("GET", "/docs")).headers["etag"]
    return {
        "json": await ask("GET", "/api/jobs?view=full"), "page": await ask("GET", "/jobs", headers=HTML),
        "not modified": await ask("GET", "/docs", headers={"if-none-match": tag}),
        "head": await ask("HEAD", "/jobs"), "not found": await ask("GET", "/api/nothing"),
        "not found page": await ask("GET", "/nothing", headers=HTML), "sign in": await ask("GET", "/api/profile"),
        "redirect": await ask("GET", "/me", headers=HTML), "another site": await ask("POST", "/signout", headers={"origin": "https://evil.example"}),
        "method": await ask("PATCH", "/api/jobs"), "unreadable": await ask("POST", "/api/auth/login", content=b"{"),
        "invalid": await ask("POST", "/api/auth/login", json={}), "form again": await ask("POST", "/signin", data={}, headers=HTML),
        "too large": await ask("POST", "/api/auth/login", content=b"a" * 1_100_000), "media": await ask("POST", "/api/auth/login", data={"a": "b"}),
        "asset": await ask("GET", "/sw.js"), "no asset": await ask("GET", "/assets/nothing.js"), "text": await ask("GET", "/robots.txt"),
        "xml": await ask("GET", "/sitemap-jobs.xml"), "schema": await ask("GET", "/schema/openapi.json"), "live": await ask("GET", "/livez"),
        "options": await ask("OPTIONS", "/api/jobs"), "metrics": await ask("GET", "/metrics", headers=FIGURES),
    }  # fmt: skip


@pytest.mark.parametrize("secure", [False, True])
async def test_every_kind_of_answer_carries_them(settings: Settings, secure: bool, measured: Measure) -> None:
    chosen = msgspec.structs.replace(settings, public_url="https://nollycrewhub.example") if secure else settings
    process = monolith.create_app(chosen)
    await process.runtime.start()
    anonymous = Caller(process, "anonymous")
    try:
        found = await kinds(anonymous)
        statuses = {answer.status_code for answer in found.values()}
        faults = {name: header_faults(answer, secure=secure) for name, answer in found.items()}
        measured("S8", kinds=len(found), secure=secure, faults=sum(map(len, faults.values())))
        assert {name: fault for name, fault in faults.items() if fault} == {}
        assert statuses >= {200, 204, 303, 304, 400, 401, 403, 404, 405, 413, 422}
    finally:
        await anonymous.client.aclose()
        await process.runtime.stop()


async def test_a_fault_of_ours_carries_them_too(settings: Settings) -> None:
    process = build(settings, [TOY], hearers=HEARERS)
    await process.runtime.start()
    anonymous = Caller(process, "anonymous")
    try:
        answer = await anonymous.ask("GET", "/api/broken")
        assert answer.status_code == 500
        assert header_faults(answer) == []
        process.runtime.readiness.draining = True
        draining = await anonymous.ask("GET", "/readyz")
        assert (draining.status_code, header_faults(draining)) == (503, [])
    finally:
        await anonymous.client.aclose()
        await process.runtime.stop()
