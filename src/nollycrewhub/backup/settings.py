"""What the backup commands read from the environment, and nothing else: they must work while everything else is broken."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nollycrewhub.backup.errors import Refused

VARIABLES = ("BACKUP_URL", "BACKUP_DATABASE_URL", "BACKUP_KEEP_DAYS", "BACKUP_KEEP_LEAST")
KEEP_DAYS = 14
KEEP_LEAST = 2
MOST = 10_000
MOST_PORT = 65_535


@dataclass(frozen=True)
class BackupSettings:
    """Where backups go, where they come from, and how long they stay."""

    store: str
    database: str
    keep_days: int = KEEP_DAYS
    keep_least: int = KEEP_LEAST


def settings_of(environ: Mapping[str, str] | None = None, *, with_database: bool) -> BackupSettings:
    """The settings; Refused when one that is needed is missing or is no number."""
    env = os.environ if environ is None else environ
    store = env.get("BACKUP_URL") or ""
    if not store:
        raise Refused("BACKUP_URL is not set. Say where backups are kept: file:///var/backups/nollycrewhub or s3://bucket/folder.")
    if "://" not in store:
        store = Path(store).absolute().as_uri()
    database = env.get("BACKUP_DATABASE_URL") or env.get("DATABASE_DIRECT_URL") or env.get("DATABASE_URL") or ""
    if with_database and not database:
        raise Refused("Neither BACKUP_DATABASE_URL nor DATABASE_DIRECT_URL is set. Name the primary, with a role that may replicate.")
    return BackupSettings(store, database, number(env, "BACKUP_KEEP_DAYS", KEEP_DAYS), number(env, "BACKUP_KEEP_LEAST", KEEP_LEAST))


@dataclass(frozen=True)
class Telling:
    """Where `backup log` tells its figures, under which name, and to whom; port 0 is nowhere."""

    instance: str
    host: str
    port: int
    token: str


def telling_of(environ: Mapping[str, str] | None = None) -> Telling:
    """The program's own METRICS_PORT, METRICS_TOKEN, HOST and INSTANCE_ID, and no other of its settings."""
    env = os.environ if environ is None else environ
    port = number(env, "METRICS_PORT", 0, least=0, most=MOST_PORT)
    return Telling(env.get("INSTANCE_ID") or socket.gethostname(), env.get("HOST") or "127.0.0.1", port, env.get("METRICS_TOKEN") or "")


@dataclass(frozen=True)
class Traced:
    """Where spans go, in the names that tracing knows; nowhere while the address is empty. What is done once a night is traced always."""

    otel_exporter_otlp_endpoint: str
    otel_exporter_otlp_headers: str
    otel_service_name: str
    instance_id: str
    shape: str
    region: str
    otel_traces_sampler_arg: float = 1.0


def traced_of(environ: Mapping[str, str] | None = None) -> Traced:
    """The program's own variables for traces, and no other of its settings."""
    env = os.environ if environ is None else environ
    return Traced(
        env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or "", env.get("OTEL_EXPORTER_OTLP_HEADERS") or "",
        env.get("OTEL_SERVICE_NAME") or "nollycrewhub", env.get("INSTANCE_ID") or socket.gethostname(),
        env.get("NOLLYCREWHUB_SHAPE") or "laptop", env.get("REGION") or "",
    )  # fmt: skip


def number(env: Mapping[str, str], name: str, default: int, *, least: int = 1, most: int = MOST) -> int:
    """A whole number within bounds."""
    given = env.get(name) or str(default)
    if not given.isascii() or not given.isdigit() or not least <= int(given) <= most:
        raise Refused(f"{name} is a whole number from {least} to {most}; {given!r} is not.")
    return int(given)
