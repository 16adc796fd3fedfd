"""`nollycrewhub up`: everything on this machine, from nothing to a working job market."""

import argparse
import asyncio
import os
import resource
import secrets
import sys
import time
from pathlib import Path

from nollycrewhub.cli import migrate, seeding
from nollycrewhub.cli.serve import PortTaken, listen, web_children
from nollycrewhub.cli.supervisor import Child, Supervisor, own_command
from nollycrewhub.devstack.account import DevstackError
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.settings import Settings, SettingsError, from_environ

OPEN_FILES = 65_536


def raise_open_files() -> int:
    """Asks for as many open files as the machine lets us have; what it gave."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def kept_secret(folder: Path) -> str:
    """The laptop's own secret, made once and readable by its owner only."""
    path = folder / "secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
    parser.add_argument("--workers", type=int, default=2, help="web processes (default 2)")
    parser.add_argument("--data", type=Path, default=Path(".data"), help="where everything is kept (default .data)")
    parser.add_argument("--no-sample", action="store_true", help="start without sample people and jobs")


def environment(arguments: argparse.Namespace) -> tuple[dict[str, str], Stack | None]:
    """The children's environment, and the stack when the servers are ours."""
    env = {**os.environ, "PORT": str(arguments.port), "INSTANCE_ID": os.environ.get("INSTANCE_ID", "laptop")}
    env.setdefault("NOLLYCREWHUB_SHAPE", "laptop")
    arguments.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    env.setdefault("MEDIA_FOLDER", str(arguments.data.resolve() / "media"))
    env.setdefault("EDGE_ADDRESSES", "127.0.0.1/32")
    if not env.get("SECRET") and not env.get("SESSION_SECRET"):
        env["SECRET"] = kept_secret(arguments.data)
    if env.get("DATABASE_URL"):
        return env, None
    stack = Stack(arguments.data)
    return {**env, **stack.start().environment()}, stack


def load_sample(settings: Settings) -> str:
    """Loads the sample people and jobs once."""
    started = time.monotonic()
    did = asyncio.run(seeding.run(settings, users=10_000, jobs=20_000, applications=60_000, seed=1))
    return f"loaded in {time.monotonic() - started:.0f} s" if did else "already there"


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    began = time.monotonic()
    files = raise_open_files()
    try:
        listener = listen(os.environ.get("HOST") or "127.0.0.1", arguments.port)
        env, stack = environment(arguments)
    except (PortTaken, DevstackError) as error:
        print(error, file=sys.stderr)
        return 1
    try:
        settings = from_environ(env)
        migrate.upgrade(settings)
        sample = "not asked for" if arguments.no_sample or settings.is_production else load_sample(settings)
        worker = Child("worker", own_command("worker"), {**env, "INSTANCE_ID": f"{env['INSTANCE_ID']}-worker"})
        children = [*web_children(listener, arguments.workers, env), worker]
        greet(arguments, stack=stack, sample=sample, files=files, seconds=time.monotonic() - began)
        return Supervisor(children).run()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        listener.close()
        if stack is not None:
            stack.stop()
            print("Everything is stopped.")


def greet(arguments: argparse.Namespace, *, stack: Stack | None, sample: str, files: int, seconds: float) -> None:
    """Says what runs, where, and who can sign in."""
    servers = "your own servers (DATABASE_URL is set)" if stack is None else (
        f"PostgreSQL 18 on {stack.primary.port} with a streaming replica on {stack.standbys[0].port}, "
        f"Valkey for sessions on {stack.valkeys[0].port} and for cache on {stack.valkeys[1].port}"
    )  # fmt: skip
    print(
        f"""
NollyCrewHub is starting on http://127.0.0.1:{arguments.port}   (ready to serve after {seconds:.0f} s)

  servers      {servers}
  processes    {arguments.workers} web, 1 worker; {files} open files at most
  sample data  {sample}
  data folder  {arguments.data.resolve()}
  mailbox      http://127.0.0.1:{arguments.port}/dev/mail

  talent       talent@example.com     password123
  producer     producer@example.com   password123
  operator     operator@example.com   password123

Ctrl-C stops all of it.
""",
        flush=True,
    )
