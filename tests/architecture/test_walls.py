"""Each wall is broken on purpose in a copy of the package, and import-linter names exactly that wall."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[2]
CONTRACTS: list[dict[str, Any]] = tomllib.loads((TOP / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
# contract: (the file that is made to sin, the import it must not have)
PLANTED = {
    "top": ("kit/ids.py", "nollycrewhub.platform.settings"),
    "islands": ("domains/users/errors.py", "nollycrewhub.domains.jobs.errors"),
    "inside": ("domains/notifications/errors.py", "nollycrewhub.domains.notifications.service"),
    "platform": ("platform/settings.py", "nollycrewhub.platform.db"),
    "pure": ("domains/notifications/rules/words.py", "httpx"),
    "sql": ("domains/notifications/service/telling.py", "sqlalchemy"),
    "heavy": ("scaling/service.py", "simpy"),
    "traces": ("platform/cache.py", "opentelemetry"),
    "oneservice": ("services/users.py", "nollycrewhub.services.jobs"),
    "svc-users": ("services/users.py", "nollycrewhub.domains.ai"),
    "svc-jobs": ("services/jobs.py", "nollycrewhub.domains.ai"),
    "svc-projects": ("services/projects.py", "nollycrewhub.domains.ai"),
    "svc-analytics": ("services/analytics.py", "nollycrewhub.domains.ai"),
    "svc-notifications": ("services/notifications.py", "nollycrewhub.domains.ai"),
    "svc-messages": ("services/messages.py", "nollycrewhub.domains.users.module"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python files of the package, and the tree's own configuration beside them."""
    top = tmp_path_factory.mktemp("walls")
    package = TOP / "src" / "nollycrewhub"
    for path in package.rglob("*.py"):
        if "node_modules" not in path.parts:
            target = top / "nollycrewhub" / path.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    shutil.copyfile(TOP / "pyproject.toml", top / "pyproject.toml")
    return top


def lint(top: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """import-linter's own command over the copy, told of some contracts only, or of all."""
    chosen = [part for contract in contracts for part in ("--contract", contract)]
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--cache-dir", str(top / "cache"), *chosen]
    return subprocess.run(command, cwd=top, env={**os.environ, "PYTHONPATH": str(top)}, capture_output=True, text=True, check=False)


def test_the_copy_as_it_is_keeps_every_contract(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


@pytest.mark.parametrize("contract", [each["id"] for each in CONTRACTS])
def test_a_forbidden_import_breaks(copy: Path, contract: str) -> None:
    file, wanted = PLANTED[contract]
    path = copy / "nollycrewhub" / file
    before = path.read_text()
    path.write_text(f"{before}\nimport {wanted}\n")
    try:
        done = lint(copy, contract)
    finally:
        path.write_text(before)
    name = next(each["name"] for each in CONTRACTS if each["id"] == contract)
    assert done.returncode == 1, done.stdout
    assert f"{name} BROKEN" in " ".join(done.stdout.split())
    assert wanted in done.stdout


# file: what it must not have though its neighbours do
SIDE_DOORS = {
    "pure": {
        "domains/jobs/rules/pay.py": ("socket", "pathlib", "subprocess", "asyncio"),
        "domains/users/rules.py": ("threading", "secrets", "logging"),
        "contracts/jobs.py": ("tempfile", "io"),
    },
    "sql": {
        "cli/jobs.py": ("asyncpg",),
        "kit/text.py": ("sqlalchemy",),
        "contracts/jobs.py": ("asyncpg",),
        "domains/jobs/rules/pay.py": ("sqlalchemy",),
        "domains/jobs/errors.py": ("asyncpg",),
        "domains/jobs/pages/__init__.py": ("asyncpg",),
        "services/monolith.py": ("asyncpg",),
        "devstack/postgres.py": ("asyncpg",),
        "scaling/service.py": ("sqlalchemy",),
        "web/forms.py": ("sqlalchemy",),
        "platform/sessions.py": ("asyncpg",),
        "platform/gate.py": ("sqlalchemy",),
        "platform/rendering.py": ("asyncpg",),
        "platform/queue/claiming.py": ("sqlalchemy",),
    },
}


@pytest.mark.parametrize("contract", SIDE_DOORS)
def test_each_side_door_is_shut(copy: Path, contract: str) -> None:
    before = {file: (copy / "nollycrewhub" / file).read_text() for file in SIDE_DOORS[contract]}
    for file, wanted in SIDE_DOORS[contract].items():
        (copy / "nollycrewhub" / file).write_text("\n".join([before[file], *(f"import {name}" for name in wanted), ""]))
    try:
        done = lint(copy, contract)
    finally:
        for file, text in before.items():
            (copy / "nollycrewhub" / file).write_text(text)
    assert done.returncode == 1, done.stdout
    said = " ".join(done.stdout.split())
    for file, wanted in SIDE_DOORS[contract].items():
        module = "nollycrewhub." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        assert [name for name in wanted if f"{module} -> {name} " not in said] == [], module


def test_every_process_of_one_domain_has_its_wall() -> None:
    files = {path.stem for path in (TOP / "src" / "nollycrewhub" / "services").glob("*.py")} - {"__init__", "roles"}
    alone = next(each for each in CONTRACTS if each["id"] == "oneservice")
    assert {name.rsplit(".", 1)[1] for name in alone["modules"]} == files
    assert {each["id"] for each in CONTRACTS if each["id"].startswith("svc-")} == {f"svc-{name}" for name in files - {"monolith"}}


def test_every_wall_of_one_domain_names_all_the_others() -> None:
    domains = {path.name for path in (TOP / "src" / "nollycrewhub" / "domains").iterdir() if (path / "__init__.py").exists()}
    for each in CONTRACTS:
        if each["id"].startswith("svc-"):
            forbidden = {name.rsplit(".", 1)[1] for name in each["forbidden_modules"]}
            assert forbidden == domains - {each["id"].removeprefix("svc-")}
