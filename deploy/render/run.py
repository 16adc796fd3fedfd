"""Starts the program on Render: makes the addresses of its roles from the owner's, which is the only one that Render gives.

`python deploy/render/run.py release` makes the roles and migrates; any other words are the program's own.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

ROLES = Path(__file__).resolve().parents[1] / "roles.sql"
PASSWORDS = {"nollycrewhub_app": "APP_PASSWORD", "nollycrewhub_reader": "READER_PASSWORD"}
PROGRAM = [sys.executable, "-m", "nollycrewhub.cli.main"]
NEEDED = ("DATABASE_OWNER_URL", *PASSWORDS.values())


def as_role(address: str, role: str, password: str) -> str:
    """The same server and database for another role."""
    parts = urlsplit(address)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{place}"))


def addresses(env: Mapping[str, str]) -> dict[str, str]:
    """What the program reads, from what Render says. A replica's address is there on web services that ask for it."""
    owner = env["DATABASE_OWNER_URL"]
    app = as_role(owner, "nollycrewhub_app", env["APP_PASSWORD"])
    found = {
        "DATABASE_URL": app, "DATABASE_DIRECT_URL": app,
        "DATABASE_READER_URL": as_role(owner, "nollycrewhub_reader", env["READER_PASSWORD"]),
    }  # fmt: skip
    if replica := env.get("REPLICA_OWNER_URL"):
        found["READ_REPLICA_URLS"] = f"europe={as_role(replica, 'nollycrewhub_reader', env['READER_PASSWORD'])}"
    return found


async def make_roles(owner: str, passwords: Mapping[str, str]) -> None:
    """The roles with their limits and these passwords, whether they were there or not."""
    connection = await asyncpg.connect(owner, timeout=30)
    try:
        await connection.execute(ROLES.read_text())
        for role, password in passwords.items():
            await connection.execute(
                await connection.fetchval("select format('alter role %I password %L', $1::text, $2::text)", role, password)
            )
    finally:
        await connection.close()


def main(words: list[str]) -> None:
    """Becomes the program; a sentence and no traceback when something is not set."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        sys.exit(f"{', '.join(missing)} must be set: deploy/render/render.yaml does it.")
    env = {**os.environ, **addresses(os.environ)}
    if words == ["release"]:
        asyncio.run(make_roles(env["DATABASE_OWNER_URL"], {role: env[name] for role, name in PASSWORDS.items()}))
        words = ["migrate"]
    os.execve(PROGRAM[0], [*PROGRAM, *words], env)  # noqa: S606 - it becomes our own program


if __name__ == "__main__":
    main(sys.argv[1:])
