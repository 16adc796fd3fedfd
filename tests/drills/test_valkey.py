"""Both Valkeys are lost with everything they kept: people are signed out, and nothing else has changed."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.backup.shop import checksums
from tests.conftest import FULL
from tests.faults.scene import Scene
from tests.journeys.conftest import JOB, PASSWORD
from tests.measuring import Measure
from tests.served import Served, environment, wait_until
from tests.servers import a_stack, migrated, settings_on

PEOPLE = ("poster", "applicant", "operator")
PAGES = ("/jobs", "/api/jobs?view=full", "/talent", "/")
OF_SERVING = ("platform.", "analytics.")  # what a running program notes about itself: arrivals, marks, figures


def lose(stack: Stack) -> None:
    """Both servers and their files, as a lost machine takes them."""
    for valkey in stack.valkeys:
        valkey.stop()
        for path in valkey.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def kept(stack: Stack) -> dict[str, str]:
    """Checksums of what people have made."""
    return {table: held for table, held in checksums(stack.primary).items() if not table.startswith(OF_SERVING)}


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[tuple[Stack, Settings]]:
    """Servers of this drill's own, and settings on them."""
    with a_stack("valkey-lost", replicas=1) as stack:
        yield stack, migrated(settings_on(stack.addresses(), instance_id="valkey", media_folder=str(tmp_path / "media")))


@pytest.mark.full
async def test_people_are_signed_out_and_nothing_else(lost: tuple[Stack, Settings], tmp_path: Path, measured: Measure) -> None:
    stack, settings = lost
    process = monolith.create_app(settings)
    await process.runtime.start()
    scene = await Scene(process).build()
    emails = {role: str(person.email) for role, person in scene.people.items()}
    await process.runtime.stop()
    served = Served(tmp_path, ["serve"], environment(settings)).ready()
    try:
        async with httpx.AsyncClient(base_url=served.url, timeout=20, headers={"origin": served.url}) as client:
            bearers = {role: {"authorization": f"Bearer {scene.tokens[role]}"} for role in PEOPLE}
            assert [(await client.get("/api/profile", headers=bearers[role])).status_code for role in PEOPLE] == [200] * 3
            before, reads = kept(stack), []
            lose(stack)
            began = time.monotonic()
            while time.monotonic() - began < (5 if FULL else 1):
                reads += [(await client.get(path)).status_code for path in PAGES]
            away = (await client.get("/api/profile", headers=bearers["poster"])).status_code
            for valkey in stack.valkeys:
                stack.revive(valkey)
            back = time.monotonic()
            statuses: list[int] = []
            while statuses[-1:] != [401]:
                statuses.append((await client.get("/api/profile", headers=bearers["poster"])).status_code)
                assert time.monotonic() - back < 20, statuses
            seconds = time.monotonic() - back
            signed_out = sum([(await client.get("/api/profile", headers=bearers[role])).status_code == 401 for role in PEOPLE])
            assert kept(stack) == before
            again = 0
            for role in PEOPLE:
                answer = await client.post("/api/auth/login", json={"email": emails[role], "password": PASSWORD})
                assert answer.status_code == 200, answer.text
                mine = {"authorization": f"Bearer {answer.json()['token']}"}
                again += (await client.get("/api/profile", headers=mine)).status_code == 200
            assert (await client.post("/api/jobs", json=JOB, headers=mine)).status_code == 201
        assert served.process.poll() is None
    finally:
        served.stop()
    measured(
        "Valkey", what="sessions and cache lost with their files", public_reads=len(reads), reads_failed=sum(status != 200 for status in reads),
        profile_meanwhile=away, people=len(PEOPLE), signed_out=signed_out, signed_in_again=again, tables_changed=0, answers_again_after_s=round(seconds, 2),
    )  # fmt: skip
    assert (set(reads), away, signed_out, again) == ({200}, 503, 3, 3)


def test_a_table_that_changed_would_be_found(stack: Stack) -> None:
    """The comparison of the drill can fail."""
    stack.primary.sql("create table if not exists public.seen (n int)", database="nollycrewhub")
    before = kept(stack)
    stack.primary.sql("insert into public.seen values (1)", database="nollycrewhub")
    try:
        assert kept(stack) != before
    finally:
        stack.primary.sql("drop table public.seen", database="nollycrewhub")
    wait_until(lambda: "public.seen" not in kept(stack), what="the table stayed")
