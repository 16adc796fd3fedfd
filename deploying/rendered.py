"""Render's Blueprint: held to its fields, to itself, and to the program it starts."""

import re
from collections.abc import Iterator
from typing import Any

from deploying.blueprints import CHANGES, GIVEN_BY_HAND, blueprint_of
from deploying.commands import command_faults, environment_faults, settings_of
from deploying.facts import DEPLOY, POLICY, SECRETS, prices, routes
from deploying.reading import Texts, against, only
from nollycrewhub.platform.db.budget import HEADROOM, wanted
from nollycrewhub.platform.settings import SettingsError

PATH, CONTROLLED = "deploy/render/render.yaml", "deploy/render/controller.yaml"
RUN = "python deploy/render/run.py"
RESERVED = 3  # connections PostgreSQL keeps for superusers
GRACE = 20.0
CONTROLS = "scale run"
MEMORY = 70  # percent, the plan's section 8
OF_RUN = frozenset({"REPLICA_OWNER_URL", "APP_PASSWORD", "READER_PASSWORD"})  # run.py reads them, not the program
MADE_BY_RUN = frozenset({"DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_READER_URL", "READ_REPLICA_URLS"})
NEEDED = frozenset({
    "NOLLYCREWHUB_SHAPE", "SECRET", "SESSION_URL", "CACHE_URL", "DATABASE_OWNER_URL", "APP_PASSWORD", "READER_PASSWORD", "MAIL_URL",
    "PUBLIC_URL",
})  # fmt: skip
POLICIES = {"SESSION_URL": "noeviction", "CACHE_URL": "allkeys-lru"}


def faults(texts: Texts) -> list[str]:
    """All that is wrong with the Blueprint, and with those of the earlier phases that are made from it."""
    blueprint = only(texts, PATH)
    found = blueprint_faults(blueprint, PATH)
    if not found and not all(database.get("readReplicas") for database in blueprint["databases"]):
        found.append(f"{PATH} has no replica.")
    found += blueprint_faults(only(texts, CONTROLLED), CONTROLLED)
    return found or [fault for phase in CHANGES for fault in blueprint_faults(blueprint_of(phase, blueprint), f"phase {phase}")]


def blueprint_faults(blueprint: dict[str, Any], path: str) -> list[str]:
    """All that is wrong with one Blueprint."""
    found = against("render.yaml", blueprint, path)
    if found:
        return found
    services = {one["name"]: one for one in blueprint["services"]}
    databases = {one["name"]: one for one in blueprint["databases"]}
    replicas = {one["name"] for database in databases.values() for one in database.get("readReplicas", [])}
    groups = {one["name"]: one for one in blueprint["envVarGroups"]}
    named = [*(one["name"] for one in blueprint["services"]), *(one["name"] for one in blueprint["databases"]), *replicas]
    found += [f"{path} has two things of one name."] if len({*named}) < len(named) else []
    found += [
        f"{path}: {name} is not in Frankfurt with the others."
        for name, one in {**services, **databases}.items()
        if one["region"] != "frankfurt"
    ]
    for name, service in services.items():
        where = f"{path} {name}"
        if service["type"] == "keyvalue":
            found += [f"{where} may be reached from the internet."] if service["ipAllowList"] else []
        else:
            found += source_faults(service, services, {*databases, *replicas}, groups, where)
            found += start_faults(service, where) + service_environment_faults(service, groups, where)
            found += policy_faults(service, services, where)
            if not found:
                found += budget_faults(service, groups, blueprint, where)
    for name, database in databases.items():
        found += [f"{path} {name} may be reached from the internet."] if database["ipAllowList"] else []
        is_high = database.get("highAvailability", {}).get("enabled")
        found += [f"{path} {name}: only pro plans can be highly available."] if is_high and database["plan"].startswith("basic") else []
        found += (
            []
            if database["plan"] in prices()["render"]["postgres"]
            else [f"{path} {name}: deploy/prices.toml knows no {database['plan']}."]
        )
    return found + size_faults(services, path) + controller_faults(services, path)


