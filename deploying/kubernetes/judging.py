"""What is wrong with resources as they would be sent: each by itself, and against each other and the program."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs

from deploying.commands import command_faults, environment_faults
from deploying.facts import BACKUP_SECRETS, OF_BACKUPS, SECRETS, routes
from deploying.kubernetes import backing, collecting
from deploying.kubernetes.building import KUSTOMIZATION, Resource, Unbuildable, build, identity, template_of
from deploying.kubernetes.relating import CONTROLS, SECRET, Found, keeps_one, relation_faults
from deploying.reading import SCHEMAS, Texts, against, parsed, sentences
from nollycrewhub.kit.time import LAGOS

TREE = "deploy/k8s"
BASE, OVERLAYS = f"{TREE}/base", f"{TREE}/overlays"
GRACE = 20.0  # seconds for what is under way when a web process is told to go (docs/mechanisms/instances.md)
LABELS = frozenset({"app.kubernetes.io/component", "app.kubernetes.io/part-of"})
NAMESPACE_LABELS = frozenset({"kubernetes.io/metadata.name"})
NAMESPACES = frozenset({"ingress-nginx", "monitoring", "kube-system"})
ANNOTATIONS = frozenset({f"nginx.ingress.kubernetes.io/proxy-{what}" for what in ("body-size", "read-timeout", "send-timeout")})
AMOUNTS = frozenset({"cpu", "memory", "storage", "ephemeral-storage"})
AMOUNT = re.compile(r"\d+(\.\d+)?(m|k|[MGT]|[KMGT]i)?")
# Words that Kubernetes takes where its schema says no more than that it is one.
WORDS = {
    "protocol": {"TCP", "UDP"}, "clusterIP": {"None"}, "pathType": {"Prefix", "Exact"}, "imagePullPolicy": {"Always", "IfNotPresent"},
    "concurrencyPolicy": {"Forbid", "Replace"}, "whenUnsatisfiable": {"DoNotSchedule", "ScheduleAnyway"}, "dnsPolicy": {"ClusterFirst"},
}  # fmt: skip
STRATEGIES = {"RollingUpdate", "Recreate"}
TOPOLOGY = frozenset({"topology.kubernetes.io/zone", "kubernetes.io/hostname"})
OWN_FIELDS: dict[str, set[str]] = {
    "ConfigMap": {"data"},
    "ServiceAccount": set(),
    "Role": {"rules"},
    "RoleBinding": {"roleRef", "subjects"},
}
OWNER_SECRET = "nollycrewhub-owner"
CRON = re.compile(r"([0-5]?\d) ([01]?\d|2[0-3]) \* \* (\*|[0-6])")  # once a day or a week
BY_POD = frozenset({"INSTANCE_ID"})
IN_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}  # Kubernetes tells every pod where its API is


@lru_cache(1)
def schemas() -> tuple[dict[str, str], dict[str, Any]]:
    """Kubernetes' own schemas: the definition of each kind, and all definitions."""
    whole = parsed((SCHEMAS / "kubernetes.json").read_text())[0]
    return whole["kinds"], whole["$defs"]


@lru_cache(32)
def validator_of(definition: str) -> Any:
    """The validator of one kind."""
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{definition}", "$defs": schemas()[1]})


def faults(resources: list[Resource], where: str) -> list[str]:
    """All of it. What is not of its schema's form is not looked at any further."""
    found = [fault for one in resources for fault in form_faults(one, where)]
    if found:
        return found
    by = {identity(one): one for one in resources}
    for one in resources:
        found += map_faults(one, f"{where} {' '.join(identity(one))}") + word_faults(one, f"{where} {' '.join(identity(one))}")
    pods = {key: template_of(one) for key, one in by.items() if key[0] in ("Deployment", "Job", "CronJob")}
    for key, template in pods.items():
        found += pod_faults(by, key, template, f"{where} {' '.join(key)}")
    return found + relation_faults(by, pods, where)


