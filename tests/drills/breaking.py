"""Twenty-six ways to break what a running market stands on, how each is mended, and what it may cost meanwhile."""

import contextlib
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from nollycrewhub.devstack.postgres import DATABASE, Server
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.devstack.valkey import Valkey
from nollycrewhub.platform.settings import Settings
from tests.faults.test_matrix import fill_disk
from tests.served import Served
from tests.servers import kill

BACKENDS = "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'nollycrewhub%'"
HEAVY = "select count(*) from generate_series(1, 100000000) a"
CONNECTIONS = 40
CROWD = 150


@dataclass
class Market:
    """What is broken: the servers, the web processes of one port, a worker."""

    stack: Stack
    settings: Settings
    served: Served
    worker: Served
    start_worker: Callable[[], Served]
    held: list[Any] = field(default_factory=list)

    def busiest(self) -> psutil.Process:
        """The web process that has most of the callers."""
        web = [each for each in psutil.Process(self.served.process.pid).children() if "--fd" in each.cmdline()]
        return max(web, key=lambda each: len([line for line in each.net_connections("tcp") if line.status == psutil.CONN_ESTABLISHED]))

    def sql(self, text: str) -> None:
        """On the primary, as its superuser."""
        self.stack.primary.sql(text, database=DATABASE)

    def beside(self, doing: Callable[[], object]) -> None:
        """Something that takes as long as the fault lasts."""
        thread = threading.Thread(target=lambda: quietly(doing), daemon=True)
        thread.start()
        self.held.append(thread)

    def let_go(self) -> None:
        """Whatever was held ends."""
        for each in self.held:
            each.join(20) if isinstance(each, threading.Thread) else each.close()
        self.held.clear()


def quietly(doing: Callable[[], object]) -> None:
    """A fault's own failure is no finding."""
    with contextlib.suppress(Exception):
        doing()


@dataclass(frozen=True)
class Fault:
    """How one thing is broken and mended; the least share of reads that are answered, and the most seconds until all is well again."""

    breaks: Callable[[Market], object]
    mends: Callable[[Market], object] = Market.let_go
    reads: float = 0.999
    well_after: float = 5.0
    hangs_up: bool = False  # whoever was talking to what died may lose that one answer


def processes(server: Server) -> Iterator[psutil.Process]:
    """A PostgreSQL server's processes, the first one first."""
    first = psutil.Process(int((server.folder / "postmaster.pid").read_text().split()[0]))
    yield first
    yield from first.children(recursive=True)


def suspend(server: Server) -> None:
    """A server that holds its connections and says nothing."""
    for process in processes(server):
        process.suspend()


def resume(server: Server) -> None:
    """It goes on."""
    for process in processes(server):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()


def tell(valkey: Valkey, number: int) -> None:
    """A signal to a Valkey."""
    psutil.Process(int((valkey.folder / "pid").read_text())).send_signal(number)


def kill_valkey(valkey: Valkey) -> None:
    """`kill -9`, gone on return."""
    process = psutil.Process(int((valkey.folder / "pid").read_text()))
    process.kill()
    with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        process.wait(5)


def replay(market: Market, what: str) -> None:
    """Standbys that receive and do not show, or show again."""
    for standby in market.stack.standbys:
        standby.sql(f"select pg_wal_replay_{what}()")


def take_connections(market: Market) -> None:
    """Strangers hold connections of the primary's, and work on each."""
    for _ in range(CONNECTIONS):
        market.beside(lambda: market.sql("select pg_sleep(3)"))


def crowd(market: Market, first: bytes, *, then: bytes = b"", reset: bool = False) -> None:
    """Many connections that say something and no more, or hang up at once."""
    for _ in range(CROWD):
        line = socket.create_connection(("127.0.0.1", market.served.port), 5)
        quietly(lambda line=line: line.sendall(first))
        if reset:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            line.close()
        else:
            market.held.append(line)
            if then:
                quietly(lambda line=line: line.sendall(then))