def variables_of(service: dict[str, Any], groups: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A service's variables, its groups' among them."""
    for variable in service["envVars"]:
        if "fromGroup" in variable:
            yield from groups.get(variable["fromGroup"], {}).get("envVars", [])
        else:
            yield variable


def source_faults(service: dict[str, Any], services: dict[str, Any], databases: set[str], groups: dict[str, Any], where: str) -> list[str]:
    """Whoever is named as a source is there, is of the kind that is said, and has what is asked for."""
    found = []
    for variable in service["envVars"]:
        if "fromGroup" in variable and variable["fromGroup"] not in groups:
            found.append(f"{where} takes the group {variable['fromGroup']}, which is not there.")
        if "fromDatabase" in variable and variable["fromDatabase"]["name"] not in databases:
            found.append(f"{where} takes {variable['key']} from {variable['fromDatabase']['name']}, which is no database here.")
        if "fromService" in variable:
            source = variable["fromService"]
            other = services.get(source["name"])
            if other is None or other["type"] != source["type"]:
                found.append(f"{where} takes {variable['key']} from the {source['type']} {source['name']}, which is not there.")
            elif "envVarKey" in source and source["envVarKey"] not in {one.get("key") for one in variables_of(other, groups)}:
                found.append(f"{where} takes {variable['key']} from {source['envVarKey']} of {source['name']}, which has none.")
            elif "property" in source and (source["property"] == "connectionString") != (other["type"] == "keyvalue"):
                found.append(f"{where}: {source['name']} has no {source['property']}.")
    return found


def start_faults(service: dict[str, Any], where: str) -> list[str]:
    """What it starts is there and takes these words; it has time to go; its health is asked where health is told."""
    found = []
    for command in ("startCommand", "preDeployCommand"):
        words = service.get(command, "").split()
        if words and words[:2] != RUN.split():
            found.append(f"{where}: {command} does not go by {RUN}, which makes the addresses.")
        elif words and words[2:] != ["release"]:
            found += command_faults(words[2:], f"{where}: {command}")
    if service["type"] == "web":
        found += [] if service["preDeployCommand"] == f"{RUN} release" else [f"{where} does not migrate before it starts."]
        found += [] if service["healthCheckPath"] == "/readyz" in routes() else [f"{where} must be asked for its health at /readyz."]
    for command in (service["buildCommand"],):
        file = DEPLOY.parent / command.split()[0]
        found += [] if file.is_file() and file.stat().st_mode & 0o100 else [f"{where} builds with {command}, which cannot be run."]
    return found


def service_environment_faults(service: dict[str, Any], groups: dict[str, Any], where: str) -> list[str]:
    """Every variable is one that the program or run.py reads, none is a secret in the file, and none is missing."""
    variables = list(variables_of(service, groups))
    keys = [variable["key"] for variable in variables]
    found = [f"{where} sets {key} twice." for key in sorted({key for key in keys if keys.count(key) > 1})]
    found += [f"{where} does not set {key}." for key in sorted(NEEDED - {*keys})]
    found += [f"{where} sets {key}, which run.py makes." for key in sorted(MADE_BY_RUN & {*keys})]
    secrets = SECRETS | OF_RUN
    found += [f"{where} has the secret {one['key']} in the file." for one in variables if "value" in one and one["key"] in secrets]
    found += [f"{where} makes up {one['key']}, which has to be another's." for one in variables
              if "generateValue" in one and one["key"] not in {"SECRET", "METRICS_TOKEN", "APP_PASSWORD", "READER_PASSWORD"}]  # fmt: skip
    given = {one["key"]: one.get("value", "") for one in variables if one["key"] not in secrets or "value" in one}
    return found + environment_faults(given | {key: "" for key in keys if key not in given}, where, others=OF_RUN)


def policy_faults(service: dict[str, Any], services: dict[str, Any], where: str) -> list[str]:
    """Sessions are never put out to make room; the cache always may be."""
    found = []
    for variable in service["envVars"]:
        if variable.get("key") in POLICIES:
            source = (
                services[variable["fromService"]["name"]]
                if "fromService" in variable and variable["fromService"]["name"] in services
                else {}
            )
            if source.get("maxmemoryPolicy") != POLICIES[variable["key"]]:
                found.append(f"{where}: {variable['key']} must be a keyvalue with {POLICIES[variable['key']]}.")
    return found


def processes_of(blueprint: dict[str, Any]) -> dict[str, int]:
    """How many processes of each kind there may be at the most."""
    grown = {"web": 0, "worker": 0}
    ours = {kind: int(most) for one in blueprint["services"] if is_controller(one) for kind, most in asked_at_most(one).items()}
    for service in blueprint["services"]:
        if service["type"] in grown and not is_controller(service):
            each = re.search(r"--workers (\d+)", service["startCommand"])
            most = service["scaling"]["maxInstances"] if "scaling" in service else service["numInstances"]
            grown[service["type"]] += max(most, ours.get(service["type"], 0)) * (int(each[1]) if each else 1)
    return grown


def is_controller(service: dict[str, Any]) -> bool:
    """Whether a service is our own controller."""
    return bool(service.get("startCommand", "").removeprefix(f"{RUN} ") == CONTROLS)


def asked_at_most(controller: dict[str, Any]) -> dict[str, str]:
    """How many instances our controller may ask for, by the kind of service."""
    given = {one["key"]: one["value"] for one in controller["envVars"] if "value" in one}
    return {"web": given.get("SCALING_MOST_WEB", "10"), "worker": given.get("SCALING_MOST_WORKERS", "10")}


def controller_faults(services: dict[str, Any], path: str) -> list[str]:
    """Where our controller runs it asks Render by a key that stands nowhere, for instances of one process, and Render scales nothing."""
    found = []
    for name, one in services.items():
        if not is_controller(one):
            continue
        where, given = f"{path} {name}", {two["key"]: two for two in one["envVars"] if "key" in two}
        found += [] if given.get("SCALING_ACTUATOR", {}).get("value") == "render" else [f"{where} carries nothing out: SCALING_ACTUATOR."]
        found += [f"{where} must be told {key} by hand." for key in GIVEN_BY_HAND if given.get(key, {}).get("sync") is not False]
        found += [f"{where} is there more than once."] if one["numInstances"] > 1 else []
        for other in services.values():
            found += [f"{path} {other['name']} is scaled by Render and by our own controller."] if "scaling" in other else []
            many = "--workers" in other.get("startCommand", "")
            found += [f"{path} {other['name']} has several processes an instance, and our controller counts processes."] if many else []
    return found


def budget_faults(service: dict[str, Any], groups: dict[str, Any], blueprint: dict[str, Any], where: str) -> list[str]:
    """The fleet at its largest, as the settings tell it, is the file's own, and its pools fit the smallest database."""
    given = {one["key"]: one["value"] for one in variables_of(service, groups) if "value" in one}
    try:
        settings = settings_of(given)
    except SettingsError as error:
        return [f"{where}: {sentence}" for sentence in error.sentences]
    found = []
    expected, grown = {"web": settings.web_processes, "worker": settings.worker_processes}, processes_of(blueprint)
    found += [] if expected == grown else [f"{where}: the settings expect {expected} processes, and there may be {grown}."]
    if service["maxShutdownDelaySeconds"] <= settings.drain_wait + GRACE and service["type"] == "web":
        found.append(f"{where} is killed before it can have finished what is under way.")
    for database in blueprint["databases"]:
        row = prices()["render"]["postgres"].get(database["plan"], {"connections": 0})
        need = wanted(settings, primary=True, web_processes=settings.web_processes) * HEADROOM
        if need > row["connections"] - RESERVED:
            found.append(
                f"{where}: the fleet may open {need:.0f} connections, and {database['plan']} takes {row['connections'] - RESERVED}."
            )
    return found


def size_faults(services: dict[str, Any], path: str) -> list[str]:
    """The plan's numbers of scaling, where Render scales by itself."""
    found = []
    for name, service in services.items():
        scaling = service.get("scaling")
        if scaling:
            found += [] if POLICY.least_web <= scaling["minInstances"] <= scaling["maxInstances"] <= POLICY.most_web else [
                f"{path} {name} scales from {scaling['minInstances']} to {scaling['maxInstances']}; the policy is {POLICY.least_web} to {POLICY.most_web}."]  # fmt: skip
            found += (
                []
                if scaling.get("targetCPUPercent") == POLICY.cpu_target
                else [f"{path} {name} aims at another share of CPU than the policy."]
            )
            found += (
                [] if scaling.get("targetMemoryPercent") == MEMORY else [f"{path} {name} aims at another share of memory than the plan."]
            )
    return found