def form_faults(resource: Resource, where: str) -> list[str]:
    """Against the kind's schema; a kind without one is a fault, for nothing would be looked at."""
    kind = f"{resource.get('apiVersion')} {resource.get('kind')}"
    name = f"{where} {' '.join(identity(resource))}"
    if kind.startswith("keda.sh/"):
        return against("keda.yaml", resource, name)
    if kind not in schemas()[0]:
        return [f"{name}: there is no schema of {kind}."]
    found = list(sentences(validator_of(schemas()[0][kind]).iter_errors(resource), name))
    needed = {"apiVersion", "kind", "metadata", *OWN_FIELDS.get(resource["kind"], {"spec"})}
    found += [f"{name} has no {key}." for key in sorted(needed - set(resource))]
    return found + ([] if resource["metadata"].get("name") else [f"{name} has no name."])


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every mapping in a document, with the keys that lead to it."""
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from walk(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, path)


def map_faults(resource: Resource, where: str) -> list[str]:
    """Maps whose keys a schema leaves open: labels, annotations, amounts; each has a closed list here."""
    found = []
    for path, inside in walk(resource):
        last, before = (path or ("",))[-1], path[-2] if len(path) > 1 else ""
        allowed: frozenset[str] | None = None
        if (
            last == "labels"
            or (last == "matchLabels" and before != "namespaceSelector")
            or (last == "selector" and "matchLabels" not in inside)
        ):
            allowed = LABELS
        elif last == "matchLabels":
            allowed = NAMESPACE_LABELS
            found += [f"{where}: there is no namespace {name}." for name in inside.values() if name not in NAMESPACES]
        elif last == "annotations":
            allowed = ANNOTATIONS
        elif last in ("requests", "limits"):
            allowed = AMOUNTS
        if allowed is not None and last not in ("labels",) and before != "podSelector":
            found += [] if inside else [f"{where}: {'/'.join(path)} is empty."]
        found += [f"{where}: {key} is unknown in {'/'.join(path)}." for key in inside if allowed is not None and key not in allowed]
        if "topologyKey" in inside and inside["topologyKey"] not in TOPOLOGY:
            found.append(f"{where}: {inside['topologyKey']} is no topology of ours.")
    return found


def word_faults(resource: Resource, where: str) -> list[str]:
    """Words and amounts that Kubernetes would refuse, and what it would do where a word is missing or another."""
    found = []
    if resource["kind"] == "ServiceAccount" and resource.get("automountServiceAccountToken") is not False:
        found.append(f"{where} hands a token of the cluster to every pod that does not refuse it.")
    for path, inside in walk(resource):
        last = (path or ("",))[-1]
        said = [(key, value) for key, value in inside.items() if key in WORDS and value not in WORDS[key]]
        if last == "strategy" and inside.get("type") not in STRATEGIES:
            said.append(("type", inside.get("type")))
        if last in ("requests", "limits") or "sizeLimit" in inside:
            amounts = inside if last in ("requests", "limits") else {"sizeLimit": inside["sizeLimit"]}
            said += [(key, value) for key, value in amounts.items() if not AMOUNT.fullmatch(str(value))]
        found += [f"{where}: {key} is {value}, which Kubernetes does not take." for key, value in said]
        if last == "rollingUpdate" and identity(resource) == ("Deployment", "web") and inside.get("maxUnavailable") != 0:
            found.append(f"{where} has fewer processes while it is rolled out.")
    return found


def pod_faults(by: Found, key: tuple[str, str], template: dict[str, Any], where: str) -> list[str]:
    """A pod's safety, its words and environment, its probes, its volumes."""
    spec, found = template["spec"], []
    safety = spec.get("securityContext", {})
    if not (safety.get("runAsNonRoot") and safety.get("runAsUser") and safety.get("seccompProfile") == {"type": "RuntimeDefault"}):
        found.append(f"{where} may run as root, or without seccomp.")
    if spec.get("automountServiceAccountToken") is not False and not is_bound(by, spec.get("serviceAccountName", "")):
        found.append(f"{where} is handed a token of the cluster, and no role says what for.")
    if "serviceAccountName" in spec and ("ServiceAccount", spec["serviceAccountName"]) not in by:
        found.append(f"{where} runs under {spec['serviceAccountName']}, which is not there.")
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in volumes.values() if "persistentVolumeClaim" in volume]
    found += [f"{where} mounts the claim {name}, which is not there." for name in claims if ("PersistentVolumeClaim", name) not in by]
    found += [f"{where} has a volume {name} that is neither a claim nor a folder." for name, volume in volumes.items() if len(volume) != 2]
    used: set[str] = set()
    for container in spec["containers"]:
        used |= {mount["name"] for mount in container.get("volumeMounts", [])}
        found += container_faults(by, container, where, serves=key[0] == "Deployment" and container["args"][0] == "serve")
    found += [f"{where} mounts {name}, which is no volume of it." for name in sorted(used - set(volumes))]
    found += [f"{where} has the volume {name}, which nobody mounts." for name in sorted(set(volumes) - used)]
    return found + duty_faults(by, key, spec, where)


