"""The first three phases are one Blueprint: `deploy/render/render.yaml` is the third, and the first two are made from it.

Each is judged like the file itself (`rendered`), so a phase that could not start, or whose pools do not fit its database, is no phase.
"""

import copy
from typing import Any

REPLICA = "REPLICA_OWNER_URL"
# What differs from the Blueprint of the third phase. A service's own variables are those of the group all of them share.
CHANGES: dict[int, dict[str, dict[str, Any]]] = {
    1: {
        "nollycrewhub": {
            "plan": "starter", "startCommand": "python deploy/render/run.py serve", "scaling": None, "numInstances": 2,
        },
        "nollycrewhub-worker": {"plan": "starter", "numInstances": 1},
        "nollycrewhub-sessions": {"plan": "starter"}, "nollycrewhub-cache": {"plan": "starter"},
        "nollycrewhub-db": {"plan": "basic-1gb", "diskSizeGB": 10, "highAvailability": None, "readReplicas": None},
        "variables": {"WEB_PROCESSES": "2", "WORKER_PROCESSES": "1", "WRITE_POOL": "3", "WRITE_OVERFLOW": "3", "READ_POOL_MOST": "10"},
    },
    2: {
        "nollycrewhub": {
            "plan": "standard", "startCommand": "python deploy/render/run.py serve",
            "scaling": {"minInstances": 2, "maxInstances": 5, "targetCPUPercent": 60, "targetMemoryPercent": 70},
        },
        "nollycrewhub-worker": {"plan": "standard"},
        "nollycrewhub-sessions": {"plan": "standard"}, "nollycrewhub-cache": {"plan": "standard"},
        "nollycrewhub-db": {"plan": "pro-8gb", "diskSizeGB": 50, "readReplicas": None},
        "variables": {"WEB_PROCESSES": "5", "WRITE_POOL": "3", "WRITE_OVERFLOW": "3", "READ_POOL_MOST": "10"},
    },
}  # fmt: skip


def blueprint_of(phase: int, third: dict[str, Any]) -> dict[str, Any]:
    """The Blueprint of one of the first three phases, from that of the third."""
    found = copy.deepcopy(third)
    changes = CHANGES.get(phase, {})
    for thing in (*found["services"], *found["databases"]):
        for key, value in changes.get(thing["name"], {}).items():
            if value is None:
                thing.pop(key, None)
            else:
                thing[key] = value
    for group in found["envVarGroups"]:
        for variable in group["envVars"]:
            variable.update({"value": changes["variables"][variable["key"]]} if variable["key"] in changes.get("variables", {}) else {})
    if not any("readReplicas" in database for database in found["databases"]):
        for service in found["services"]:
            if "envVars" in service:
                service["envVars"] = [one for one in service["envVars"] if one.get("key") != REPLICA]
    return found
