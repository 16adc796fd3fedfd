"""`nollycrewhub up`: everything on this machine, from nothing to a working job market."""

import argparse
import asyncio
import contextlib
import os
import resource
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from nollycrewhub import services
from nollycrewhub.cli import migrate, running, seeding
from nollycrewhub.cli.fleet import Crew
from nollycrewhub.cli.reaching import refuse_strangers
from nollycrewhub.cli.serve import SOCKET, PortTaken, doors, listen, watch_over, web_maker, worker_maker
from nollycrewhub.cli.supervisor import run_through, say
from nollycrewhub.devstack.account import DevstackError
from nollycrewhub.devstack.stack import Addresses, Stack
from nollycrewhub.devstack.watch import Watch
from nollycrewhub.platform.carriers.push import new_key
from nollycrewhub.platform.db.budget import refuse_overdraft
from nollycrewhub.platform.settings import Settings, SettingsError, from_environ

OPEN_FILES = 65_536
NO_SAMPLE = "not asked for"
ACCOUNTS = """
  talent       talent@example.com     password123
  producer     producer@example.com   password123
  operator     operator@example.com   password123
"""
# Stands for our own servers' addresses while there are none.
OURS_TO_BE = Addresses(
    database_url="postgresql://app@127.0.0.1/x", database_owner_url="postgresql://owner@127.0.0.1/x",
    database_direct_url="postgresql://app@127.0.0.1/x", database_reader_url="postgresql://reader@127.0.0.1/x", read_replica_urls={},
    session_url="redis://127.0.0.1/0", cache_url="redis://127.0.0.1/0",
).environment()  # fmt: skip
BEHIND = 5  # the worker's nice value: where both want the processor, pages have three times as much of it
ORPHANS_PATIENCE = 10.0  # for the port, after a run that was killed: its web processes are still letting go


def raise_open_files() -> int:
    """Asks for as many open files as the machine lets us have; what it gave."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def kept_secret(folder: Path, name: str = "secret", *, make: Callable[[], str] = partial(secrets.token_urlsafe, 48)) -> str:
    """A secret of the laptop's own, made once and readable by its owner only."""
    path = folder / name
    if not path.exists() or not path.read_text().strip():  # a start that was killed in between leaves an empty one
        path.touch(mode=0o600)
        path.write_text(make())
    return path.read_text().strip()


def push_keys(env: dict[str, str], folder: Path) -> dict[str, str]:
    """The laptop's own key for pushes, made once: browsers are bound to it. It is used where VAPID_SUBJECT says whose pushes they are.

    Without that word pushes stay on this machine, as mails and text messages do.
    """
    key = env.get("VAPID_PRIVATE_KEY") or kept_secret(folder, "vapid-key", make=new_key)
    return {"VAPID_PRIVATE_KEY": key} if env.get("VAPID_SUBJECT") else {}


def within(least: int, most: int) -> Callable[[str], int]:
    """A kind of option: a whole number between two others."""

    def number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--port", type=within(1, 65_535), default=os.environ.get("PORT") or "8000")
    parser.add_argument("--workers", type=within(1, 64), default=2, help="web processes (default 2)")
    parser.add_argument("--data", type=Path, default=Path(".data"), help="where everything is kept (default .data)")
    parser.add_argument("--no-sample", action="store_true", help="start without sample people and jobs")


def environment(arguments: argparse.Namespace) -> dict[str, str]:
    """The children's environment, but for the addresses of our own servers."""
    env = {
        **os.environ,
        "PORT": str(arguments.port),
        "INSTANCE_ID": os.environ.get("INSTANCE_ID") or os.environ.get("RENDER_INSTANCE_ID") or "laptop",
    }
    env.setdefault("NOLLYCREWHUB_SHAPE", "laptop")
    env.setdefault("MEDIA_FOLDER", str(arguments.data.resolve() / "media"))
    env.setdefault("EDGE_ADDRESSES", "127.0.0.1/32")
    env.setdefault("BACKUP_URL", (arguments.data.resolve() / running.BACKUPS).as_uri())
    if not env.get("SECRET") and not env.get("SESSION_SECRET"):
        env["SECRET"] = kept_secret(arguments.data)
    if not env.get("METRICS_TOKEN"):
        env["METRICS_TOKEN"] = kept_secret(arguments.data, "metrics-token")
    return env | push_keys(env, arguments.data)


def load_sample(settings: Settings, env: dict[str, str], stack: Stack | None) -> str:
    """Loads the sample people and jobs once, and has them written through, so that a crash soon after is mended quickly.

    A process of its own does it: interrupted, it is gone in the middle of whatever it does, and the database undoes it.
    """
    if asyncio.run(seeding.is_loaded(settings)):
        return "already there"
    say("Loading the sample people and jobs; that takes up to a minute, the first time only.")
    started = time.monotonic()
    if run_through("seed", environment=env) != 0:
        raise DevstackError("The sample people and jobs could not be loaded. `nollycrewhub up --no-sample` starts without them.")
    if stack is not None:
        stack.primary.sql("checkpoint")
    return f"loaded in {time.monotonic() - started:.0f} s"


