"""The servers of a laptop as one thing: start, addresses, stop; a start after any crash loses nothing."""

import fcntl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import msgspec

from nollycrewhub.devstack.account import DevstackError, account_for
from nollycrewhub.devstack.postgres import Primary, Standby, known_secrets
from nollycrewhub.devstack.valkey import Valkey

REGIONS = ("africa", "europe", "north-america")


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything listens, in the settings' own names."""

    database_url: str
    database_owner_url: str
    database_direct_url: str
    database_reader_url: str
    read_replica_urls: dict[str, str]
    session_url: str
    cache_url: str

    def environment(self) -> dict[str, str]:
        """The same as environment variables, for child processes."""
        plain = {name.upper(): value for name, value in msgspec.to_builtins(self).items() if isinstance(value, str)}
        plain["READ_REPLICA_URLS"] = ",".join(f"{region}={url}" for region, url in self.read_replica_urls.items())
        return plain


class Stack:
    """PostgreSQL primary, streaming replicas and two Valkeys under one data folder."""

    def __init__(self, folder: Path, *, replicas: int = 2) -> None:
        self.folder = folder
        self.account = account_for(folder)
        self.known = known_secrets(self.account)
        self.primary = Primary(self.account, "primary", self.known)
        self.standbys = [Standby(self.account, f"replica-{n + 1}", self.known) for n in range(replicas)]
        self.valkeys = [Valkey(self.account, kind, self.known) for kind in ("sessions", "cache")]
        self._lock: IO[str] | None = None

    def claim(self) -> None:
        """One `make up` a folder: a second one gets a sentence instead of a fight over the servers."""
        if self._lock is not None:
            return
        self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DevstackError(f"NollyCrewHub already runs from {self.folder}. Stop it first, or choose another folder: DATA=…") from None

    def start(self) -> Addresses:
        """Brings everything up, in parallel where nothing waits for another."""
        self.claim()
        self.primary.settle()
        with ThreadPoolExecutor(len(self.servers())) as pool:
            primary = pool.submit(self.primary.ensure)
            waiting = [primary, *(pool.submit(valkey.ensure) for valkey in self.valkeys)]
            waiting += [pool.submit(standby.ensure, self.primary, primary.result) for standby in self.standbys]
            for one in waiting:
                one.result()
        for server in self.servers():
            server.settled = True
        return self.addresses()

    def servers(self) -> list[Primary | Standby | Valkey]:
        """All of them."""
        return [self.primary, *self.standbys, *self.valkeys]

    def revive(self, server: Primary | Standby | Valkey) -> None:
        """Starts one that died, at the address the running processes know; raises DevstackError."""
        if isinstance(server, Standby):
            server.ensure(self.primary)
        else:
            server.ensure()

    def addresses(self) -> Addresses:
        """Where everything listens."""
        replicas = {REGIONS[n % len(REGIONS)]: standby.url("nollycrewhub_reader") for n, standby in enumerate(self.standbys)}
        return Addresses(
            database_url=self.primary.url("nollycrewhub_app"),
            database_owner_url=self.primary.url("nollycrewhub_owner"),
            database_direct_url=self.primary.url("nollycrewhub_app"),
            database_reader_url=self.primary.url("nollycrewhub_reader"),
            read_replica_urls=replicas,
            session_url=self.valkeys[0].url,
            cache_url=self.valkeys[1].url,
        )

    def stop(self) -> None:
        """Stops everything, replicas first."""
        with ThreadPoolExecutor(4) as pool:
            everything: list[Standby | Valkey] = [*self.standbys, *self.valkeys]
            waiting = [pool.submit(one.stop) for one in everything]
            for one in waiting:
                one.result()
        self.primary.stop()
        if self._lock is not None:
            self._lock.close()
            self._lock = None
