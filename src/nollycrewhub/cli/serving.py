"""One web process: the program on the socket it was given, until a signal."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

from nollycrewhub import services
from nollycrewhub.cli.reaching import refusals
from nollycrewhub.cli.serve import BACKLOG, DOOR
from nollycrewhub.cli.supervisor import say_ready
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.httpline import HttpLine
from nollycrewhub.platform.live.socket import Socket
from nollycrewhub.platform.settings import Settings, SettingsError
from nollycrewhub.web.assets import DIST
from nollycrewhub.web.deploys import publish_if_possible

BLIP = "A server did not answer while this process started, and does now. Start it again."
KEEP_ALIVE = 75
GRACE = 20
FRESH_SECONDS = 0.5  # for the first request of a connection that was accepted last; a browser keeps some open and asks nothing
LET_IN = 0.02
OPEN_FILES = 65_536
COLLECT = (10_000, 20, 20)  # new objects before the young are looked through: a refill alone makes a thousand that go by themselves


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

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """First no new connections; then whoever was let in last is answered; then uvicorn says goodbye to all others.

        A connection that was accepted a moment ago has its request on the way. Closed unanswered, it would be a failed request, for
        a proxy sends again only what it had sent over a connection of before.
        """
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        for _ in range(int(FRESH_SECONDS / LET_IN)):
            await asyncio.sleep(LET_IN)
            if not any(is_fresh(one) for one in self.server_state.connections):
                break
        await super().shutdown(sockets)

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


def is_fresh(connection: object) -> bool:
    """Whether nothing has been asked over it yet."""
    return isinstance(connection, HttpLine) and connection.cycle is None


def laptop_routes(settings: Settings) -> tuple[Any, ...]:
    """/dev pages, where the shape allows them; production never imports the devstack."""
    if settings.is_production:
        return ()
    from nollycrewhub.devstack import mailbox, pushing, waiting  # noqa: PLC0415 - production must not even import them

    return (*mailbox.ROUTES, *pushing.ROUTES, *waiting.ROUTES)


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
