"""What the backup commands read from the environment, and nothing else: they must work while everything else is broken."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nollycrewhub.backup.errors import Refused

VARIABLES = ("BACKUP_URL", "BACKUP_DATABASE_URL", "BACKUP_KEEP_DAYS", "BACKUP_KEEP_LEAST")
KEEP_DAYS = 14
KEEP_LEAST = 2
MOST = 10_000


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


def number(env: Mapping[str, str], name: str, default: int) -> int:
    """A whole number from one up."""
    given = env.get(name) or str(default)
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= MOST:
        raise Refused(f"{name} is a whole number from 1 to {MOST}; {given!r} is not.")
    return int(given)
