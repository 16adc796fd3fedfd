"""`nollycrewhub doctor`: what is wrong with a set-up, in sentences."""

import argparse
import asyncio
import os
import resource
import shutil
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub import services
from nollycrewhub.cli.reaching import database_refusal, folder_refusal, owner_refusal, valkey_refusal
from nollycrewhub.platform.db.budget import overdrafts
from nollycrewhub.platform.db.position import CLUSTER
from nollycrewhub.platform.settings import Settings, SettingsError, from_environ, shape_of
from nollycrewhub.scaling.actuators.choosing import platform_of
from nollycrewhub.scaling.actuators.port import ActuatorError

LEAST_SPACE = 2_000_000_000
LEAST_FILES = 4096
LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
# Stand for the servers that `make up` brings, so that all other settings are looked at without them.
BROUGHT = {"DATABASE_URL": "postgresql://app@127.0.0.1/x", "SESSION_URL": "redis://127.0.0.1/0"}
TABLES = "select to_regclass('platform.event') is not null as ground, to_regclass('jobs.job') is not null as jobs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(arguments: argparse.Namespace) -> int:
    """Prints a sentence per finding; 0 when there is none."""
    faults = [*machine_faults(), *filter(None, [services.fault()])]
    env = {name: value for name, value in os.environ.items() if value}
    asked_servers = "DATABASE_URL" in env or shape_of(env) == "production"
    if not asked_servers:
        print("No DATABASE_URL is set, so no server was looked at: `make up` brings its own.")
    try:
        settings = from_environ(env if asked_servers else {**BROUGHT, **env})
    except SettingsError as error:
        faults += error.sentences
    else:
        faults += asyncio.run(server_faults(settings) if asked_servers else outside_faults(settings)) + place_faults(settings)
    for fault in faults:
        print(f"- {fault}")
    if not faults:
        print("Nothing is wrong that this command can see." if asked_servers else "This machine has what it takes.")
    return 1 if faults else 0


def machine_faults() -> list[str]:
    """What is wrong with this machine."""
    faults = []
    free = shutil.disk_usage(Path.cwd()).free
    if free < LEAST_SPACE:
        faults.append(f"Only {free // 10**6} MB of disk are free here; 2000 MB are wanted.")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < LEAST_FILES:
        faults.append(f"This system allows only {hard} open files a process; raise it to {LEAST_FILES} (ulimit -Hn).")
    if sys.prefix == sys.base_prefix:
        faults.append("This is not the project's virtual environment. Run `make setup`, then `.venv/bin/nollycrewhub`.")
    return faults


async def server_faults(settings: Settings) -> list[str]:
    """What is wrong with the servers the settings name."""
    faults = await overdrafts(settings)
    if settings.database_owner_url != settings.database_direct_url:
        faults += filter(None, [await database_refusal("DATABASE_OWNER_URL", settings.database_owner_url)])
    faults += filter(None, [await owner_refusal(settings.database_owner_url)])
    urls = {
        "DATABASE_URL": settings.database_url,
        "DATABASE_DIRECT_URL": settings.database_direct_url,
        "DATABASE_READER_URL": settings.database_reader_url,
        **{f"READ_REPLICA_URLS ({name})": url for name, url in settings.read_replica_urls.items()},
    }
    for name, url in urls.items():
        faults += await database_faults(name, url, reader=name not in ("DATABASE_URL", "DATABASE_DIRECT_URL"))
    faults += await stranger_faults(settings)
    for name, url in {"SESSION_URL": settings.session_url, "CACHE_URL": settings.cache_url}.items():
        faults += await valkey_faults(name, url, keeps=name == "SESSION_URL")
    return faults + await outside_faults(settings)


