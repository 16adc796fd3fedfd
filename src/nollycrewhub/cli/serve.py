"""`nollycrewhub serve`: web processes behind one listening socket that all of them inherit.

Whoever only watches over them loads as little as it can: the program itself is loaded by the web processes
(`serving`), and the servers are looked at by a process that ends.
"""

import argparse
import errno
import os
import socket
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from nollycrewhub import services
from nollycrewhub.cli.fleet import Crew, Fleet, FleetDoor
from nollycrewhub.cli.supervisor import Child, Supervisor, go_with_parent, own_command, run_through, say
from nollycrewhub.platform.settings import Settings, from_environ

BACKLOG = 2048
SOCKET = "fleet.sock"
DOOR = "NOLLYCREWHUB_FIGURES"  # where a web process tells its figures to its neighbours


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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--workers", type=int, default=1, help="web processes on this machine (default 1)")
    services.add_argument(parser)
    parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--look", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    settings = from_environ()
    if arguments.fd is not None:
        go_with_parent()
        import_module("nollycrewhub.cli.serving").serve_one(settings, socket.socket(fileno=arguments.fd), service=arguments.service)
        return 0
    if arguments.look:
        look(settings, workers=arguments.workers)
        return 0
    if arguments.workers == 1 and not settings.fleet_socket:
        look(settings, workers=1)
        listener = listen(settings.host, settings.port)
        import_module("nollycrewhub.cli.serving").serve_one(settings, listener, service=arguments.service)
        return 0
    if code := run_through("serve", "--look", "--workers", str(arguments.workers), environment=dict(os.environ)):
        return code
    listener = listen(settings.host, settings.port)
    environment = {**os.environ, "SERVICE": arguments.service, "INSTANCE_ID": settings.instance_id}
    with doors() as folder:
        crews = [
            Crew("web", web_maker(listener, environment, folder), arguments.workers, least=1),
            Crew("workers", worker_maker(environment), 0, least=0),
        ]
        return watch_over(crews, folder, path=settings.fleet_socket)


def look(settings: Settings, *, workers: int) -> None:
    """SettingsError when a server is missing, is another one, or has too few connections for so many processes."""
    import_module("nollycrewhub.cli.reaching").refuse_strangers(settings, down_too=False)
    import_module("nollycrewhub.platform.db.budget").refuse_overdraft(settings, web_processes=workers)


def doors() -> tempfile.TemporaryDirectory[str]:
    """Where web processes of one supervisor meet; nobody else may go in. Its path is short, as a socket's has to be."""
    return tempfile.TemporaryDirectory(prefix="nch-")


def web_maker(listener: socket.socket, environment: dict[str, str], folder: str) -> Callable[[int], Child]:
    """Makes a web process of a number: it is called after the instance (INSTANCE_ID), and has its door in the folder."""
    number = listener.fileno()

    def make(n: int) -> Child:
        env = {**environment, "INSTANCE_ID": f"{environment['INSTANCE_ID']}-web-{n}", DOOR: f"{folder}/{n}.figures"}
        return Child(f"web {n}", own_command("serve", "--fd", str(number)), env, (number,), True)

    return make


def worker_maker(environment: dict[str, str], *, nice: int = 0) -> Callable[[int], Child]:
    """Makes a worker of a number; the first is called `-worker`, as where there is one only."""

    def make(n: int) -> Child:
        env = {**environment, "INSTANCE_ID": f"{environment['INSTANCE_ID']}-worker{'' if n == 1 else f'-{n}'}"}
        return Child(f"worker {n}" if n > 1 else "worker", own_command("worker", "--nice", str(nice)), env, (), True)

    return make


def watch_over(crews: list[Crew], folder: str, *, path: str, look: Callable[[], None] | None = None) -> int:
    """Keeps the crews, whose numbers can be asked for at the socket (FLEET_SOCKET, else in the folder), until a signal; the exit code."""
    fleet = Fleet(crews)
    supervisor = Supervisor(fleet.children(), say=say)

    def look_on() -> None:
        fleet.look(supervisor)
        if look is not None:
            look()

    supervisor.look = look_on
    door = FleetDoor(fleet, Path(path or f"{folder}/{SOCKET}"))
    try:
        return supervisor.run()
    finally:
        door.close()
        fleet.wait()
