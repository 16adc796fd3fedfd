"""Passwords in a bounded pool of hashing processes, so that a storm of sign-ins slows no page."""

import asyncio
import contextlib
import math
import sys
import time
from asyncio.subprocess import PIPE, Process

import msgspec
from argon2 import PasswordHasher

from nollycrewhub.kit.told import told
from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.platform.hashing import HASHER, LENGTH, packed
from nollycrewhub.platform.metrics import SHED

WAITING_ROOM = 120
LONGEST_WAIT = 8.0  # seconds: who would have to wait longer is told at once, and holds no connection meanwhile
PATIENCE = 12.0
HASH_SECONDS = 0.03
NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$FizqttPEzANP2UWk7N8d8A$0rWE+KcaFjocD6siychJQ2m8bpO2Jqr4u2T99WJHPUY"


class Hasher:
    """One hashing process, started with the pool, or when it is first needed, and again when it was lost."""

    def __init__(self) -> None:
        self.process: Process | None = None

    async def ask(self, *question: str) -> str:
        """Its answer. Whatever interrupts the question ends the process, since its next answer would be another's."""
        try:
            return await self._ask(question)
        except (asyncio.IncompleteReadError, ConnectionError, ProcessLookupError):
            self.end()
            return await self._ask(question)
        except BaseException:
            self.end()
            raise

    async def ready(self) -> Process:
        """The process, started if there is none."""
        if self.process is None:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "nollycrewhub.platform.hashing", stdin=PIPE, stdout=PIPE
            )
        return self.process

    async def _ask(self, question: tuple[str, ...]) -> str:
        process = await self.ready()
        reading, writing = process.stdout, process.stdin
        if reading is None or writing is None:
            raise ConnectionError("no pipes")
        writing.write(packed(question))
        await writing.drain()
        size = LENGTH.unpack(await reading.readexactly(LENGTH.size))[0]
        return msgspec.msgpack.decode(await reading.readexactly(size), type=str)

    def end(self) -> None:
        """Ends the process; the next question starts another."""
        process, self.process = self.process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


class PasswordPool:
    """argon2id (19 MiB, t=2, p=1) in a few low-priority processes.

    About 20 ms of a core each: past the waiting room, or past a wait that nobody would sit out, a sign-in is shed
    with 503 rather than queued for ever.
    """

    def __init__(self, workers: int, *, refused: frozenset[str] = frozenset()) -> None:
        self.refused = refused
        self.hasher: PasswordHasher = HASHER
        self.hashers = [Hasher() for _ in range(workers)]
        self.free = asyncio.Queue[Hasher]()
        for hasher in self.hashers:
            self.free.put_nowait(hasher)
        self.waiting = 0
        self.room = WAITING_ROOM
        self.seconds = HASH_SECONDS

    async def start(self) -> None:
        """Starts the processes before anybody waits for one: a start beside pages would cost some of them a tenth of a second."""
        for hasher in self.hashers:
            await hasher.ready()

    @property
    def expected_wait(self) -> float:
        """Seconds until somebody who came now would be served, by how long hashes have taken lately."""
        return self.waiting * self.seconds / len(self.hashers)

    def refuse_if_full(self) -> None:
        """Raises Unavailable when a hash would not be had in time; asked before anything is looked up for a sign-in."""
        if self.waiting >= self.room or self.expected_wait > LONGEST_WAIT:
            SHED.labels("passwords").inc()
            after = max(3, math.ceil(self.expected_wait))
            raise Unavailable(told("Very many people are signing in. Please try again in a few seconds."), retry_after=after)

    async def _run(self, *question: str) -> str:
        self.refuse_if_full()
        self.waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._turn(question)
        except TimeoutError as error:
            SHED.labels("passwords").inc()
            raise Unavailable(told("Very many people are signing in. Please try again shortly."), retry_after=5) from error
        except (asyncio.IncompleteReadError, OSError) as error:
            raise Unavailable(told("Signing in is not possible for a moment. Please try again shortly."), retry_after=5) from error
        finally:
            self.waiting -= 1

    async def _turn(self, question: tuple[str, ...]) -> str:
        hasher = await self.free.get()
        began = time.perf_counter()
        try:
            return await hasher.ask(*question)
        finally:
            self.free.put_nowait(hasher)
            self.seconds += (time.perf_counter() - began - self.seconds) / 10

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._run("hash", password)

    async def verify(self, hashed: str, password: str) -> bool:
        """Whether the password is the one; a broken hash is nobody's, and a refused password opens nothing."""
        right = await self._run("verify", hashed, password) == "yes"
        return right and password not in self.refused

    def needs_rehash(self, hashed: str) -> bool:
        """Whether the stored hash is weaker than what we make today."""
        return self.hasher.check_needs_rehash(hashed)

    async def stop(self) -> None:
        """Ends the processes; each would also end with its input."""
        ended = [hasher.process for hasher in self.hashers if hasher.process is not None]
        for hasher in self.hashers:
            hasher.end()
        for process in ended:
            await process.wait()
