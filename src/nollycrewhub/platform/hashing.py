"""The process that hashes: reads questions from its standard input, one at a time, and answers on its standard output.

Hashing has a process of its own, at a lower priority than the web's: a thread of the web process that was put off by
the scheduler while it held the interpreter's lock would stop every page. It ends when its input does, so it cannot
outlive the web process, however that ends. A question is a length and an array in MessagePack, and so is the answer.
"""

import contextlib
import os
import struct
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
LENGTH = struct.Struct("!I")
YIELDING = 10
SESSION_YIELDING = 5  # a third of an ordinary session's share: on a machine full of other work, hashing takes seconds, not for ever
ROOT = Path("/")
OF_A_GROUP = "sys/fs/cgroup/cpu.max"  # the file is in every control group but the machine's own


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


def shares_by_session(root: Path = ROOT) -> bool:
    """Whether Linux shares the processor out by session (sched(7), "autogroup"): it is on, and no control group comes first.

    In a container, and under a control group with processor shares, processes are weighed by their own nice values.
    """
    try:
        on = (root / "proc/sys/kernel/sched_autogroup_enabled").read_text("ascii").strip() == "1"
        groups = [line.split(":", 2) for line in (root / "proc/self/cgroup").read_text("utf-8").splitlines()]
    except OSError:
        return False
    shared = [path for _, controllers, path in groups if not controllers or "cpu" in controllers.split(",")]
    return on and all(path == "/" for path in shared) and not (root / OF_A_GROUP).exists()


def yield_to_pages() -> None:
    """A lower priority than the pages have.

    Where the processor is shared by session, a nice value counts only within the session, and the web's would have as
    much as the database's. There this process has a session of its own, with the lower priority, and is of the idle
    class: Linux then takes its core for a free one when it looks where to run a page. It is not starved by that, for
    the class counts within the session and nobody else is in it. Elsewhere the class would starve it.
    """
    os.nice(YIELDING)
    with contextlib.suppress(OSError):
        os.setsid()
    if not shares_by_session():
        return
    with contextlib.suppress(OSError):
        (ROOT / "proc/self/autogroup").write_text(str(SESSION_YIELDING), "ascii")
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """Answers until the input ends."""
    yield_to_pages()
    while (body := read_one(sys.stdin.buffer)) is not None:
        sys.stdout.buffer.write(packed(answer(msgspec.msgpack.decode(body, type=list[str]))))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