def block_media(market: Market, *, blocked: bool) -> None:
    """No upload can be stored, or can again."""
    folder = Path(market.settings.media_folder)
    aside = folder.with_name("aside")
    if blocked:
        folder.mkdir(parents=True, exist_ok=True)
        folder.rename(aside)
        folder.touch()
    else:
        folder.unlink()
        aside.rename(folder)


def revive_worker(market: Market) -> None:
    """As a supervisor does."""
    market.worker = market.start_worker()


def freeze_web(market: Market) -> None:
    """The web process that callers are on stands still for two seconds, as on a machine that swaps."""
    process = market.busiest()
    process.suspend()
    market.beside(lambda: (time.sleep(2), process.resume()))


def rolled(market: Market) -> None:
    """Every web process is replaced."""
    market.served.process.send_signal(signal.SIGUSR1)


FAULTS = {
    "primary killed": Fault(lambda m: kill(m.stack.primary), lambda m: m.stack.primary.start(), well_after=10),
    "primary stopped": Fault(lambda m: m.stack.primary.stop(), lambda m: m.stack.primary.start(), well_after=10),
    "primary hung": Fault(lambda m: suspend(m.stack.primary), lambda m: resume(m.stack.primary), reads=0.99, well_after=15),
    "one replica killed": Fault(lambda m: kill(m.stack.standbys[0]), lambda m: m.stack.revive(m.stack.standbys[0])),
    "both replicas killed": Fault(
        lambda m: [kill(each) for each in m.stack.standbys], lambda m: [m.stack.revive(each) for each in m.stack.standbys]
    ),
    "one replica hung": Fault(lambda m: suspend(m.stack.standbys[0]), lambda m: resume(m.stack.standbys[0]), reads=0.99),
    "replay stands still": Fault(lambda m: replay(m, "pause"), lambda m: replay(m, "resume")),
    "sessions killed": Fault(lambda m: kill_valkey(m.stack.valkeys[0]), lambda m: m.stack.revive(m.stack.valkeys[0])),
    "sessions hung": Fault(lambda m: tell(m.stack.valkeys[0], signal.SIGSTOP), lambda m: tell(m.stack.valkeys[0], signal.SIGCONT)),
    "cache killed": Fault(lambda m: kill_valkey(m.stack.valkeys[1]), lambda m: m.stack.revive(m.stack.valkeys[1])),
    "cache hung": Fault(lambda m: tell(m.stack.valkeys[1], signal.SIGSTOP), lambda m: tell(m.stack.valkeys[1], signal.SIGCONT)),
    "cache emptied": Fault(lambda m: m.stack.valkeys[1].ask("FLUSHALL")),
    "every connection cut": Fault(lambda m: [quietly(partial(s.sql, BACKENDS)) for s in (m.stack.primary, *m.stack.standbys)], reads=0.99),
    "hot table locked": Fault(lambda m: m.beside(lambda: m.sql("begin; lock table jobs.job; select pg_sleep(2); commit"))),
    "connections taken": Fault(take_connections),
    "runaway queries": Fault(lambda m: [m.beside(lambda: m.sql(f"set statement_timeout = 3000; {HEAVY}")) for _ in range(2)], reads=0.99),
    "log switched and written through": Fault(lambda m: m.sql("select pg_switch_wal(); checkpoint")),
    "web process killed": Fault(lambda m: m.busiest().kill(), hangs_up=True, reads=0.98),
    "web process frozen": Fault(freeze_web),
    "worker killed": Fault(lambda m: m.worker.kill(), revive_worker),
    "every process replaced": Fault(rolled, well_after=15),
    "media folder gone": Fault(lambda m: block_media(m, blocked=True), lambda m: block_media(m, blocked=False)),
    "disk full": Fault(lambda m: fill_disk(m.stack, full=True), lambda m: fill_disk(m.stack, full=False)),
    "slow senders": Fault(lambda m: crowd(m, b"POST /api/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n", then=b"{")),
    "callers hang up": Fault(lambda m: crowd(m, b"GET /jobs HTTP/1.1\r\nHost: x\r\n\r\n", reset=True)),
    "rubbish": Fault(lambda m: crowd(m, b"\x16\x03\x01 no such thing\r\n\r\n")),
}
