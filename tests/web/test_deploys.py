"""Bar C8: every address of a built file holds a hash and may be kept for a year, and a page from before a deploy finds its files."""

import re
import shutil
from pathlib import Path

import httpx
import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.web.assets import DIST, FOREVER, manifest
from nollycrewhub.web.deploys import FOLDER, SECONDS, find, publish, publish_if_possible
from tests.measuring import Measure

ADDRESS = re.compile(r"/assets/[A-Za-z0-9_-][A-Za-z0-9._-]+")
HASHED = re.compile(r"^/assets/.+-[A-Za-z0-9_-]{8,12}\.[a-z0-9]+$")
PAGES = ("/", "/jobs", "/talent", "/signin", "/register", "/offline", "/sw.js", "/no/such/page")
NOON = 1_800_000_000.0


def another_build(folder: Path, number: int) -> Path:
    """What the next deploy builds: the same sources, each changed a little, under other names."""
    dist = folder / f"dist-{number}"
    (dist / "assets").mkdir(parents=True)
    (dist / ".stamp").write_text(f"{number:032x}")
    for name in manifest().values():
        stem, _, suffix = name.rpartition(".")
        (dist / "assets" / f"{stem[:-8]}{number:08d}.{suffix}").write_bytes((DIST / "assets" / name).read_bytes() + b"\n")
    return dist


async def addresses(client: httpx.AsyncClient) -> set[str]:
    """Every built file that a page, the worker, the styles or the manifest name."""
    found: set[str] = set()
    for page in PAGES:
        found |= set(ADDRESS.findall((await client.get(page, headers={"accept": "text/html"})).text))
    for address in [one for one in found if one.endswith((".css", ".webmanifest", ".js"))]:
        found |= set(ADDRESS.findall((await client.get(address)).text))
    return found


async def test_every_built_file_is_named_by_its_content_and_kept_for_a_year(app_client: httpx.AsyncClient) -> None:
    found = await addresses(app_client)
    assert len(found) >= 8
    for address in sorted(found):
        assert HASHED.match(address), address
        answer = await app_client.get(address)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, FOREVER)
        packed = await app_client.get(address, headers={"accept-encoding": "identity"})
        same = "content-encoding" not in answer.headers
        assert (packed.headers["etag"] == answer.headers["etag"]) == same


async def test_pages_of_the_deploys_around_this_one_find_their_files(
    app_client: httpx.AsyncClient, process: Process, tmp_path: Path, measured: Measure
) -> None:
    """Deploy N and N + 1 at once, as while a fleet is replaced: this process serves the files of both."""
    storage = process.runtime.storage.folder
    publish(storage, DIST, now=NOON)
    following = another_build(tmp_path, 1)
    publish(storage, following, now=NOON + 60)
    names = [path.name for path in (following / "assets").iterdir()]
    answers = {name: await app_client.get(f"/assets/{name}") for name in (*names, *manifest().values())}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert {answer.headers["cache-control"] for answer in answers.values()} == {FOREVER}
    for wrong in ("former", "..%2f..%2fassets.json", "main.css", ".stamp", "nothing-12345678.js"):
        assert (await app_client.get(f"/assets/{wrong}")).status_code == 404
    shutil.rmtree(storage / FOLDER)
    measured("C8", deploys=2, files=len(answers), not_found=0)


def test_a_former_deploy_stays_for_a_day_at_least_and_not_for_ever(tmp_path: Path) -> None:
    storage = tmp_path / "media"
    builds = [another_build(tmp_path, number) for number in range(5)]
    file_of = [next((build / "assets").iterdir()).name for build in builds]
    for number, build in enumerate(builds):
        publish(storage, build, now=NOON + number)
    assert all(find(storage, name) for name in file_of)
    publish(storage, builds[4], now=NOON + SECONDS - 60)
    assert all(find(storage, name) for name in file_of), "each was replaced less than a day ago"
    publish(storage, builds[4], now=NOON + SECONDS + 60)
    assert [find(storage, name) is not None for name in file_of] == [False, False, True, True, True]


def test_a_former_process_that_starts_late_takes_no_files_of_the_current_one(tmp_path: Path) -> None:
    storage = tmp_path / "media"
    old, new, newest = (another_build(tmp_path, number) for number in range(3))
    for moment, build in enumerate((old, new, old)):
        publish(storage, build, now=NOON + moment)
    publish(storage, newest, now=NOON + 3 * SECONDS)
    assert find(storage, next((new / "assets").iterdir()).name)


def test_a_disk_that_takes_nothing_keeps_nobody_from_serving(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    publish_if_possible(tmp_path / "file", DIST)
    assert find(tmp_path / "file", "main.css") is None
    capfd.readouterr()
