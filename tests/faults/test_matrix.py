"""The fault matrix (bar S20): one part away at a time, every route asked; refused in words, nobody let in, well again by itself."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.devstack.valkey import Valkey
from tests.conftest import FULL
from tests.faults.scene import Operation, Scene, faults_of
from tests.measuring import Measure

AT_ONCE = 12
WITHOUT_DATABASE = ("logout", "signout", "/devices")
TABLES = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('users', 'jobs', 'notifications', 'messages', 'projects', 'platform')"
FULL_DISK = """
create or replace function public.disk_is_full() returns trigger language plpgsql as
$$ begin raise exception 'could not extend file' using errcode = '53100'; end $$
"""


def freeze(valkey: Valkey, number: int) -> None:
    """Sends a signal to a server of ours."""
    os.kill(int((valkey.folder / "pid").read_text()), number)


def fill_disk(servers: Stack, *, full: bool) -> None:
    """The database refuses every change as it does on a full disk (SQLSTATE 53100), or no longer does."""
    primary = servers.primary
    primary.sql(FULL_DISK, database="nollycrewhub")
    for table in primary.sql(TABLES, database="nollycrewhub").split():
        word = "create trigger full_disk before insert or update or delete on {} for each statement execute function public.disk_is_full()"
        primary.sql(word.format(table) if full else f"drop trigger if exists full_disk on {table}", database="nollycrewhub")


def block_storage(scene: Scene, *, blocked: bool) -> None:
    """The media folder can take no file (a plain file stands in its place), or can again."""
    folder = Path(scene.process.runtime.settings.media_folder)
    if blocked:
        shutil.rmtree(folder, ignore_errors=True)
        folder.touch()
    else:
        folder.unlink()


@dataclass(frozen=True)
class Fault:
    """How to break one part and mend it, and what must then be refused."""

    breaks: Callable[[Stack, Scene], object]
    mends: Callable[[Stack, Scene], object]
    refused: Callable[[Operation], bool]


def touches_sessions(operation: Operation) -> bool:
    """Routes that ask who is there, or count guesses and letters: shut while nobody can tell and nothing is counted."""
    counts = not operation.is_safe and operation.path.startswith(("/api/auth/", "/signin", "/register", "/confirm", "/reset"))
    return operation.access in ("member", "operator") or counts


def changes_rows(operation: Operation) -> bool:
    """Unsafe routes behind a sign-in that write to the database."""
    return not operation.is_safe and operation.access != "public" and not any(word in operation.path for word in WITHOUT_DATABASE)


def stores_a_file(operation: Operation) -> bool:
    """Routes that take in a file."""
    return operation.path.endswith("/photo") or operation.path == "/api/messages/files"


def nothing(_: Operation) -> bool:
    """The part is one that nobody should miss."""
    return False


FAULTS = {
    "primary down": Fault(lambda s, _: s.primary.stop(), lambda s, _: s.revive(s.primary), changes_rows),
    "replica down": Fault(lambda s, _: s.standbys[0].stop(), lambda s, _: s.revive(s.standbys[0]), nothing),
    "sessions down": Fault(lambda s, _: s.valkeys[0].stop(), lambda s, _: s.revive(s.valkeys[0]), touches_sessions),
    "cache down": Fault(lambda s, _: s.valkeys[1].stop(), lambda s, _: s.revive(s.valkeys[1]), nothing),
    "sessions hung": Fault(
        lambda s, _: freeze(s.valkeys[0], signal.SIGSTOP), lambda s, _: freeze(s.valkeys[0], signal.SIGCONT), touches_sessions
    ),
    "cache hung": Fault(lambda s, _: freeze(s.valkeys[1], signal.SIGSTOP), lambda s, _: freeze(s.valkeys[1], signal.SIGCONT), nothing),
    "disk full": Fault(lambda s, _: fill_disk(s, full=True), lambda s, _: fill_disk(s, full=False), changes_rows),
    "storage refuses": Fault(lambda _, t: block_storage(t, blocked=True), lambda _, t: block_storage(t, blocked=False), stores_a_file),
}  # fmt: skip
SMALL = ("primary down", "sessions down", "disk full")


async def ask_all(scene: Scene, operations: list[Operation], *, html: bool = False) -> dict[Operation, httpx.Response]:
    """Every operation once, a few at a time; what escapes the application fails the test."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(operation: Operation) -> httpx.Response:
        async with gate:
            return await scene.send(operation, html=html and not operation.is_api)

    answers = await asyncio.gather(*(one(operation) for operation in operations), return_exceptions=True)
    escaped = [
        f"{op.method} {op.template}: {answer!r}"
        for op, answer in zip(operations, answers, strict=True)
        if isinstance(answer, BaseException)
    ]
    assert escaped == []
    return dict(zip(operations, answers, strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FAULTS if FULL else SMALL)
async def test_one_part_away(servers: Stack, scene: Scene, name: str, measured: Measure) -> None:
    fault = FAULTS[name]
    operations = scene.operations()
    reading = [op for op in operations if op.is_safe]
    well = await when_well(scene, reading)
    await scene.sign_in()
    before = await scene.counts()
    fault.breaks(servers, scene)
    try:
        answers = await ask_all(scene, operations, html=True)
    finally:
        fault.mends(servers, scene)
    wrong = [line for operation, answer in answers.items() for line in faults_of(operation, answer)]
    for operation, answer in answers.items():
        if fault.refused(operation) and answer.status_code < 400:
            wrong.append(f"{operation.method} {operation.template} went on: {answer.status_code}")
        if operation.is_safe and answer.status_code not in (well[operation].status_code, 503):
            wrong.append(f"{operation.method} {operation.template} was {well[operation].status_code}, is {answer.status_code}")
    assert wrong == []
    if name in ("primary down", "disk full"):
        assert await eventually_counts(scene) == before
    again = await recovered(scene, reading, well)
    assert again == []
    refused = sum(answer.status_code == 503 for answer in answers.values())
    measured("S20", fault=name, routes=len(operations), refused_with_503=refused, let_in=0, escaped=0, well_again_without_restart=True)


async def when_well(scene: Scene, reading: list[Operation]) -> dict[Operation, httpx.Response]:
    """Every read as it is when nothing is broken; a machine too busy to read at once is asked again."""
    found: dict[Operation, httpx.Response] = {}
    for _ in range(20):
        found |= await ask_all(scene, [op for op in reading if op not in found or found[op].status_code == 503])
        if all(answer.status_code != 503 for answer in found.values()):
            return found
    raise AssertionError("something is away before anything was broken")


async def eventually_counts(scene: Scene) -> str | None:
    """The rows there are, once the primary answers again."""
    for _ in range(100):
        try:
            return await scene.counts()
        except Exception:
            await asyncio.sleep(0.1)
    return await scene.counts()


def is_refused(answer: httpx.Response) -> bool:
    """Whether the session was not known."""
    return answer.status_code == 401


async def recovered(scene: Scene, reading: list[Operation], well: dict[Operation, httpx.Response]) -> list[str]:
    """Which reads do not answer their people yet, when it has been waited for."""
    different: list[str] = []
    for _ in range(40):
        await asyncio.sleep(0.25)
        answers = await ask_all(scene, reading)
        different = [
            f"{op.template} {got.status_code}"
            for op, got in answers.items()
            if got.status_code >= 500 or is_refused(got) != is_refused(well[op])
        ]
        if not different:
            return []
    return different
