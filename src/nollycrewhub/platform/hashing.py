"""The process that hashes: reads questions from its standard input, one at a time, and answers on its standard output.

Hashing has a process of its own, at a lower priority than the web's: a thread of the web process that was put off by
the scheduler while it held the interpreter's lock would stop every page. It ends when its input does, so it cannot
outlive the web process, however that ends. A question is a length and an array in MessagePack, and so is the answer.
"""

import os
import struct
import sys
from typing import BinaryIO

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from nollycrewhub.platform.priority import yield_to_pages

HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
LENGTH = struct.Struct("!I")
YIELDING = 19


def answer(question: list[str]) -> str:
    """A new hash for `hash`, `yes` or `no` for `verify`; a broken hash is nobody's."""
    match question:
        case ["hash", password]:
            return HASHER.hash(password)
        case ["verify", hashed, password]:
            try:
                HASHER.verify(hashed, password)
            except (VerificationError, InvalidHashError):
                return "no"
            return "yes"
    raise ValueError("neither hash nor verify")


def read_one(source: BinaryIO) -> bytes | None:
    """One message, or None at the end."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    body = source.read(size)
    return body if len(body) == size else None


def packed(message: object) -> bytes:
    """A message with its length."""
    body = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(body)) + body


def half(cores: set[int]) -> set[int]:
    """The upper half of some cores, rounded up: where hashing may run, so that a page finds another one free."""
    return set(sorted(cores)[len(cores) // 2 :])


def leave_pages_room() -> None:
    """The lowest priority, on half of the cores.

    A hash reads and writes 19 MiB twice, which empties the cache of the core it runs on, and a scheduler lets it finish its
    turn of some milliseconds there (docs/PERFORMANCE.md, "A storm of sign-ins"): hence the other half of the cores without any.
    """
    if hasattr(os, "sched_setaffinity"):  # Linux
        os.sched_setaffinity(0, half(os.sched_getaffinity(0)))
    yield_to_pages(YIELDING)


def main() -> None:
    """Answers until the input ends."""
    leave_pages_room()
    while (body := read_one(sys.stdin.buffer)) is not None:
        sys.stdout.buffer.write(packed(answer(msgspec.msgpack.decode(body, type=list[str]))))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
