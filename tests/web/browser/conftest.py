"""One really served site with sample people and jobs, and one Chromium, for all tests of this folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from redis import Redis

from nollycrewhub.cli import migrate
from nollycrewhub.devstack.postgres import EXTENSIONS
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.sessions import CONFIRMED_SECONDS, PREFIX, Stored, key_of
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.build import build
from tests.measuring import TOP
from tests.served import NeverCame, Served, environment, wait_until

DATABASE = "pages"
SAMPLE = ("--users", "200", "--jobs", "240", "--applications", "500")
PHONE, DESK = 360, 1280
NARROWEST = 320
HEIGHTS = {NARROWEST: 640, PHONE: 780, DESK: 900}
SCREENSHOTS = TOP / ".results" / "screenshots"
KEPT = TOP / "docs" / "screenshots"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-features=LocalNetworkAccessChecks",  # a page that a test writes itself comes from no address
]  # fmt: skip
PATIENCE = 20_000
SAMPLE_PASSWORD = "password123"


def of_own_database(settings: Settings) -> Settings:
    """The same servers with a database of our own, so that pictures hold the sample and nothing of other tests."""

    def moved(url: str) -> str:
        return f"{url.rpartition('/')[0]}/{DATABASE}"

    return msgspec.structs.replace(
        settings, database_url=moved(settings.database_url), database_owner_url=moved(settings.database_owner_url),
        database_direct_url=moved(settings.database_direct_url), database_reader_url=moved(settings.database_reader_url),
        read_replica_urls={region: moved(url) for region, url in settings.read_replica_urls.items()},
    )  # fmt: skip


class Site:
    """The address of the served site, and its mailbox."""

    def __init__(self, web: Served, worker: Served, session_url: str) -> None:
        self.url = web.url
        self.web = web
        self.worker = worker
        self.session_url = session_url

    def let_ten_minutes_pass(self, context: BrowserContext) -> None:
        """Moves the moment at which this browser's password was asked for back, as ten minutes of waiting would."""
        token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "session")
        with Redis.from_url(self.session_url) as valkey:
            stored = msgspec.json.decode(cast("bytes", valkey.get(PREFIX + key_of(token))), type=Stored)
            stored.confirmed_at -= CONFIRMED_SECONDS + 1
            valkey.set(PREFIX + key_of(token), msgspec.json.encode(stored), keepttl=True)

    def code(self, address: str) -> str:
        """The six digits of the newest letter to an address, once it has come."""
        try:
            return str(wait_until(lambda: self._subject(address), what=f"no letter to {address}"))[-6:]
        except NeverCame as error:
            raise NeverCame(f"{error}; the worker said: {self.worker.said()[-1500:]}") from None

    def _subject(self, address: str) -> str:
        letters = httpx.get(f"{self.url}/dev/mail.json").json()["letters"]
        return next((letter["subject"] for letter in letters if letter["recipient"] == address), "")


@pytest.fixture(scope="package")
def site(stack: Stack, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`serve` and `worker` as commands, on a migrated database with the sample."""
    build()
    stack.primary.sql(f"create database {DATABASE} owner nollycrewhub_owner")
    for extension in EXTENSIONS:
        stack.primary.sql(f"create extension if not exists {extension}", database=DATABASE)
    own = of_own_database(settings)
    migrate.upgrade(own)
    env = environment(own)
    subprocess.run([sys.executable, "-m", "nollycrewhub.cli.main", "seed", *SAMPLE], env=env, check=True, capture_output=True)
    web = Served(tmp_path_factory.mktemp("web"), ["serve"], env)
    worker = Served(tmp_path_factory.mktemp("worker"), ["worker"], env)
    try:
        web.ready()
        yield Site(web, worker, own.session_url)
    finally:
        worker.kill()
        web.kill()
        stack.primary.sql(f"drop database {DATABASE} with (force)")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    program = shutil.which("chromium")
    assert program, "Run `make tools`: the pages are judged in Chromium."
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """Somebody with a browser of their own: a width, a theme, scripts or none."""

    def __init__(self, browser: Browser, site: Site, *, width: int = PHONE, script: bool = True, theme: str = "light") -> None:
        options: dict[str, Any] = {
            "viewport": {"width": width, "height": HEIGHTS[width]}, "java_script_enabled": script, "color_scheme": theme,
            "base_url": site.url,
        }  # fmt: skip
        self.site = site
        self.width = width
        self.script = script
        self.context: BrowserContext = browser.new_context(**options)
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.refused: list[str] = []
        self.page.on("console", lambda message: self.refused.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.refused.append(str(error)))

    def go(self, path: str) -> Page:
        """Opens a page and waits for all of it."""
        self.page.goto(path, wait_until="load")
        return self.page

    def press(self, name: str) -> None:
        """Presses the button of that name inside the page, and waits for the next page, also if that one loads itself anew."""
        with self.page.expect_navigation(wait_until="commit"):
            self.page.locator("main").get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state("load")

    def sign_in(self, address: str, password: str) -> None:
        """Through the form."""
        self.go("/signin")
        self.page.fill("#email", address)
        self.page.fill("#password", password)
        self.press("Sign in")

    def picture(self, name: str, *, keep: bool = False) -> Path:
        """A screenshot of the whole page in the ignored results folder; chosen ones are kept when asked for."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}-{self.width}.png"
        self.page.screenshot(path=path, full_page=not keep)
        if keep and os.environ.get("NOLLYCREWHUB_KEEP_PICTURES"):
            keep_small(path)
        return path

    def scrolls_sideways(self) -> bool:
        """Whether the page is wider than the screen."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def close(self) -> None:
        """Closes the browser window."""
        self.context.close()


def join(site: Site, phone: Visitor, name: str, address: str) -> str:
    """Registers over the front door and signs the phone in; the handle."""
    headers = {"origin": site.url, "accept": "text/html"}
    httpx.post(f"{site.url}/register", data={"name": name, "address": address, "password": "three unusual words"}, headers=headers)
    httpx.post(f"{site.url}/confirm", data={"address": address, "code": site.code(address)}, headers=headers)
    phone.sign_in(address, "three unusual words")
    profile = phone.context.request.put("/api/profile", data={"name": name, "listed": True}, headers={"origin": site.url})
    assert profile.ok, profile.text()
    return str(phone.context.request.get("/api/profile").json()["user"]["handle"])


def keep_small(path: Path) -> None:
    """Stores a picture among the documents, with the few colours our pages have."""
    from PIL import Image

    KEPT.mkdir(parents=True, exist_ok=True)
    with Image.open(path) as image:
        image.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(KEPT / path.name, optimize=True)
