"""`nollycrewhub scale hand-over` gives scaling back to Render, and says why when it cannot."""

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest

from nollycrewhub.platform.settings import Settings
from tests.actuators.conftest import Made, RenderPlace
from tests.actuators.test_choosing import RENDER
from tests.served import environment


async def say(settings: Settings, place: Made, *words: str, **changes: str) -> tuple[int, str, str]:
    """Exit code and what was said."""
    env = environment(settings, **{**RENDER, "RENDER_API_URL": place.platform.url, **changes})
    command = [sys.executable, "-m", "nollycrewhub.cli.main", "scale", "hand-over", *words]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, env=env)
    return done.returncode, done.stdout, done.stderr


async def test_render_scales_by_itself_again(make: Callable[..., Made], settings: Settings) -> None:
    place = make("render")
    assert isinstance(place, RenderPlace)
    code, said, _ = await say(settings, place, "--least", "3", "--cpu", "55", SCALING_MOST_WEB="7")
    assert (code, said.partition(".")[0]) == (0, "Render scales the web service by itself now, from 3 to 7 instances")
    own = place.platform.services["srv-web0"].own
    assert own is not None
    assert (own["enabled"], own["min"], own["max"], own["criteria"]["cpu"]) == (True, 3, 7, {"enabled": True, "percentage": 55})
    assert place.platform.services["srv-worker0"].own is None


@pytest.mark.parametrize(
    ("words", "changes", "code", "sentence"),
    [
        (("--least", "8", "--most", "2"), {}, 2, "--least is at most --most"), (("--cpu", "91"), {}, 2, "--cpu is from 1 to 90."),
        ((), {"RENDER_API_KEY": "another-key-than-the-right-one"}, 1, "Render does not take our key or token."),
        ((), {"SCALING_ACTUATOR": ""}, 1, "Only Render has scaling of its own to hand over to, and SCALING_ACTUATOR is not render."),
    ],
)  # fmt: skip
async def test_what_stands_in_the_way_is_said_and_nothing_changes(
    make: Callable[..., Made], settings: Settings, words: tuple[str, ...], changes: dict[str, str], code: int, sentence: str
) -> None:  # fmt: skip
    place = make("render")
    assert isinstance(place, RenderPlace)
    found = await say(settings, place, *words, **changes)
    assert (found[0], sentence in found[2], "Traceback" in found[2]) == (code, True, False), found
    assert place.platform.services["srv-web0"].own is None
