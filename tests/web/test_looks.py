"""The pages' outside: budgets in bytes, contrast, policy, and axe in a real browser at both widths."""

import gzip
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from jinja2 import TemplateSyntaxError
from litestar import Litestar
from playwright.sync_api import Page, sync_playwright

import nollycrewhub
from nollycrewhub.platform.errors import NotFound
from nollycrewhub.web import assets
from nollycrewhub.web.build import build
from nollycrewhub.web.errors import error_bytes
from nollycrewhub.web.page import environment
from nollycrewhub.web.pages.gallery import gallery
from nollycrewhub.web.pages.home import offline

PACKAGE = Path(nollycrewhub.__file__).parent
TEMPLATES = sorted(PACKAGE.rglob("templates/**/*.html"))
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'"
)
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*(?:\bsrc=|application/ld\+json))", re.IGNORECASE)
TOKEN = re.compile(r"--([a-z-]+): (#[0-9a-f]{6})")
PAIRS = [
    ("ink", "paper"), ("ink", "sheet"), ("muted", "paper"), ("muted", "sheet"), ("link", "paper"), ("link", "sheet"),
    ("bad", "paper"), ("bad", "sheet"), ("good", "sheet"), ("on-marigold", "marigold"),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build()
    assets.manifest.cache_clear()
    assets.stored.cache_clear()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_compiles_and_holds_nothing_inline(path: Path) -> None:
    text = path.read_text()
    try:
        environment().parse(text)
    except TemplateSyntaxError as error:
        pytest.fail(f"{path.name}:{error.lineno}: {error.message}")
    assert INLINE.search(text) is None


@pytest.mark.parametrize("bad", ['<p style="x">', "<a onclick='x'>", "<script>x</script>", "<style>", '<a href="javascript:x">'])
def test_the_inline_rule_catches(bad: str) -> None:
    assert INLINE.search(bad)


def packed(name: str) -> int:
    content, small, _ = assets.stored(assets.manifest()[name])
    return len(small or content)


def test_budgets() -> None:
    assert packed("main.css") <= 9_000
    assert packed("main.js") + packed("htmx.esm.js") <= 20_500
    assert packed("display.woff2") <= 15_000
    shell = packed("main.css") + packed("main.js") + packed("display.woff2")
    assert shell <= 35_000, "a first visit has 50 kB, and the page itself needs its part"
    page_bytes = environment().get_template("layout/base.html").render(
        page_title="x", description="", canonical="", robots="", json_ld=None, is_public=True, section="",
    )  # fmt: skip
    assert len(gzip.compress(page_bytes.encode())) <= 2_500


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_in_both_themes() -> None:
    day, night = (PACKAGE / "web/static/src/main.css").read_text().split("prefers-color-scheme: dark", 1)
    light = dict(TOKEN.findall(day))
    dark = {**light, **dict(TOKEN.findall(night.split("}", 1)[0]))}
    assert light["paper"] != dark["paper"]
    for theme in (light, dark):
        for text, ground in PAIRS:
            assert contrast(theme[text], theme[ground]) >= 4.5, f"{text} on {ground}: {theme[text]} {theme[ground]}"
        assert contrast(theme["link"], theme["paper"]) >= 3, "the focus ring must be seen"


def test_an_error_page_says_what_to_do() -> None:
    body = error_bytes(NotFound("No such job."), "abc").decode()
    assert "No such job." in body and 'href="/jobs"' in body


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    from litestar.types import Message, Scope

    async def with_policy(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"content-security-policy", POLICY.encode())]

    app = Litestar([gallery, offline, assets.asset_file, assets.worker_file], before_send=[with_policy], openapi_config=None)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    chromium = shutil.which("chromium")
    assert chromium, "Run `make tools`: the pages are judged in Chromium."
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_in_the_gallery(address: str, browser_page: Page, width: int, theme: str) -> None:
    refused: list[str] = []
    browser_page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    browser_page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.goto(f"{address}/dev/gallery", wait_until="load")
    results = Axe().run(browser_page)
    assert results.violations_count == 0, results.generate_report()
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= width
    assert refused == []


def test_without_a_network_the_offline_page_comes(address: str, browser_page: Page) -> None:
    browser_page.goto(f"{address}/dev/gallery", wait_until="load")
    browser_page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    browser_page.reload(wait_until="load")
    browser_page.context.set_offline(True)
    browser_page.goto(f"{address}/dev/gallery?again=1")
    assert browser_page.inner_text("h1") == "You are offline"
    browser_page.context.set_offline(False)
