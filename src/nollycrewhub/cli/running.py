"""Where the servers of an `up` are that runs here, for the commands that look at them from a second shell."""

import json
import os
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path

NAMES = (
    "NOLLYCREWHUB_SHAPE", "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_DIRECT_URL", "DATABASE_READER_URL", "READ_REPLICA_URLS",
    "SESSION_URL", "CACHE_URL", "SECRET", "METRICS_TOKEN", "MEDIA_FOLDER", "PORT",
    "BACKUP_URL", "BACKUP_DATABASE_URL",
    "FLEET_SOCKET",
)  # fmt: skip
FILE = "running"
BACKUPS = "backups"  # where an `up` keeps its backups, unless BACKUP_URL names another place


def note(folder: Path, env: Mapping[str, str]) -> None:
    """Leaves word in the data folder, for its owner only; whoever ends the run takes it away."""
    path = folder / FILE
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps({name: env[name] for name in NAMES if env.get(name)}))


def folder_of(environ: Mapping[str, str]) -> Path:
    """The data folder that is meant: `DATA`, as `make up` has it, else `.data`."""
    return Path(environ.get("DATA") or ".data")


def adopt(environ: MutableMapping[str, str], folder: Path | None = None) -> None:
    """Takes the addresses of a run in the data folder, when nothing else says where the database is."""
    if environ.get("DATABASE_URL"):
        return
    folder = folder or folder_of(environ)
    try:
        found = json.loads((folder / FILE).read_text())
    except (OSError, ValueError):
        return
    if isinstance(found, dict) and found.get("DATABASE_URL"):
        for name, value in found.items():
            environ.setdefault(name, value)
        print(f"These are the servers of the `up` in {folder}{os.sep}.", file=sys.stderr)
