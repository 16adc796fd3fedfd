"""A newcomer's first hour: a fresh clone in a home nobody else may enter, no server and no Node on the machine, one command."""

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nollycrewhub.devstack.postgres import free_port
from tests.journeys.running import TREE, Up, wait_for

pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]

FIRST_START = 300.0
SECOND_START = 10.0
AFTER_A_CRASH = 60.0
HIDDEN = ("node", "npm", "npx", "psql", "pg_", "postgres", "initdb", "valkey", "redis", "createdb", "uv")
PRODUCER = "producer@example.com"
KILLED = ("primary", "replica", "sessions Valkey", "cache Valkey", "web worker", "job worker", "supervisor")


@pytest.fixture
def programs() -> Iterator[Path]:
    """A PATH with everything of the system but servers of our kinds and Node; open to all, unlike pytest's own folders."""
    folder = Path(tempfile.mkdtemp(prefix="nch-programs-"))
    folder.chmod(0o755)
    for source in (Path("/usr/bin"), Path("/bin")):
        for program in source.iterdir():
            if not program.name.startswith(HIDDEN) and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home() -> Iterator[tuple[Path, int]]:
    """A home of mode 0700 and its owner: an ordinary user made for the test where we are root, else ourselves."""
    if os.geteuid() != 0:
        pytest.fail("This test makes an ordinary user, so it runs as root.")
    name = f"nch{os.getpid()}"
    subprocess.run(["useradd", "--create-home", name], check=True, capture_output=True)
    entry = pwd.getpwnam(name)
    place = Path(entry.pw_dir)
    place.chmod(0o700)
    try:
        yield place, entry.pw_uid
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    finally:
        subprocess.run(["userdel", "--remove", name], check=False, capture_output=True)


def clone(where: Path, uid: int) -> None:
    """A clone of what is committed here, owned by the newcomer."""
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(TREE), str(where)], check=True)
    for path in [*reversed(where.parents), where, *where.rglob("*")]:
        if path.is_relative_to(pwd.getpwuid(uid).pw_dir) and not path.is_symlink():
            os.chown(path, uid, uid)


def newcomer(home: Path, tree: Path, uid: int, programs: Path, log: Path) -> Up:
    """`make up` with two options, as the newcomer types it, in an environment as bare as theirs."""
    port = free_port()
    environment = {"HOME": str(home), "PATH": str(programs), "LANG": "C.UTF-8"}
    command = ["make", "up", f"PORT={port}", "WORKERS=1", "DATA=my data"]
    found = Up(tree / "my data", command=command, port=port, env=environment, cwd=tree, user=uid, group=uid, extra_groups=[])
    found.log = log
    return found


@pytest.mark.parametrize("length", [0, 150], ids=["a path with a space", "a path of 150 characters"])
def test_make_up_on_a_fresh_clone(home: tuple[Path, int], programs: Path, tmp_path: Path, length: int) -> None:
    place, uid = home
    tree = place / "my films"
    if length:
        tree = tree / ("long" * 40)[: length - len(str(tree)) - 1]
        assert len(str(tree)) == length
    tree.parent.mkdir(exist_ok=True)
    clone(tree, uid)
    up = newcomer(place, tree, uid, programs, tmp_path / "up.log")
    try:
        assert up.start(within=FIRST_START) < FIRST_START
        who = up.sign_in(PRODUCER, "password123")
        for name in KILLED:
            number = up.post_job(who, f"Posted before the {name} died")
            before = every_part(up)
            up.kill(name)
            if name == "supervisor":
                up.start(within=AFTER_A_CRASH)
            else:
                wait_for(f"the {name}", lambda name=name, before=before: name in up.new_parts(before))
            assert up.title_of(number) == f"Posted before the {name} died"
        number = up.post_job(who, "Posted before everything died")
        up.kill()
        up.start(within=AFTER_A_CRASH)
        assert up.title_of(number) == "Posted before everything died"
        parts = up.parts()
        up.interrupt()
        assert up.remains(parts) == []
        assert up.start() < SECOND_START
        assert up.title_of(number) == "Posted before everything died"
        assert server_programs(up) == {"postgres", "valkey-server"}
        parts = up.parts()
        up.interrupt()
        assert up.remains(parts) == []
    finally:
        with contextlib.suppress(Exception):
            up.kill()
        shutil.rmtree(tree, ignore_errors=True)


def every_part(up: Up) -> dict[str, psutil.Process]:
    """The running pieces, once none is missing: a database that was killed may need a second start, while its children end."""
    found: dict[str, psutil.Process] = {}

    def all_there() -> bool:
        nonlocal found
        found = up.parts()
        return set(KILLED) <= set(found)

    wait_for("every part", all_there)
    return found


def server_programs(up: Up) -> set[str]:
    """Names of the servers' programs, after a look that each comes from the clone's own wheels."""
    found = set()
    for name, part in up.parts().items():
        if name in ("primary", "replica", "sessions Valkey", "cache Valkey"):
            program = Path(part.exe())
            assert program.is_relative_to(up.data.parent / ".venv"), program
            found.add(program.name)
    return found
