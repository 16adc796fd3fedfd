"""A real PgBouncer in transaction mode in front of a server of the test's stack."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from nollycrewhub.devstack.postgres import DATABASE, Server, free_port
from tests.guardian import GUARDIAN

ROLES = ("nollycrewhub_app", "nollycrewhub_reader")
CONFIGURATION = """
[databases]
{database} = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
max_db_connections = {most}
max_client_conn = 1000
query_wait_timeout = 10
logfile = {folder}/log
stats_users = nollycrewhub_reader
"""


class PgBouncer:
    """One pooler; `size` connections for each role, twice that in all."""

    def __init__(self, folder: Path, server: Server, *, size: int) -> None:
        program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
        account = server.account
        self.server = server
        self.port = free_port()
        self.folder = account.folder(folder)
        users = "".join(f'"{role}" "{server.known.passwords[role]}"\n' for role in ROLES)
        text = CONFIGURATION.format(database=DATABASE, server=server.port, port=self.port, folder=folder, size=size, most=2 * size)
        for name, content in (("users", users), ("ini", text)):
            path = folder / name
            path.write_text(content)
            path.chmod(0o600)
            account.own(path)
        self.process = subprocess.Popen([program, "-q", str(folder / "ini")], cwd="/", stderr=subprocess.DEVNULL, **account.identity())
        GUARDIAN.keep(self.process)
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return
        raise AssertionError("pgbouncer does not listen")

    def url(self, role: str) -> str:
        """The pooled address for a role."""
        return f"postgresql://{role}:{self.server.known.passwords[role]}@127.0.0.1:{self.port}/{DATABASE}"

    def stop(self) -> None:
        """Ends it and its folder."""
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def folder_for(server: Server) -> Path:
    """A folder that the server's user may enter."""
    return server.account.data / f"pgbouncer-{os.getpid()}-{free_port()}"