def is_bound(by: Found, account: str) -> bool:
    """Whether an account has a role that says what it may do, and may not do everything."""
    for key, one in by.items():
        if key[0] == "RoleBinding" and [(subject["kind"], subject["name"]) for subject in one.get("subjects", [])] == [
            ("ServiceAccount", account)
        ]:
            role = by.get(("Role", one["roleRef"]["name"]), {"rules": []})
            words = {word for rule in role["rules"] for field in ("apiGroups", "resources", "verbs") for word in rule.get(field, ["*"])}
            return bool(words) and "*" not in words and one["roleRef"].get("kind") == "Role"
    return False


def duty_faults(by: Found, key: tuple[str, str], spec: dict[str, Any], where: str) -> list[str]:
    """What a deployment owes that a job does not: time to go, and pods that are not all on one node."""
    if key[0] == "CronJob":
        found = [] if by[key]["spec"].get("concurrencyPolicy") == "Forbid" else [f"{where} may run beside itself."]
        found += [] if by[key]["spec"].get("timeZone") == str(LAGOS) else [f"{where} has another clock than {LAGOS}."]
        found += (
            [] if CRON.fullmatch(by[key]["spec"]["schedule"]) else [f"{where} runs at {by[key]['spec']['schedule']}, which is no time."]
        )
        return found if spec.get("restartPolicy") == "Never" else [*found, f"{where} is started again by itself."]
    if key[0] == "Job":
        return [] if spec.get("restartPolicy") == "Never" else [f"{where} is started again by itself."]
    is_spread = spec.get("topologySpreadConstraints") or keeps_one(by[key])
    found = [] if is_spread else [f"{where} may have all its pods on one node."]
    drain = float(by.get(("ConfigMap", SECRET), {}).get("data", {}).get("DRAIN_WAIT", 0))
    if spec.get("terminationGracePeriodSeconds", 30) <= GRACE + drain:
        found.append(f"{where} is killed before it can have finished what is under way.")
    return found


def safety_faults(container: dict[str, Any], where: str) -> list[str]:
    """What any container must not, and what it must ask for."""
    safety, found = container.get("securityContext", {}), list[str]()
    if not (safety.get("readOnlyRootFilesystem") and safety.get("allowPrivilegeEscalation") is False):
        found.append(f"{where} may write to its image, or become more than it is.")
    if safety.get("capabilities") != {"drop": ["ALL"]}:
        found.append(f"{where} keeps capabilities it does not need.")
    amounts = container.get("resources", {})
    if set(amounts.get("requests", {})) != {"cpu", "memory"} or "memory" not in amounts.get("limits", {}):
        found.append(f"{where} does not ask for processor and memory, or its memory has no limit.")
    if container["image"].rpartition(":")[2] in ("latest", container["image"]) and container["image"] != "nollycrewhub":
        found.append(f"{where} has an image without a version.")
    return found


