"""/metrics is behind a token in every shape: without one set there is no such page, wherever the question comes from."""

import asyncio
import contextlib
import re
import time
from argparse import Namespace
from pathlib import Path

import httpx
import msgspec
import pytest

from nollycrewhub.cli import up
from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform import figures
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.security.stage import Caller
from tests.served import Served, environment, stopped, wait_until
from tests.servers import FIGURES, METRICS_TOKEN

SENT = ({}, {"authorization": "Bearer"}, {"authorization": f"Bearer {METRICS_TOKEN}x"}, {"authorization": f"Basic {METRICS_TOKEN}"})
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


def told() -> bytes:
    """What a process would tell."""
    return b"nch_told 1\n"


async def raw(port: int, words: bytes) -> bytes:
    """What comes back for bytes that may be no HTTP."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(words)
    try:
        return await reader.read(-1)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_a_port_of_its_own_tells_whoever_brings_the_token_and_nobody_else() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with figures.at_port(told, host="127.0.0.1", port=port, token=METRICS_TOKEN), httpx.AsyncClient() as client:
        right = await client.get(f"{url}/metrics", headers=FIGURES)
        assert (right.status_code, right.text, right.headers["content-type"]) == (200, "nch_told 1\n", "text/plain; version=0.0.4")
        refused = [await client.get(f"{url}/metrics", headers=headers) for headers in SENT]
        refused += [await client.post(f"{url}/metrics", headers=FIGURES), await client.get(f"{url}/", headers=FIGURES)]
        assert [one.status_code for one in refused] == [404] * len(refused)
        assert [one for one in refused if "nch_" in one.text] == []
        alive = await client.get(f"{url}/livez")
        assert (alive.status_code, alive.text) == (200, "ok\n")
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_port_without_a_token_tells_nobody() -> None:
    port = free_port()
    async with figures.at_port(told, host="127.0.0.1", port=port, token=""), httpx.AsyncClient() as client:
        for headers in SENT:
            assert (await client.get(f"http://127.0.0.1:{port}/metrics", headers=headers)).status_code == 404
        empty = await raw(port, b"GET /metrics HTTP/1.1\r\nAuthorization: Bearer \r\n\r\n")
        assert empty.startswith(b"HTTP/1.1 404 ")


async def test_rubbish_at_the_port_is_let_go_and_the_next_one_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "HEAD_PATIENCE", 0.3)
    port = free_port()
    async with figures.at_port(told, host="127.0.0.1", port=port, token=METRICS_TOKEN):
        began = time.monotonic()
        assert await raw(port, b"GET /livez") == b"", "half a question"
        assert await raw(port, b"x" * 3 * figures.MOST_HEAD) == b"", "a question that never ends"
        assert time.monotonic() - began < 3
        assert (await raw(port, b"\xff\x00\r\n\r\n")).startswith(b"HTTP/1.1 404 ")
        assert (await raw(port, b"GET /livez HTTP/1.0\r\n\r\n")).endswith(b"\r\n\r\nok\n")


async def test_a_port_that_somebody_has_keeps_nobody_from_working() -> None:
    port = free_port()
    first = figures.at_port(told, host="127.0.0.1", port=port, token=METRICS_TOKEN)
    second = figures.at_port(lambda: b"second\n", host="127.0.0.1", port=port, token=METRICS_TOKEN)
    async with first, second, httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{port}/metrics", headers=FIGURES)).text == "nch_told 1\n"


async def test_of_several_of_a_kind_one_tells_all_and_another_takes_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(figures, "AGAIN", 0.05)
    port, said = free_port(), []
    url, gone = f"http://127.0.0.1:{port}", tmp_path / "met" / "999999999.figures"
    gone.parent.mkdir()
    gone.touch()
    pids = iter(("1", "2", "3"))
    monkeypatch.setattr(figures, "door_of", lambda folder: folder / f"{next(pids)}.figures")

    def one(name: str, folder: Path | None) -> contextlib.AbstractAsyncContextManager[None]:
        text = f'# HELP nch_told x\n# TYPE nch_told gauge\nnch_told{{instance="{name}"}} 1.0\n'.encode()
        return figures.at_port(lambda: text, host="127.0.0.1", port=port, token=METRICS_TOKEN, among=folder)

    async with httpx.AsyncClient() as client, contextlib.AsyncExitStack() as first:
        await first.enter_async_context(one("a", tmp_path / "met"))
        async with one("b", tmp_path / "met"), one("c", tmp_path / "elsewhere"):
            for _ in range(2):
                said.append((await client.get(f"{url}/metrics", headers=FIGURES)).text)
            assert not gone.exists(), "a killed one's door is taken away"
            assert (await client.get(f"{url}/metrics")).status_code == 404
            await first.aclose()
            for _ in range(100):
                with contextlib.suppress(httpx.HTTPError):
                    said.append((await client.get(f"{url}/metrics", headers=FIGURES)).text)
                    break
                await asyncio.sleep(0.05)
    assert [re.findall(r'instance="(\w)"', text) for text in said[:2]] == [["a", "b"], ["a", "b"]]
    assert re.findall(r'instance="(\w)"', said[2]) in (["b"], ["c"])


async def test_a_folder_that_is_somebody_else_s_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "ours").symlink_to(tmp_path / "theirs")
    port = free_port()
    async with (
        figures.at_port(told, host="127.0.0.1", port=port, token=METRICS_TOKEN, among=tmp_path / "ours"),
        httpx.AsyncClient() as client,
    ):
        assert list((tmp_path / "theirs").iterdir()) == []
        assert (await client.get(f"http://127.0.0.1:{port}/metrics", headers=FIGURES)).text == "nch_told 1\n"


def test_whoever_meets_another_of_their_name_has_the_next_one_and_a_name_is_free_again(tmp_path: Path) -> None:
    met = tmp_path / "met"
    with figures.named("a/b", met) as first, figures.named("c", met) as other:
        with figures.named("a/b", met) as second, figures.named("a/b", met) as third:
            assert (first, second, third, other) == ("a/b", "a/b-2", "a/b-3", "c")
        with figures.named("a/b", met) as again:
            assert again == "a/b-2"
    (tmp_path / "ours").symlink_to(met)
    for nowhere in (None, tmp_path / "ours"):
        with figures.named("a/b", nowhere) as one, figures.named("a/b", nowhere) as two:
            assert one == two == "a/b"


async def test_nobody_listens_where_no_port_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    async def listened(*_: object, **__: object) -> None:
        raise AssertionError("a port was opened")

    monkeypatch.setattr(asyncio, "start_server", listened)
    async with figures.at_port(told, host="127.0.0.1", port=0, token=METRICS_TOKEN):
        pass


def test_a_worker_tells_what_it_sees_of_the_servers(settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    worker = Served(tmp_path, ["worker"], environment(settings, INSTANCE_ID="telling", METRICS_PORT=str(port)))
    try:
        worker.working()
        url = f"http://127.0.0.1:{port}"
        text = httpx.get(f"{url}/metrics", headers=FIGURES).text
        assert 'nch_server_in{instance="telling",server="primary"} 1.0' in text
        assert 'nch_process_cpu_seconds_total{instance="telling"}' in text
        assert "nch_queue_depth" not in text, "the fleet's figures are told by web processes"
        assert (httpx.get(f"{url}/metrics").status_code, httpx.get(f"{url}/livez").text) == (404, "ok\n")
    finally:
        worker.stop()


def test_two_workers_of_a_machine_are_told_at_one_port_and_the_second_takes_it_when_the_first_is_killed(
    settings: Settings, tmp_path: Path
) -> None:  # fmt: skip
    port, workers = free_port(), {}
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        workers[name] = Served(tmp_path / name, ["worker"], environment(settings, INSTANCE_ID="host", METRICS_PORT=str(port)))
        workers[name].working()

    def told_of(*names: str) -> bool:
        try:
            text = httpx.get(f"http://127.0.0.1:{port}/metrics", headers=FIGURES).text
        except httpx.HTTPError:
            return False
        return sorted(re.findall(r'nch_process_cpu_seconds_total{instance="([\w-]+)"}', text)) == [*names]

    with stopped(*workers.values()):
        wait_until(lambda: told_of("host", "host-2"), what="both, each by a name of its own")
        workers["first"].process.kill()
        wait_until(lambda: told_of("host-2"), what="the second alone, by the name it had")