async def stranger_faults(settings: Settings) -> list[str]:
    """Replicas that are copies of another server than the primary; who cannot be asked is told of elsewhere."""
    own = await cluster(settings.database_direct_url)
    found = {name: await cluster(url) for name, url in settings.read_replica_urls.items()}
    return [
        f"READ_REPLICA_URLS ({name}): this server is a copy of another primary, so nobody is answered from it. "
        f"Name a replica of the server in DATABASE_URL."
        for name, other in found.items() if own and other and other != own
    ]  # fmt: skip


async def cluster(url: str) -> int:
    """Which cluster a server belongs to; 0 when it cannot be asked."""
    try:
        connection = await asyncpg.connect(url, timeout=3, statement_cache_size=0)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return 0
    try:
        return int(await connection.fetchval(CLUSTER))
    finally:
        await connection.close()


async def valkey_faults(name: str, url: str, *, keeps: bool) -> list[str]:
    """What is wrong with one Valkey address; one that keeps sessions must not make room by forgetting some."""
    if refusal := await valkey_refusal(name, url):
        return [refusal]
    client = valkey.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        memory = await client.info("memory")
    except RedisError:
        return [f"{name}: Valkey answers only now and then."]
    finally:
        await client.aclose()
    if keeps and memory.get("maxmemory_policy") != "noeviction":
        return [f"{name}: this Valkey may drop sessions when it is full; set its maxmemory-policy to noeviction."]
    return []


async def outside_faults(settings: Settings) -> list[str]:
    """What is wrong with the mail server, and with the platform that is asked to scale."""
    faults = await scaling_faults(settings)
    if settings.mail_url:
        mail = urlsplit(settings.mail_url)
        try:
            async with asyncio.timeout(3):
                _, writer = await asyncio.open_connection(mail.hostname, mail.port or (465 if mail.scheme == "smtps" else 587))
            writer.close()
        except (OSError, TimeoutError) as error:
            faults.append(f"MAIL_URL: the mail server does not answer ({type(error).__name__}). Start it, or correct host and port.")
    return faults


async def scaling_faults(settings: Settings) -> list[str]:
    """What the platform answers that is asked to scale; nothing is changed there."""
    try:
        actuator = platform_of(settings, budget=5.0)
        if actuator is None:
            return []
        try:
            await actuator.fleet()
        finally:
            await actuator.close()
    except ActuatorError as error:
        return [f"SCALING_ACTUATOR: {error}"]
    return []


def place_faults(settings: Settings) -> list[str]:
    """What is wrong with the place for uploads, made or still to be made, and with the address to listen on."""
    faults = list(filter(None, [folder_refusal(settings)]))
    try:
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as door:
            door.bind((settings.host, 0))
    except OSError as error:
        faults.append(f"HOST: nothing can listen on {settings.host} ({error.strerror}). Write an address of this machine, or 0.0.0.0.")
    return faults


async def database_faults(name: str, url: str, *, reader: bool) -> list[str]:
    """What is wrong with one database address."""
    try:
        connection = await asyncpg.connect(url, timeout=3)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return [await database_refusal(name, url) or f"{name}: PostgreSQL answers only now and then."]
    faults = []
    try:
        found = await connection.fetchrow(TABLES)
        if not (found["ground"] and found["jobs"]):
            faults.append(f"{name}: the schema is not there. Run `nollycrewhub migrate`.")
        writable = await connection.fetchval("select has_schema_privilege(current_user, 'public', 'create')")
        if writable:
            faults.append(f"{name}: its role may create tables; use the app role (or the reader) of the design.")
        may_write = await connection.fetchval("select current_setting('default_transaction_read_only') = 'off'")
        faults += [f"{name}: its role has no {limit}; see docs/mechanisms/pools.md." for limit in await limits_missing(connection)]
        if reader and may_write:
            faults.append(f"{name}: its role may write; reads want the read-only role.")
    finally:
        await connection.close()
    return faults


async def limits_missing(connection: asyncpg.Connection) -> list[str]:
    """The time-outs this role's connections do not have."""
    return [limit for limit in LIMITS if await connection.fetchval("select setting::int from pg_settings where name = $1", limit) == 0]
