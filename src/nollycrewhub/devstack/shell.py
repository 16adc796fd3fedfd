"""SQL as the superuser on one of the servers of a running `make up`: `make sql ON=replica-1 SQL='select pg_wal_replay_pause()'`."""

import argparse
import sys
from pathlib import Path

from nollycrewhub.devstack.account import DevstackError
from nollycrewhub.devstack.postgres import DATABASE
from nollycrewhub.devstack.stack import Stack


def main() -> int:
    """Runs it and prints what it answers."""
    parser = argparse.ArgumentParser(prog="make sql", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".data"), help="the data folder of the run")
    parser.add_argument("--on", default="primary", help="primary, replica-1 or replica-2")
    parser.add_argument("sql")
    given = parser.parse_args()
    if not (given.data / "running").exists():
        print(f"Nothing runs from {given.data}. Start it with `make up`.", file=sys.stderr)
        return 1
    stack = Stack(given.data)
    servers = {server.name: server for server in (stack.primary, *stack.standbys)}
    if given.on not in servers:
        print(f"There is no server {given.on!r}: {', '.join(servers)}.", file=sys.stderr)
        return 1
    try:
        print(servers[given.on].sql(given.sql, database=DATABASE))
    except DevstackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
