"""`make drill` and `make drill NAME=restore`: runs drills with their full counts and prints what they measured.

The figures go to docs/results/drills.json, each with date, commit and machine; a drill replaces its own lines only.
"""

import os
import subprocess
import sys
from typing import Any

from tests.measuring import FILES, TOP, earlier

DRILLS = {
    "failover": "the primary is killed under writes, a synchronous standby takes over, the former one is rewound (D5)",
    "restore": "a table is dropped, and the second before is brought back; then a whole machine is lost (D9)",
    "disk": "the database's disk is full, its data first and then its log (D10)",
    "valkey": "both Valkeys are lost with their files: people are signed out, and nothing else",
    "storm": "a provider fails every second time, and is not asked more often for it (L4)",
    "clock": "instances five minutes fast and slow beside a right one (L9)",
    "simulation": "the pure cores on virtual time, a thousand seeds, each twice (L10)",
    "migrations": "every migration runs under 200 small transactions a second (D8)",
    "chaos": "more than twenty faults under steady load, each with what it may cost (L12)",
}


def main() -> int:
    """Runs what was asked for; the exit code is pytest's."""
    names = sys.argv[1:] or list(DRILLS)
    if strange := [name for name in names if name not in DRILLS]:
        print(
            f"There is no drill {strange[0]!r}. There are:",
            *(f"  {name:<11} {what}" for name, what in DRILLS.items()),
            sep="\n",
            file=sys.stderr,
        )
        return 2
    files = [f"tests/drills/test_{name}.py" for name in names]
    environment = {**os.environ, "NOLLYCREWHUB_FULL": "1", "NOLLYCREWHUB_DRILL": "1"}
    code = subprocess.run([sys.executable, "-m", "pytest", "-q", *files], cwd=TOP, env=environment, check=False).returncode
    print(table([line for line in earlier(FILES["drill"]) if line["test"].partition("::")[0] in files]))
    return code


def table(lines: list[dict[str, Any]]) -> str:
    """What was measured, as people read it."""
    rows = []
    for line in lines:
        figures = dict(line["figures"])
        what = str(figures.pop("what", figures.pop("fault", "")))
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
        rows.append(f"{line['bar']:<7} {'held' if line['passed'] else 'BROKEN':<7} {what:<44} {told}")
    return "\n".join(["", f"{'bar':<7} {'':<7} {'what':<44} measured", *rows])


if __name__ == "__main__":
    sys.exit(main())
