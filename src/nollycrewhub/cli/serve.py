"""`nollycrewhub serve`: web processes behind one listening socket that all of them inherit."""

import argparse
import asyncio
import contextlib
import errno
import gc
import os
import resource
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

from nollycrewhub import services
from nollycrewhub.cli.reaching import refusals, refuse_strangers
from nollycrewhub.cli.supervisor import Child, Supervisor, go_with_parent, own_command, say, say_ready
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db.budget import refuse_overdraft
from nollycrewhub.platform.httpline import HttpLine
from nollycrewhub.platform.live.socket import Socket
from nollycrewhub.platform.settings import Settings, SettingsError, from_environ
from nollycrewhub.web.assets import DIST
from nollycrewhub.web.deploys import publish_if_possible

BACKLOG = 2048
BLIP = "A server did not answer while this process started, and does now. Start it again."
KEEP_ALIVE = 75
DOOR = "NOLLYCREWHUB_FIGURES"  # where a web process tells its figures to its neighbours
GRACE = 20
OPEN_FILES = 65_536
COLLECT = (10_000, 20, 20)  # new objects before the young are looked through: a refill alone makes a thousand that go by themselves


class PortTaken(Exception):
    """Somebody else listens on the port; the message says what to do."""


def listen(host: str, port: int, *, patience: float = 0.0) -> socket.socket:
    """The listening socket, or PortTaken; `patience` is how long (s) to wait for the last holder to let go."""
    deadline = time.monotonic() + patience
    while True:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            if time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            raise PortTaken(why_not(error, host, port)) from error
        listener.set_inheritable(True)
        return listener


def why_not(error: OSError, host: str, port: int) -> str:
    """The sentence for a port that could not be had, with what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Choose another one: make up PORT={port + 1}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} is not for ordinary users on this system. Choose one above 1023: make up PORT=8000"
    return f"Nothing can listen on {host}, port {port} ({error.strerror}). Choose another one: make up PORT=8000"


class Server(uvicorn.Server):
    """uvicorn with our own drain: not ready first, then no new connections, then the rest of the answers."""

    def __init__(self, config: uvicorn.Config, process: Process) -> None:
        super().__init__(config)
        self.process = process

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)
        yield

    def drain(self) -> None:
        """Says no to the load balancer, gives it time to notice, then lets uvicorn finish what is under way.

        Meanwhile every answer closes its connection, so that few idle ones are left to be cut. The listening socket
        is shared: what waits in its queue goes to the other processes.
        """
        if self.process.runtime.readiness.draining:
            return
        self.process.runtime.readiness.draining = True
        hub = self.process.doorway.hub
        hub.spawn(hub.drain(self.process.runtime.settings.drain_wait))
        asyncio.get_running_loop().call_later(self.process.runtime.settings.drain_wait, self._leave)

    def _leave(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tells a supervisor that waits for it that this process serves."""
        await super().startup(sockets)
        if door := os.environ.get(DOOR):
            await self.process.runtime.figures.listen(Path(door))
        gc.collect()
        gc.freeze()  # what the start made stays for good, and need not be looked through again and again
        gc.set_threshold(*COLLECT)
        if self.started:
            say_ready()


def laptop_routes(settings: Settings) -> tuple[Any, ...]:
    """/dev pages, where the shape allows them; production never imports the devstack."""
    if settings.is_production:
        return ()
    from nollycrewhub.devstack.mailbox import ROUTES  # noqa: PLC0415 - production must not even import it

    return ROUTES


def server_config(app: Any) -> uvicorn.Config:
    """How every web process of ours is served."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=HttpLine,
        ws=Socket,
        lifespan="on",
        server_header=False,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        backlog=BACKLOG,
    )


def open_many_files() -> None:
    """As many as the system allows: each connection is an open file, and shells begin with a thousand or less."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def serve_one(settings: Settings, listener: socket.socket, *, service: str = "monolith") -> None:
    """Serves in this process until a signal; SettingsError when a server it needs does not answer at the start.

    The laptop's pages belong to the whole program only.
    """
    open_many_files()
    extra = {"extra": laptop_routes(settings)} if service == "monolith" else {}
    process: Process = services.load(service).create_app(settings, **extra)
    publish_if_possible(Path(settings.media_folder), DIST)
    try:
        Server(server_config(process), process).run(sockets=[listener])
    except SystemExit:
        if not process.runtime.is_without_server:
            raise
        raise SettingsError(asyncio.run(refusals(settings, as_owner=False)) or [BLIP]) from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--workers", type=int, default=1, help="web processes on this machine (default 1)")
    services.add_argument(parser)
    parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    settings = from_environ()
    if arguments.fd is not None:
        go_with_parent()
        serve_one(settings, socket.socket(fileno=arguments.fd), service=arguments.service)
        return 0
    refuse_strangers(settings, down_too=False)
    refuse_overdraft(settings, web_processes=arguments.workers)
    listener = listen(settings.host, settings.port)
    if arguments.workers == 1:
        serve_one(settings, listener, service=arguments.service)
        return 0
    environment = {**os.environ, "SERVICE": arguments.service, "INSTANCE_ID": settings.instance_id}
    with doors() as folder:
        return Supervisor(web_children(listener, arguments.workers, environment, folder), say=say).run()


def doors() -> tempfile.TemporaryDirectory[str]:
    """Where web processes of one supervisor meet; nobody else may go in. Its path is short, as a socket's has to be."""
    return tempfile.TemporaryDirectory(prefix="nch-")


def web_children(listener: socket.socket, workers: int, environment: dict[str, str], folder: str) -> list[Child]:
    """The web processes to keep: each is called after the instance (INSTANCE_ID), and has its door in the folder."""
    number = listener.fileno()
    return [
        Child(
            f"web {n + 1}", own_command("serve", "--fd", str(number)),
            {**environment, "INSTANCE_ID": f"{environment['INSTANCE_ID']}-web-{n + 1}", DOOR: f"{folder}/{n + 1}.figures"}, (number,), True,
        )
        for n in range(workers)
    ]  # fmt: skip
