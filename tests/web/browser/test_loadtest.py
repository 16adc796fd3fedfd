"""A load test from the shell against a served site, and its report as people see it: phone and desk, light and dark."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from nollycrewhub.cli import running
from nollycrewhub.loadtest.results import Result, read
from nollycrewhub.loadtest.verdict import KEYS
from nollycrewhub.platform.settings import Settings
from tests.served import environment
from tests.web.browser.conftest import DESK, NARROWEST, PHONE, SCREENSHOTS, Site, of_own_database


def loadtest(*words: str) -> subprocess.CompletedProcess[str]:
    """The command, with nothing in its environment that names a server."""
    command = [sys.executable, "-m", "nollycrewhub.cli.main", "loadtest", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env={"PATH": "/usr/bin:/bin"})


@pytest.fixture(scope="module")
def ran(site: Site, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path, str]:
    """The plan at a sixtieth of its length: the run, its page, and what the command said."""
    folder = tmp_path_factory.mktemp("load")
    running.note(folder, environment(of_own_database(settings)))
    kept, page = folder / "plan.json", folder / "plan.html"
    done = loadtest("plan", "--target", site.url, "--shorter", "60", "--data", str(folder), "--results", str(kept), "--report", str(page))
    assert done.returncode in (0, 1), done.stderr
    return read(kept), page, done.stdout + done.stderr


def test_the_run_measures_all_five_key_metrics(ran: tuple[Result, Path, str]) -> None:
    result, _, said = ran
    assert {one.key for one in result.criteria} >= set(KEYS)
    assert not [one for one in result.criteria if one.measured == "not measured"]
    assert result.planned >= 2 * (20 + 2 * 50 + 100) - result.impossible
    assert set(result.kinds) == {"browse", "sign-in", "profile"} and result.dropped == 0
    assert result.kinds["browse"].wrong == 0, result.kinds["browse"]
    assert max(each or 0 for each in result.curves.web) == 1
    assert ("Passed." if result.has_passed else "Not passed.") in said
    assert "\x1b" not in said and result.seconds == 4
    assert result.machine.cores > 0 and result.machine.processor


def test_it_left_the_limits_on_and_the_site_whole(ran: tuple[Result, Path, str], site: Site) -> None:
    assert set(ran[0].whole.statuses) <= {"200", "503"}
    assert httpx.get(f"{site.url}/readyz").status_code == 200


@pytest.mark.parametrize("width", [NARROWEST, PHONE, DESK])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_report_can_be_read(ran: tuple[Result, Path, str], chromium: Browser, width: int, theme: str) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)  # type: ignore[arg-type]
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(ran[1].as_uri())
    assert asked == [ran[1].as_uri()]
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert page.locator("figure svg[role=img]").count() >= 6
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('figure svg[role=img] text')].map(t => t.getBoundingClientRect().height))"
    )
    assert smallest >= 9
    found = [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]]
    assert found == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"loadtest-{theme}-{width}.png", full_page=True)
    context.close()


def test_a_kept_run_gives_the_same_page_again(ran: tuple[Result, Path, str], tmp_path: Path) -> None:
    kept = ran[1].with_suffix(".json")
    assert loadtest("report", str(kept), "--report", str(tmp_path / "again.html")).returncode == 0
    assert (tmp_path / "again.html").read_text() == ran[1].read_text()
    old = tmp_path / "old.json"
    old.write_text("{}")
    done = loadtest("report", str(old))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_a_site_without_the_sample_is_a_sentence(site: Site) -> None:
    done = loadtest("plan", "--target", "http://127.0.0.1:9")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "does not answer" in done.stderr
