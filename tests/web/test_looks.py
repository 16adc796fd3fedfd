"""The pages' outside, without a browser: budgets of the files, contrast, policy, and a gallery that misses nothing."""

import gzip
import re
from pathlib import Path

import pytest
from jinja2 import TemplateSyntaxError, nodes

import nollycrewhub
from nollycrewhub.platform.errors import NotFound
from nollycrewhub.web import assets
from nollycrewhub.web.build import build
from nollycrewhub.web.errors import error_bytes
from nollycrewhub.web.page import environment

PACKAGE = Path(nollycrewhub.__file__).parent
TEMPLATES = sorted(PACKAGE.rglob("templates/**/*.html"))
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
    assert packed("main.js") + packed("htmx.esm.js") <= 21_000
    assert packed("display.woff2") <= 15_000
    shell = packed("main.css") + packed("main.js") + packed("display.woff2")
    assert shell <= 35_000, "a first visit has 50 kB, and the page itself needs its part"
    page_bytes = environment().get_template("layout/base.html").render(
        language="en-NG", page_title="x", description="", canonical="", robots="", json_ld=None, is_public=True, section="", card="https://x.example/c",
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


def components() -> dict[str, list[str]]:
    """Every macro that pages may use, with the names of its parameters; those no page needs are other macros' parts."""
    parts = {"described", "label_for", "hint_and_error", "choice", "group"}
    found = {}
    for path in sorted((PACKAGE / "web" / "templates" / "components").glob("*.html")):
        for macro in environment().parse(path.read_text()).find_all(nodes.Macro):
            if macro.name not in parts:
                found[macro.name] = [argument.name for argument in macro.args]
    return found


def shown() -> dict[str, set[str]]:
    """Which macros the gallery calls, and which of their parameters it ever gives."""
    known = components()
    found: dict[str, set[str]] = {}
    tree = environment().parse((PACKAGE / "web" / "templates" / "dev" / "gallery.html").read_text())
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in known:
            given = {keyword.key for keyword in call.kwargs} | set(known[call.node.name][: len(call.args)])
            found.setdefault(call.node.name, set()).update(given)
    return found


def test_the_gallery_shows_every_component_with_everything_it_can_be_told() -> None:
    seen = shown()
    missing = {name: sorted(set(parameters) - seen.get(name, set())) for name, parameters in components().items()}
    assert {name: left for name, left in missing.items() if left or name not in seen} == {}


@pytest.mark.parametrize(
    ("macro", "states"),
    [
        ("button", ('kind="quiet"', 'kind="danger"', "disabled=true", "small=true", "wide=true")),
        ("notice", ('tone="good"', 'tone="warn"', 'tone="bad"', "title=")),
        ("status", ('"plain"', '"good"', '"warn"', '"bad"', '"accent"')),
        ("application_status", ("applied", "reviewed", "shortlisted", "offered", "hired", "declined", "withdrawn")),
        ("job_status", ("draft", "open", "held", "shelved", "closed")),
        ("avatar", ('size="s"', 'size="l"', "photo=")),
        (
            "field",
            ('"email"', '"password"', '"date"', '"file"', '"textarea"', '"hidden"', '"number"', '"search"', "error=", "readonly=true"),
        ),
    ],
)
def test_the_gallery_shows_every_state(macro: str, states: tuple[str, ...]) -> None:
    text = (PACKAGE / "web" / "templates" / "dev" / "gallery.html").read_text()
    assert macro in shown()
    assert [state for state in states if state not in text] == []
