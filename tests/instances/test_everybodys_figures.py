"""Whoever of a server's processes is asked for figures tells those of all, each under its own name, and nothing goes back."""

import asyncio
from pathlib import Path

import httpx

from nollycrewhub.platform.figures import Figures, merged
from nollycrewhub.platform.settings import Settings
from tests.served import Served, environment
from tests.servers import FIGURES

ASKED = 40
LIVEZ = "nch_requests_total{"


def by_instance(text: str) -> dict[str, float]:
    """How often each process has answered /livez."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith(LIVEZ) and 'route="/livez"' in line:
            name = line.partition('instance="')[2].partition('"')[0]
            found[name] = found.get(name, 0) + float(line.rpartition(" ")[2])
    return found


def anew(url: str, path: str) -> httpx.Response:
    """On a connection of its own, so that either process may take it."""
    return httpx.get(f"{url}{path}", headers=FIGURES, timeout=10)


async def test_two_processes_behind_one_port_tell_one_story(settings: Settings, tmp_path: Path) -> None:
    given = environment(settings, RENDER_INSTANCE_ID="srv-abc123")
    del given["INSTANCE_ID"]
    served = Served(tmp_path, ["serve", "--workers", "2"], given).ready()
    try:
        for _ in range(200):
            if set(by_instance(anew(served.url, "/metrics").text)) == {"srv-abc123-web-1", "srv-abc123-web-2"}:
                break
            await asyncio.sleep(0.1)
            await asyncio.to_thread(anew, served.url, "/livez")
        before = by_instance(anew(served.url, "/metrics").text)
        last = before
        for _ in range(ASKED):
            await asyncio.to_thread(anew, served.url, "/livez")
            now = by_instance((await asyncio.to_thread(anew, served.url, "/metrics")).text)
            assert now.keys() == last.keys() == {"srv-abc123-web-1", "srv-abc123-web-2"}
            assert all(now[name] >= last[name] for name in now), "a counter went back between two answers"
            last = now
        assert sum(last.values()) - sum(before.values()) == ASKED
        assert {"srv-abc123-web-1", "srv-abc123-web-2"} <= {line["instance"] for line in served.lines()}
        text = anew(served.url, "/metrics").text
        assert text.count("# TYPE nch_requests_total counter") == text.count("# TYPE nch_queue_depth gauge") == 1
        nameless = {line.partition("{")[0] for line in text.splitlines() if not line.startswith("#") and 'instance="' not in line}
        fleets = {"queue", "event", "jobs", "effects", "active", "edge", "facts"}
        assert {name.removeprefix("nch_").partition("_")[0] for name in nameless} <= fleets
    finally:
        assert served.stop() == 0


async def test_a_neighbour_that_is_gone_or_silent_is_left_out(tmp_path: Path) -> None:
    one, two = Figures("one"), Figures("two")
    await one.listen(tmp_path / "1.figures")
    await two.listen(tmp_path / "2.figures")

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)
        writer.close()

    silent = await asyncio.start_unix_server(hang, tmp_path / "3.figures")
    text = (await one.gathered()).decode()
    assert ('instance="one"' in text, 'instance="two"' in text) == (True, True)
    two.stop()
    assert 'instance="two"' not in (await one.gathered()).decode()
    silent.close()
    one.stop()


def test_samples_of_one_name_stand_together() -> None:
    one = b'# HELP a What a is.\n# TYPE a counter\na{i="1"} 1.0\n# HELP b B.\n# TYPE b gauge\n'
    two = b'# HELP a What a was.\n# TYPE a counter\na{i="2"} 2.0\n# HELP b B.\n# TYPE b gauge\nb{i="2"} 3.0\n# HELP c C.\n# TYPE c gauge\nc 1.0\n'
    assert merged([one, b"", two]) == (
        b'# HELP a What a is.\n# TYPE a counter\na{i="1"} 1.0\na{i="2"} 2.0\n# HELP b B.\n# TYPE b gauge\nb{i="2"} 3.0\n'
        b"# HELP c C.\n# TYPE c gauge\nc 1.0\n"
    )
