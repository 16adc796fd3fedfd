"""Another site can make a browser ask, and nothing happens: every unsafe route, and a real browser (bar S6)."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator

import msgspec
import pytest
import uvicorn
from litestar import Litestar, Response, get
from playwright.async_api import BrowserContext, async_playwright

from nollycrewhub.cli.serving import laptop_routes
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.measuring import Measure
from tests.security.conftest import SetStage
from tests.security.ledger import Ledger
from tests.security.stage import ROLES, Caller, Stage
from tests.security.surface import handlers, unsafe
from tests.security.table import TABLE, Row, address

OWN = "http://127.0.0.1:8000"
ELSEWHERE: list[dict[str, str | None]] = [
    {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "https://127.0.0.1:8000"}, {"origin": "http://127.0.0.1:8001"},
    {"origin": "http://127.0.0.1:8000.evil.example"}, {"origin": "http://127.0.0.1:8000@evil.example"}, {"origin": "http://["},
    {"origin": f"{OWN}/"}, {"origin": f"{OWN} https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "anything"}, {"sec-fetch-site": "cross-site", "origin": OWN}, {"origin": None, "sec-fetch-site": None},
    {"sec-fetch-site": None, "origin": "https://evil.example", "referer": OWN},
]  # fmt: skip


def entitled(row: Row, stage: Stage) -> Caller:
    """Somebody for whom the row's request would do something, so that only its origin can stop it."""
    role = next((role for role, status in zip(ROLES[1:], row.cells[1:], strict=True) if status < 400), "owner")
    return stage.callers[role]


async def test_every_unsafe_route_refuses_another_site(house: Process, set_stage: SetStage, measured: Measure) -> None:
    stage = await set_stage()
    assert house.runtime.settings.public_url == OWN
    ledger = Ledger(house)
    await ledger.note()
    best_last = sorted((row for row in TABLE if row.method != "GET"), key=lambda row: any(status < 400 for status in row.cells[1:]))
    rows = {(row.method, row.path): row for row in best_last}
    assert sorted(rows) == unsafe(house)
    wrong: list[str] = []
    for row in rows.values():
        caller = entitled(row, stage)
        parts = row.parts(stage, caller) if row.parts else {}
        for given in ELSEWHERE:
            kept = {name: value for name, value in caller.client.headers.items() if name not in given}
            headers = {**kept, **{name: value for name, value in given.items() if value is not None}}
            caller.client.headers, usual = headers, caller.client.headers  # type: ignore[assignment]
            answer = await caller.ask(row.method, address(row, stage.ids), **parts)
            caller.client.headers = usual
            if answer.status_code != 403:
                wrong.append(f"{row.method} {row.path} {given} -> {answer.status_code}")
    changes = await ledger.changes()
    measured("S6", unsafe_routes=len(rows), variants=len(ELSEWHERE), accepted=len(wrong), changes=len(changes))
    assert wrong == []
    assert changes == []


BOUND_OTHERWISE = ["/signin/google/callback"]
"""The provider sends people back by GET; the signed cookie, the state and its one use bind it to who left."""


def test_no_route_for_reading_is_given_the_means_to_write(house: Process) -> None:
    armed = [path for method, path, handler in handlers(house) if method == "GET" and "write" in handler.parsed_fn_signature.parameters]
    assert armed == BOUND_OTHERWISE


EVIL = """<!doctype html><title>Win a role</title>
<form id="f" method="post" action="{target}/me/delete" target="frame"><input name="password" value="three unusual words"></form>
<form id="g" method="post" action="{target}/me/signout-everywhere" target="frame"></form>
<form id="h" method="post" action="{target}/jobs/{job}/withdraw" enctype="text/plain" target="frame"><input name="a" value="b"></form>
<iframe name="frame"></iframe><img src="{target}/signout"><img src="{target}/me/signout-everywhere">"""
ATTEMPTS = """async (target) => {
  const seen = [];
  for (const [path, method] of [["/api/auth/logout-everywhere", "POST"], ["/signout", "POST"], ["/api/users/me", "DELETE"], ["/api/profile", "PUT"]]) {
    for (const mode of ["no-cors", "cors"]) {
      try {
        const answer = await fetch(target + path, {method, mode, credentials: "include", body: method === "POST" ? "{}" : null});
        seen.push(answer.type);
      } catch (error) { seen.push("blocked"); }
    }
  }
  return seen;
}"""


@contextlib.asynccontextmanager
async def serving(app: object, port: int) -> AsyncIterator[None]:
    """Serves on this machine while inside."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="on"))  # type: ignore[arg-type]
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        await task


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.asynccontextmanager
async def browsing() -> AsyncIterator[BrowserContext]:
    """A real browser."""
    chromium = shutil.which("chromium")
    assert chromium, "Run `make tools`: this is judged in Chromium."
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        yield await browser.new_context()
        await browser.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["same site, other port", "other site"])
async def test_a_page_of_another_site_in_a_real_browser(settings: Settings, house: Process, set_stage: SetStage, host: str) -> None:
    """From another port of the same host the browser does send the cookie (ports are no site), so only the origin check stands."""
    own, other = free_port(), free_port()
    target = f"http://127.0.0.1:{own}"
    chosen = msgspec.structs.replace(settings, public_url=target, port=own)
    process = monolith.create_app(chosen, extra=laptop_routes(chosen))
    stage = await set_stage()
    owner = stage.callers["owner"]

    @get("/")
    async def evil() -> Response[str]:
        return Response(EVIL.format(target=target, job=stage.ids["job_id"]), media_type="text/html")

    async with serving(process, own), serving(Litestar([evil], openapi_config=None), other), browsing() as context:
        await context.add_cookies([{"name": "session", "value": owner.token, "url": target, "httpOnly": True, "sameSite": "Lax"}])
        ledger = Ledger(house)
        await ledger.note()
        statuses: list[tuple[str, str, int]] = []
        context.on("response", lambda found: statuses.append((found.request.method, found.url, found.status)))
        page = await context.new_page()
        await page.goto(f"http://{host}:{other}/")
        for form in ("f", "g", "h"):
            await page.evaluate(f"document.getElementById('{form}').submit()")
            await page.wait_for_timeout(250)
        seen = await page.evaluate(ATTEMPTS, target)
        posted = [status for method, url, status in statuses if method == "POST" and url.startswith(target)]
        assert set(seen) <= {"opaque", "blocked"}
        assert len(posted) >= 3
        assert set(posted) <= {403}
        assert await ledger.changes() == []
        await page.goto(f"{target}/me")
        assert await page.evaluate("fetch('/api/auth/logout', {method: 'POST'}).then(answer => answer.status)") == 204
        assert await ledger.changes() == ["sessions or files"]
