"""The first three phases are one Blueprint: `deploy/render/render.yaml` is the third, and the first two are made from it.

So is `deploy/render/controller.yaml`: the third phase scaled by our own controller instead of by Render. Each is judged like the file itself (`rendered`), so a phase that could not start, or whose pools do not fit its database, is no phase.
"""

import copy
from typing import Any

from deploying.facts import POLICY

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


CONTROLLER = "nollycrewhub-controller"
MOST_WEB, MOST_WORKERS = 20, 4  # instances; the pools of so many fit the third phase's database
OF_WEB = ("MAIL_URL", "PUBLIC_URL")
GIVEN_BY_HAND = ("RENDER_API_KEY", "RENDER_WEB_SERVICE", "RENDER_WORKER_SERVICE")  # a service has an id once it is there


def controlled(third: dict[str, Any]) -> dict[str, Any]:
    """The third phase with `scale run` as a background worker, and nothing of Render's own scaling.

    The controller counts processes, so an instance is one: twice as many, half the size. Render puts both services back to the
    numbers that stand here whenever the file changes; the controller asks for its own again at its next look.
    """
    found = copy.deepcopy(third)
    services = {one["name"]: one for one in found["services"]}
    web, worker = services["nollycrewhub"], services["nollycrewhub-worker"]
    del web["scaling"]
    web |= {"plan": "standard", "startCommand": "python deploy/render/run.py serve", "numInstances": POLICY.least_web}
    kept = {"DATABASE_OWNER_URL", "SESSION_URL", "CACHE_URL"}
    controller = {key: worker[key] for key in ("type", "name", "runtime", "plan", "region", "branch", "autoDeployTrigger", "numInstances")}
    controller |= {
        "name": CONTROLLER, "plan": "starter", "numInstances": 1, "buildCommand": worker["buildCommand"],
        "startCommand": "python deploy/render/run.py scale run", "maxShutdownDelaySeconds": 30,
        "envVars": [
            {"fromGroup": "nollycrewhub"},
            *(one for one in worker["envVars"] if one.get("key") in kept),
            *({"key": key, "fromService": {"type": "web", "name": "nollycrewhub", "envVarKey": key}} for key in OF_WEB),
            {"key": "SCALING_ACTUATOR", "value": "render"},
            {"key": "SCALING_MOST_WEB", "value": str(MOST_WEB)},
            {"key": "SCALING_MOST_WORKERS", "value": str(MOST_WORKERS)},
            *({"key": key, "sync": False} for key in GIVEN_BY_HAND),
        ],
    }  # fmt: skip
    found["services"].insert(found["services"].index(worker) + 1, controller)
    for group in found["envVarGroups"]:
        sizes = {"WEB_PROCESSES": str(MOST_WEB), "WORKER_PROCESSES": str(MOST_WORKERS)}
        for variable in group["envVars"]:
            variable.update({"value": sizes[variable["key"]]} if variable["key"] in sizes else {})
    return found
