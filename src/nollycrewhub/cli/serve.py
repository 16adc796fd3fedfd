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
from importlib import import_module

from nollycrewhub import services
from nollycrewhub.cli.supervisor import Child, Supervisor, go_with_parent, own_command, run_through, say
from nollycrewhub.platform.settings import Settings, from_environ

BACKLOG = 2048
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
    if arguments.workers == 1:
        look(settings, workers=1)
        listener = listen(settings.host, settings.port)
        import_module("nollycrewhub.cli.serving").serve_one(settings, listener, service=arguments.service)
        return 0
    if code := run_through("serve", "--look", "--workers", str(arguments.workers), environment=dict(os.environ)):
        return code
    listener = listen(settings.host, settings.port)
    environment = {**os.environ, "SERVICE": arguments.service, "INSTANCE_ID": settings.instance_id}
    with doors() as folder:
        return Supervisor(web_children(listener, arguments.workers, environment, folder), say=say).run()


def look(settings: Settings, *, workers: int) -> None:
    """SettingsError when a server is missing, is another one, or has too few connections for so many processes."""
    import_module("nollycrewhub.cli.reaching").refuse_strangers(settings, down_too=False)
    import_module("nollycrewhub.platform.db.budget").refuse_overdraft(settings, web_processes=workers)


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
