"""The database's disk is really full (bar D10): writes are refused kindly and leave nothing half done, reads go on, and room is enough to mend it."""

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from nollycrewhub.devstack.account import DevstackError
from nollycrewhub.devstack.postgres import DATABASE
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.devstack.watch import Watch
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.drills.breaking import quietly
from tests.faults.scene import member
from tests.guardian import GUARDIAN, discard
from tests.journeys.conftest import JOB
from tests.measuring import Measure
from tests.served import Served, environment
from tests.servers import migrated, settings_on

SIZE = "300m"
BURN = "select pg_logical_emit_message(false, 'drill', repeat('x', 1000000)) from generate_series(1, 400)"
READS = ("/jobs", "/api/jobs?view=full", "/talent")
REFUSED = 30


@pytest.fixture
def small_disk() -> Iterator[Stack]:
    """A primary whose folder is a tmpfs of its own, and a replica on the ordinary disk."""
    if os.geteuid() != 0:
        pytest.fail("mounting a small disk needs root: run this drill as root, or in a container")
    stack = Stack(Path(tempfile.mkdtemp(prefix="nch-disk-")), replicas=1)
    GUARDIAN.keep(stack.folder)
    where = stack.account.folder(stack.primary.folder)
    owner = where.stat()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},uid={owner.st_uid},gid={owner.st_gid},mode=0700", "tmpfs", where], check=True
    )
    try:
        stack.start()
        yield stack
        stack.stop()
    finally:
        quietly(stack.stop)
        subprocess.run(["umount", where], check=False)
        discard(stack)


def fill(stack: Stack) -> Path:
    """Takes every byte that is left."""
    ballast = stack.primary.folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for piece in (1 << 20, 1 << 12):
            while True:
                try:
                    file.write(b"\0" * piece)
                except OSError:
                    break
    return ballast


class Writer:
    """Posts and reads, and remembers what it was told."""

    def __init__(self, client: httpx.AsyncClient, bearer: dict[str, str]) -> None:
        self.client = client
        self.bearer = bearer
        self.acknowledged: set[str] = set()
        self.refused: set[str] = set()
        self.wrong: list[str] = []
        self.reads = 0

    async def post(self) -> int:
        """One post, with a text that fills pages."""
        title = f"Gaffer {time.monotonic_ns()} wanted"
        answer = await self.client.post(
            "/api/jobs", json={**JOB, "title": title, "description": JOB["description"] + " Words." * 300}, headers=self.bearer
        )
        (self.acknowledged if answer.status_code == 201 else self.refused).add(title)
        if answer.status_code not in (201, 503) or (answer.status_code == 503 and not answer.headers.get("retry-after", "").isdigit()):
            self.wrong.append(f"a write: {answer.status_code} {answer.text[:100]}")
        return answer.status_code

    async def read(self) -> None:
        """The pages everybody sees."""
        for path in READS:
            self.reads += 1
            if (status := (await self.client.get(path)).status_code) != 200:
                self.wrong.append(f"{path}: {status}")

    async def until_refused(self, count: int, *, within: float = 60) -> None:
        """Posts until so many were refused."""
        before, deadline = len(self.refused), time.monotonic() + within
        while len(self.refused) < before + count:
            assert time.monotonic() < deadline, "the disk never filled"
            await self.post()
            await self.read()

    async def until_taken(self, *, within: float = 60) -> float:
        """Posts until one is taken again; seconds that took."""
        began = time.monotonic()
        while await self.post() != 201:
            assert time.monotonic() - began < within, "it never recovered"
            await self.read()
            await asyncio.sleep(0.1)
        return time.monotonic() - began


def titles(stack: Stack) -> set[str]:
    """What is stored."""
    return set(stack.primary.sql("select title from jobs.job where title like 'Gaffer %'", database=DATABASE).splitlines())


@pytest.fixture
def settings_there(small_disk: Stack, tmp_path: Path) -> Settings:
    """Settings on those servers, with the schema."""
    return migrated(settings_on(small_disk.addresses(), instance_id="disk", media_folder=str(tmp_path / "media")))


@pytest.mark.full
async def test_a_full_disk_is_a_refusal_and_no_more(small_disk: Stack, settings_there: Settings, tmp_path: Path, measured: Measure) -> None:
    settings = settings_there
    process = monolith.create_app(settings)
    await process.runtime.start()
    _, bearer = await member(process)
    await process.runtime.stop()
    served = Served(tmp_path, ["serve"], environment(settings, POOL_WAIT="2")).ready()
    watch, looking = Watch(small_disk, say=lambda _: None), True

    async def look() -> None:
        while looking:
            await asyncio.to_thread(watch.look)
            await asyncio.sleep(0.2)

    looker = asyncio.create_task(look())
    try:
        async with httpx.AsyncClient(base_url=served.url, timeout=30, headers={"origin": served.url}) as client:
            writer = Writer(client, bearer)
            for what in ("no room for data", "no room for the log"):
                await writer.post()
                await writer.read()
                ballast = await asyncio.to_thread(fill, small_disk)
                first = psutil.Process(int((small_disk.primary.folder / "postmaster.pid").read_text().split()[0]))
                if what == "no room for the log":
                    with pytest.raises(DevstackError):
                        await asyncio.to_thread(small_disk.primary.sql, BURN)
                await writer.until_refused(REFUSED)
                ballast.unlink()
                seconds = await writer.until_taken()
                stored = titles(small_disk)
                measured(
                    "D10", what=what, acknowledged=len(writer.acknowledged), acknowledged_but_gone=len(writer.acknowledged - stored),
                    refused=len(writer.refused), refused_but_stored=len(writer.refused & stored), reads=writer.reads, wrong_answers=len(writer.wrong),
                    server_ended_meanwhile=not first.is_running(), taken_again_after_s=round(seconds, 2),
                )  # fmt: skip
                assert writer.wrong == []
                assert (writer.acknowledged - stored, writer.refused & stored) == (set(), set())
        assert served.process.poll() is None
    finally:
        looking = False
        await looker
        watch.stop()
        served.stop()
