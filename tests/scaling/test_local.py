"""The local actuator: really starts and stops processes behind one port, and no request notices."""

import asyncio
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest

from nollycrewhub.cli import fleet as module
from nollycrewhub.cli.fleet import Crew, Fleet, FleetDoor
from nollycrewhub.cli.supervisor import Child, Supervisor
from nollycrewhub.loadtest.line import Ask
from nollycrewhub.platform.settings import Settings
from nollycrewhub.scaling.actuators.local import Local
from nollycrewhub.scaling.actuators.port import ActuatorError
from tests.conftest import FULL
from tests.guardian import GUARDIAN
from tests.measuring import Measure
from tests.openloop import OpenLoop, part
from tests.scaling.contract import ActuatorContract, settled
from tests.served import Served, environment, wait_until
from tests.servers import is_gone

RATE = 150.0 if FULL else 40.0
TURNS = 5 if FULL else 1
PATHS = ["/jobs", "/api/jobs?view=compact", "/talent", "/api/jobs?view=full&q=nobody", "/livez"]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A short one: a socket's path has to be."""
    with tempfile.TemporaryDirectory(prefix="nch-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def served(settings: Settings, folder: Path) -> Iterator[Served]:
    """A supervisor of one web process, which can be asked for more."""
    env = environment(
        settings,
        FLEET_SOCKET=str(folder / "fleet.sock"),
        DRAIN_WAIT="0.5",
        READ_POOL_LEAST="1",
        READ_POOL_MOST="4",
        WRITE_POOL="2",
        WRITE_OVERFLOW="2",
    )
    found = Served(folder, ["serve", "--workers", "1"], env).ready()
    yield found
    assert found.stop() == 0
    assert not (folder / "fleet.sock").exists()


@pytest.fixture
def actuator(served: Served, folder: Path) -> Local:
    """Asks it."""
    assert served.process.poll() is None
    return Local(str(folder / "fleet.sock"))


class TestLocal(ActuatorContract):
    @pytest.fixture
    def cut(self, actuator: Local, folder: Path) -> Iterator[Callable[[], Awaitable[None]]]:
        """The socket is moved away, and back afterwards."""
        away = folder / "away.sock"

        async def cut() -> None:
            await asyncio.to_thread(Path(actuator.path).rename, away)

        yield cut
        away.rename(actuator.path)


async def test_growing_and_shrinking_under_load_fails_no_request(actuator: Local, served: Served, measured: Measure) -> None:
    await settled(actuator, lambda fleet: fleet.web == 1)
    done = asyncio.Event()
    load = OpenLoop(served.url)
    running = asyncio.create_task(load.run(lambda n: Ask("page", "GET", PATHS[n % len(PATHS)]), rate=RATE, until=done.is_set))
    for _ in range(TURNS):
        await actuator.ask(web=3, workers=0)
        await settled(actuator, lambda fleet: fleet.web == 3)
        web = [child for child in psutil.Process(served.process.pid).children() if "serve" in child.cmdline()]
        assert len(web) == 3
        await asyncio.sleep(1.0)
        await actuator.ask(web=1, workers=0)
        await settled(actuator, lambda fleet: fleet.web == 1)
        await asyncio.to_thread(wait_until, lambda web=web: sum(map(is_gone, web)) == 2, what="two of three to go by themselves")
    done.set()
    await running
    statuses = load.statuses()
    measured("local actuator", turns=TURNS, rate=RATE, requests=sum(statuses.values()), failed=sum(statuses.values()) - statuses[200],
             p95_ms=part([outcome.seconds for outcome in load.outcomes], 0.95))  # fmt: skip
    assert set(statuses) == {200}, (statuses, load.why)


async def test_what_dies_is_started_again_and_counts_only_then(actuator: Local, served: Served) -> None:
    await actuator.ask(web=2, workers=0)
    await settled(actuator, lambda fleet: fleet.web == 2)
    victim = next(child for child in psutil.Process(served.process.pid).children() if "serve" in child.cmdline())
    victim.kill()
    await settled(actuator, lambda fleet: fleet.web == 1)
    assert (await actuator.fleet()).web_asked == 2
    await settled(actuator, lambda fleet: fleet.web == 2)
    await actuator.ask(web=1, workers=0)


async def test_numbers_that_cannot_be_change_nothing(actuator: Local) -> None:
    before = await actuator.fleet()
    for web, workers, why in (
        (0, 0, "web is a number from 1 to 64."),
        (65, 0, "web is a number from 1 to 64."),
        (2, -1, "workers is a number"),
    ):
        with pytest.raises(ActuatorError, match=why):
            await actuator.ask(web=web, workers=workers)
    assert (await actuator.fleet()).web_asked == before.web_asked


def test_rubbish_at_the_door_is_answered_and_changes_nothing(folder: Path) -> None:
    fleet = Fleet([Crew("web", lambda n: Child(f"{n}", ["true"], {}), 1, least=1)])
    door = FleetDoor(fleet, folder / "rubbish.sock")
    assert (folder / "rubbish.sock").stat().st_mode & 0o077 == 0, "nobody else may ask"
    try:
        for said in (
            b"\n",
            b"[]\n",
            b"\xff\n",
            b'{"op": "stop"}\n',
            b'{"op": "ask", "cooks": 2}\n',
            b'{"op": "ask", "web": true}\n',
            b'{"op":1}\n',
        ):
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(folder / "rubbish.sock"))
                line.sendall(said)
                assert line.recv(10_000).startswith(b'{"error": "'), said
        assert fleet.told() == {"web": 0, "web_asked": 1}
    finally:
        door.close()


def test_a_child_that_was_asked_to_go_and_does_not_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    stubborn = ["python3", "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"]
    crews = [Crew("web", lambda n: Child(f"{n}", stubborn, {}), 2, least=1)]
    kept = Fleet(crews)
    supervisor = Supervisor(kept.children(), say=lambda _: None)
    for child in supervisor.children:
        child.start(supervisor.lifeline)
        assert child.process is not None
        GUARDIAN.keep(child.process)
    second = supervisor.children[1].process
    assert second is not None
    time.sleep(0.5)
    assert kept.ask({"web": 1}) == ""
    for _ in range(20):
        kept.look(supervisor)
        time.sleep(0.1)
    assert (second.poll(), kept.leaving, kept.told()["web"]) == (-9, [], 1)
    assert supervisor.children[0].process is not None
    supervisor.children[0].process.kill()
    supervisor.stop()
