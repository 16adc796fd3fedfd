"""/metrics is behind a token in every shape: without one set there is no such page, wherever the question comes from."""

from argparse import Namespace
from pathlib import Path

import msgspec
import pytest

from nollycrewhub.cli import up
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.security.stage import Caller
from tests.servers import FIGURES, METRICS_TOKEN

WRONG = ({}, {"authorization": "Bearer "}, {"authorization": f"Bearer {METRICS_TOKEN}x"}, {"authorization": f"Basic {METRICS_TOKEN}"})


@pytest.mark.parametrize("token", ["", METRICS_TOKEN])
async def test_figures_are_for_whoever_brings_the_token(settings: Settings, token: str) -> None:
    process = monolith.create_app(msgspec.structs.replace(settings, metrics_token=token))
    await process.runtime.start()
    anonymous = Caller(process, "anonymous")
    try:
        answers = [await anonymous.ask("GET", "/metrics", headers=headers) for headers in WRONG]
        answers.append(await anonymous.ask("GET", "/metrics", headers={"x-forwarded-for": "41.58.1.1"}))
        assert [answer.status_code for answer in answers] == [404] * len(answers)
        assert [answer for answer in answers if "nch_" in answer.text] == []
        right = await anonymous.ask("GET", "/metrics", headers=FIGURES)
        assert (right.status_code, "nch_requests_total" in right.text) == ((200, True) if token else (404, False))
    finally:
        await anonymous.client.aclose()
        await process.runtime.stop()


def test_a_laptop_makes_its_token_once_and_keeps_it_from_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("METRICS_TOKEN", "SECRET", "SESSION_SECRET"):
        monkeypatch.delenv(name, raising=False)
    arguments = Namespace(port=8000, data=tmp_path)
    first = up.environment(arguments)
    assert up.environment(arguments)["METRICS_TOKEN"] == first["METRICS_TOKEN"] != first["SECRET"]
    kept = tmp_path / "metrics-token"
    assert (kept.read_text(), kept.stat().st_mode & 0o077) == (first["METRICS_TOKEN"], 0)
    monkeypatch.setenv("METRICS_TOKEN", "chosen by its owner")
    assert up.environment(arguments)["METRICS_TOKEN"] == "chosen by its owner"