def container_faults(by: Found, container: dict[str, Any], where: str, *, serves: bool) -> list[str]:
    """One container."""
    found = safety_faults(container, where)
    if collecting.is_one(container):
        return found + collecting.faults(container, where)
    found += command_faults(container.get("args", []), where)
    backs_up = container["args"][0] == "backup"
    found += backup_source_faults(container, where) if backs_up else source_faults(by, container, where)
    ports = {port.get("name"): port["containerPort"] for port in container.get("ports", [])}
    own = {one["name"]: one["value"] for one in container.get("env", []) if "value" in one}
    config = own if backs_up else by.get(("ConfigMap", SECRET), {}).get("data", {})
    if serves and ports != {"http": int(config.get("PORT", 0))}:
        found.append(f"{where} opens {ports}, and the program listens on {config.get('PORT')}.")
    if not serves and ports not in ({}, {"figures": int(config.get("METRICS_PORT", 0))}):
        found.append(f"{where} opens {ports}, and the program tells its figures at {config.get('METRICS_PORT')}.")
    probes = {
        name: container[name]["httpGet"]
        for name in ("startupProbe", "readinessProbe", "livenessProbe")
        if "httpGet" in container.get(name, {})
    }
    found += [f"{where} has no {name}." for name in ("startupProbe", "readinessProbe", "livenessProbe") if serves and name not in probes]
    for name, probe in probes.items():
        found += [] if probe.get("path") in routes() else [f"{where}: {name} asks {probe.get('path')}, which is no route."]
        found += [] if probe["port"] in ports else [f"{where}: {name} asks the port {probe['port']}, which is not open."]
    wanted_path = {"readinessProbe": "/readyz", "livenessProbe": "/livez"}
    return found + [
        f"{where}: {name} must ask {path}." for name, path in wanted_path.items() if name in probes and probes[name].get("path") != path
    ]


def backup_source_faults(container: dict[str, Any], where: str) -> list[str]:
    """Backups know their own secret and nothing of the site's; what they are told beside it they read."""
    sources = container.get("envFrom", [])
    found = (
        [] if sources == [{"secretRef": {"name": backing.SECRET}}] else [f"{where} does not take its secrets from {backing.SECRET} alone."]
    )
    for variable in container.get("env", []):
        name, field = variable["name"], variable.get("valueFrom", {}).get("fieldRef", {"fieldPath": ""})["fieldPath"]
        is_told = variable.get("value") and name in OF_BACKUPS - BACKUP_SECRETS
        found += [] if is_told or (name in BY_POD and field == "metadata.name") else [f"{where} is told {name}, which backups do not read."]
    return found


def source_faults(by: Found, container: dict[str, Any], where: str) -> list[str]:
    """Where a container's environment comes from, and whether the program reads it."""
    found = []
    sources = [(kind, one[kind]["name"]) for one in container.get("envFrom", []) for kind in one]
    if sources != [("configMapRef", SECRET), *([] if container.get("args") == CONTROLS else [("secretRef", SECRET)])]:
        found.append(f"{where} does not take its settings and secrets from {SECRET}: {sources}.")
    if ("ConfigMap", SECRET) not in by:
        return [*found, f"{where} takes settings from {SECRET}, which is not there."]
    own: dict[str, str] = {}
    for variable in container.get("env", []):
        name, source = variable["name"], variable.get("valueFrom", {})
        own[name] = variable.get("value", "pod")
        if "secretKeyRef" in source:
            reference = source["secretKeyRef"]
            is_known = reference["name"] in (SECRET, OWNER_SECRET) and reference["key"] in SECRETS and reference["key"] == name
            found += [] if is_known else [f"{where} takes {name} from {reference['name']}/{reference['key']}, which nobody fills."]
        elif "fieldRef" in source:
            is_known = name in BY_POD and source["fieldRef"].get("fieldPath") == "metadata.name"
            found += [] if is_known else [f"{where} takes {name} from the pod's {source['fieldRef'].get('fieldPath')}."]
        elif name in SECRETS:
            found.append(f"{where} has the secret {name} in the file.")
    data = by["ConfigMap", SECRET]["data"]
    found += [f"{where}: the settings hold the secret {name}." for name in sorted(SECRETS & set(data))]
    return found + environment_faults({**data, **own, **IN_POD}, where, others=frozenset(IN_POD))


def tree_faults(texts: Texts) -> list[str]:
    """The family: every overlay, and the base, as they would be sent; and no file that nothing sends."""
    found: list[str] = []
    used: set[str] = set()
    folders = sorted({path.rpartition("/")[0] for path in texts if path.startswith(f"{OVERLAYS}/") and path.endswith(KUSTOMIZATION)})
    for folder in (BASE, *folders):
        try:
            found += faults(build(texts, folder, used), folder)
        except Unbuildable as error:
            found.append(str(error))
    own = {path for path in texts if path.startswith(f"{TREE}/") and path.endswith(".yaml")}
    return found + [f"{path} is sent by no overlay." for path in sorted(own - used) if not found]