def interrupt(*_: object) -> None:
    """A polite end (SIGTERM, a closed terminal) while starting is the same as Ctrl-C."""
    raise KeyboardInterrupt


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        arguments.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        env = environment(arguments)
        refuse_settings(env)
        stack = None if env.get("DATABASE_URL") else Stack(arguments.data)
        if stack is not None:
            stack.claim()
        unclean = arguments.data / running.FILE  # there only while a run goes on, or after one that was killed
        patience = ORPHANS_PATIENCE if unclean.exists() else 0.0
        with listen(os.environ.get("HOST") or "127.0.0.1", arguments.port, patience=patience) as listener:
            unclean.touch()
            try:
                code = start(arguments, env, listener, stack=stack)
            finally:
                stop(stack)
                unclean.unlink(missing_ok=True)
    except (PortTaken, DevstackError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(why_not(error, arguments.data), file=sys.stderr)
        return 1
    return code


def why_not(error: OSError, data: Path) -> str:
    """The sentence for what the system refused: a server of one's own, or the data folder."""
    if os.environ.get("DATABASE_URL") and error.filename is None:
        return (
            f"A server that DATABASE_URL, SESSION_URL or CACHE_URL names does not answer ({error}). Start it, or unset "
            "DATABASE_URL and `make up` brings its own. `nollycrewhub doctor` says which one it is."
        )
    return f"The data folder {data} cannot be used ({error}). Choose another one: make up DATA=folder"


def refuse_settings(env: dict[str, str]) -> None:
    """SettingsError for what cannot be, before any server is started; our own servers' addresses come later."""
    if wrong := services.fault():
        raise SettingsError([wrong])
    from_environ(env if env.get("DATABASE_URL") else {**env, **OURS_TO_BE})


def start(arguments: argparse.Namespace, env: dict[str, str], listener: socket.socket, *, stack: Stack | None) -> int:
    """Brings everything up and keeps it up until a signal."""
    began = time.monotonic()
    files = raise_open_files()
    if stack is not None:
        say("Starting PostgreSQL and Valkey.")
        env |= stack.start().environment()
        env["BACKUP_DATABASE_URL"] = stack.primary.url("replicator", database="postgres")
    env["WEB_PROCESSES"] = str(max(int(env.get("WEB_PROCESSES") or 0), arguments.workers))
    settings = from_environ(env)
    if stack is None:
        refuse_strangers(settings, down_too=True)
    refuse_overdraft(settings)
    running.note(arguments.data, env)
    migrate.upgrade(settings)
    sample = NO_SAMPLE if arguments.no_sample or settings.is_production else load_sample(settings, env, stack)
    greet(arguments, stack=stack, sample=sample, files=files)
    watch = None if stack is None else Watch(stack, say=say)
    door = Door(arguments.port, began)

    def look() -> None:
        door.look()
        if watch is not None:
            watch.look()

    try:
        with doors() as folder:
            env["FLEET_SOCKET"] = env.get("FLEET_SOCKET") or f"{folder}/{SOCKET}"
            running.note(arguments.data, env)
            crews = [
                Crew("web", web_maker(listener, env, folder), arguments.workers, least=1),
                Crew("workers", worker_maker(env, nice=BEHIND), 1, least=0),
            ]
            return watch_over(crews, folder, path=env["FLEET_SOCKET"], look=look)
    finally:
        if watch is not None:
            watch.stop()


class Door:
    """Says once, and truly, that the front door answers."""

    def __init__(self, port: int, began: float) -> None:
        self.port = port
        self.began = began
        self.is_open = False

    def look(self) -> None:
        """Knocks until it is opened."""
        if self.is_open:
            return
        line = HTTPConnection("127.0.0.1", self.port, timeout=0.5)
        with contextlib.suppress(OSError, HTTPException):
            line.request("GET", "/readyz")
            self.is_open = line.getresponse().status == 200
        line.close()
        if self.is_open:
            say(f"It answers, {time.monotonic() - self.began:.0f} s after the start: http://127.0.0.1:{self.port}\n")


def stop(stack: Stack | None) -> None:
    """Stops our own servers; an impatient second Ctrl-C does not leave half of them behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if stack is not None:
        stack.stop()
    say("Everything is stopped.")


def replicas_of(stack: Stack) -> str:
    """The replicas with their regions, as people read them."""
    ports = [standby.port for standby in stack.standbys]
    return " and ".join(f"{region} on {port}" for region, port in zip(stack.addresses().read_replica_urls, ports, strict=True))


def greet(arguments: argparse.Namespace, *, stack: Stack | None, sample: str, files: int) -> None:
    """Says what runs, where, and who can sign in."""
    servers = "your own servers (DATABASE_URL is set)" if stack is None else (
        f"PostgreSQL 18 on {stack.primary.port}, streaming to {replicas_of(stack)}; "
        f"Valkey for sessions on {stack.valkeys[0].port} and for cache on {stack.valkeys[1].port}"
    )  # fmt: skip
    say(
        f"""
NollyCrewHub is starting on http://127.0.0.1:{arguments.port}

  servers      {servers}
  processes    {arguments.workers} web, 1 worker; {files} open files at most
  sample data  {sample}
  data folder  {arguments.data.resolve()}
  mailbox      http://127.0.0.1:{arguments.port}/dev/mail
  figures      http://127.0.0.1:{arguments.port}/metrics, with the token in {arguments.data.resolve() / "metrics-token"}
{"" if sample == NO_SAMPLE else ACCOUNTS}
Ctrl-C stops all of it.
"""
    )
