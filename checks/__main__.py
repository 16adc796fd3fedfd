"""`python -m checks all`, or the name of one check."""

import sys
from pathlib import Path

from checks import budgets, committing, dangers, dead_paths, drift, purity, secret_scan, tree
from deploying import checking

CHECKS = {
    "sizes": tree.sizes,
    "commits": committing.commits,
    "purity": purity.purity,
    "addresses": tree.addresses,
    "secrets": secret_scan.secrets,
    "paths": dead_paths.dead_paths,
    "stubs": tree.stubs,
    "readmes": tree.readmes,
    "budgets": budgets.budgets,
    "drift": drift.drift,
    "dangers": dangers.dangers,
    "deploy": checking.deploy,
}


def main(names: list[str]) -> int:
    """Runs the named checks; 1 when any finds something."""
    wanted = list(CHECKS) if names in ([], ["all"]) else names
    faults = [f"{name}: {fault}" for name in wanted for fault in CHECKS[name](Path.cwd())]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
