"""What is wrong with resources as they would be sent: each by itself, and against each other and the program."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs

from deploying import queries
from deploying.commands import command_faults, environment_faults, settings_of
from deploying.facts import SECRETS, prices, routes
from deploying.kubernetes.building import KUSTOMIZATION, Resource, Unbuildable, build, identity
from deploying.reading import SCHEMAS, Texts, against, parsed, sentences
from nollycrewhub.platform.db.budget import HEADROOM, wanted
from nollycrewhub.platform.settings import SettingsError

TREE = "deploy/k8s"
BASE, OVERLAYS = f"{TREE}/base", f"{TREE}/overlays"
POSTGRES = "xlarge"  # the row of deploy/prices.toml that the fleet at its largest is fitted to
RESERVED = 20  # connections a managed server keeps for itself and its people
GRACE = 20.0  # seconds for what is under way when a web process is told to go (docs/mechanisms/instances.md)
LABELS = frozenset({"app.kubernetes.io/component", "app.kubernetes.io/part-of"})
NAMESPACE_LABELS = frozenset({"kubernetes.io/metadata.name"})
NAMESPACES = frozenset({"ingress-nginx", "monitoring", "kube-system"})
ANNOTATIONS = frozenset({f"nginx.ingress.kubernetes.io/proxy-{what}" for what in ("body-size", "read-timeout", "send-timeout")})
AMOUNTS = frozenset({"cpu", "memory", "storage", "ephemeral-storage"})
TOPOLOGY = frozenset({"topology.kubernetes.io/zone", "kubernetes.io/hostname"})
SECRET, OWNER_SECRET = "nollycrewhub", "nollycrewhub-owner"
BY_POD = frozenset({"INSTANCE_ID"})
Found = dict[tuple[str, str], Resource]


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
        found += map_faults(one, f"{where} {' '.join(identity(one))}")
    pods = {key: one["spec"]["template"] for key, one in by.items() if key[0] in ("Deployment", "Job")}
    for key, template in pods.items():
        found += pod_faults(by, key, template, f"{where} {' '.join(key)}")
    found += selector_faults(by, pods, where) + scaling_faults(by, where) + entrance_faults(by, where) + budget_faults(by, where)
    return found


def form_faults(resource: Resource, where: str) -> list[str]:
    """Against the kind's schema; a kind without one is a fault, for nothing would be looked at."""
    kind = f"{resource.get('apiVersion')} {resource.get('kind')}"
    name = f"{where} {' '.join(identity(resource))}"
    if kind.startswith("keda.sh/"):
        return against("keda.yaml", resource, name)
    if kind not in schemas()[0]:
        return [f"{name}: there is no schema of {kind}."]
    found = list(sentences(validator_of(schemas()[0][kind]).iter_errors(resource), name))
    needed = {"apiVersion", "kind", "metadata"} | ({"data"} if resource["kind"] == "ConfigMap" else set())
    needed |= set() if resource["kind"] in ("ConfigMap", "ServiceAccount") else {"spec"}
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


def pod_faults(by: Found, key: tuple[str, str], template: dict[str, Any], where: str) -> list[str]:
    """A pod's safety, its words and environment, its probes, its volumes."""
    spec, found = template["spec"], []
    safety = spec.get("securityContext", {})
    if not (safety.get("runAsNonRoot") and safety.get("runAsUser") and safety.get("seccompProfile") == {"type": "RuntimeDefault"}):
        found.append(f"{where} may run as root, or without seccomp.")
    if spec.get("automountServiceAccountToken") is not False:
        found.append(f"{where} is handed a token of the cluster.")
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


def duty_faults(by: Found, key: tuple[str, str], spec: dict[str, Any], where: str) -> list[str]:
    """What a deployment owes that a job does not: time to go, and pods that are not all on one node."""
    if key[0] == "Job":
        return [] if spec.get("restartPolicy") == "Never" else [f"{where} is started again by itself."]
    found = [] if spec.get("topologySpreadConstraints") else [f"{where} may have all its pods on one node."]
    drain = float(by.get(("ConfigMap", SECRET), {}).get("data", {}).get("DRAIN_WAIT", 0))
    if spec.get("terminationGracePeriodSeconds", 30) <= GRACE + drain:
        found.append(f"{where} is killed before it can have finished what is under way.")
    return found


def container_faults(by: Found, container: dict[str, Any], where: str, *, serves: bool) -> list[str]:
    """One container."""
    found = command_faults(container.get("args", []), where)
    safety = container.get("securityContext", {})
    if not (safety.get("readOnlyRootFilesystem") and safety.get("allowPrivilegeEscalation") is False):
        found.append(f"{where} may write to its image, or become more than it is.")
    if safety.get("capabilities") != {"drop": ["ALL"]}:
        found.append(f"{where} keeps capabilities it does not need.")
    amounts = container.get("resources", {})
    if set(amounts.get("requests", {})) != {"cpu", "memory"} or "memory" not in amounts.get("limits", {}):
        found.append(f"{where} does not ask for processor and memory, or its memory has no limit.")
    if container["image"].rpartition(":")[2] in ("latest", container["image"]) and container["image"] != "nollycrewhub":
        found.append(f"{where} has an image without a version.")
    found += source_faults(by, container, where)
    ports = {port.get("name"): port["containerPort"] for port in container.get("ports", [])}
    config = by.get(("ConfigMap", SECRET), {}).get("data", {})
    if serves and ports != {"http": int(config.get("PORT", 0))}:
        found.append(f"{where} opens {ports}, and the program listens on {config.get('PORT')}.")
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


def source_faults(by: Found, container: dict[str, Any], where: str) -> list[str]:
    """Where a container's environment comes from, and whether the program reads it."""
    found = []
    sources = [(kind, one[kind]["name"]) for one in container.get("envFrom", []) for kind in one]
    if sources != [("configMapRef", SECRET), ("secretRef", SECRET)]:
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
    return found + environment_faults({**data, **own}, where)


def selector_faults(by: Found, pods: dict[tuple[str, str], Any], where: str) -> list[str]:
    """Whoever selects pods selects some; a deployment its own."""
    labels = [template["metadata"]["labels"] for template in pods.values()]
    found = []
    for key, resource in by.items():
        spec, name = resource.get("spec", {}), f"{where} {' '.join(key)}"
        if key[0] == "Deployment":
            own = spec["template"]["metadata"]["labels"]
            wanted_labels = spec["selector"].get("matchLabels", {})
            found += [] if wanted_labels and wanted_labels.items() <= own.items() else [f"{name} does not select its own pods."]
            for spread in spec["template"]["spec"].get("topologySpreadConstraints", []):
                matches = spread.get("labelSelector", {}).get("matchLabels", {})
                found += [] if matches and matches.items() <= own.items() else [f"{name} spreads pods that are not its own."]
        chosen = {"Service": spec.get("selector"), "PodDisruptionBudget": spec.get("selector", {}).get("matchLabels")}.get(key[0])
        if key[0] in ("Service", "PodDisruptionBudget"):
            found += [] if chosen and any(chosen.items() <= one.items() for one in labels) else [f"{name} selects no pod."]
        if key[0] == "NetworkPolicy":
            found += policy_faults(spec, labels, name)
    found += unreached_faults(by, pods, where)
    guarded = {tuple(sorted(one["spec"]["selector"]["matchLabels"].items())) for key, one in by.items() if key[0] == "PodDisruptionBudget"}
    for key, one in by.items():
        if key[0] == "Deployment" and tuple(sorted(one["spec"]["selector"]["matchLabels"].items())) not in guarded:
            found.append(f"{where} {' '.join(key)} has no PodDisruptionBudget.")
    return found


def is_about(spec: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a policy is about pods with these labels, by name and not by being about all."""
    selector = spec["podSelector"]
    by_value = all(labels.get(one["key"]) in one.get("values", []) for one in selector.get("matchExpressions", []))
    return bool(selector) and selector.get("matchLabels", {}).items() <= labels.items() and by_value


def unreached_faults(by: Found, pods: dict[tuple[str, str], Any], where: str) -> list[str]:
    """Where nobody reaches anybody by default, each pod is let out, and each that serves is let in."""
    policies = [one["spec"] for key, one in by.items() if key[0] == "NetworkPolicy"]
    closed = any(
        not one["podSelector"] and set(one["policyTypes"]) == {"Ingress", "Egress"} and "ingress" not in one and "egress" not in one
        for one in policies
    )
    found = [] if closed or not pods else [f"{where} has no policy by which nobody reaches anybody."]
    for key, template in pods.items():
        labels = template["metadata"]["labels"]
        serves = any("ports" in container for container in template["spec"]["containers"])
        for way, needed in (("egress", True), ("ingress", serves)):
            if needed and not any(way in one and is_about(one, labels) for one in policies):
                found.append(f"{where} {' '.join(key)} is let through by no policy ({way}).")
    return found


def policy_faults(spec: dict[str, Any], labels: list[dict[str, str]], name: str) -> list[str]:
    """A policy says what it is about, and is about some pod; it lets nobody in without a port."""
    found = []
    chosen = spec["podSelector"].get("matchLabels", {})
    found += [] if any(chosen.items() <= one.items() for one in labels) else [f"{name} is about no pod."]
    for expression in spec["podSelector"].get("matchExpressions", []):
        known = {one.get(expression["key"]) for one in labels}
        found += [] if known & set(expression.get("values", [])) else [f"{name} is about no pod."]
    for way, rules in (("Ingress", spec.get("ingress")), ("Egress", spec.get("egress"))):
        if rules is not None and way not in spec.get("policyTypes", []):
            found.append(f"{name} says who comes by {way}, and does not say that it is about it.")
        for rule in rules or []:
            found += (
                []
                if rule.get("ports") and (rule.get("to") or rule.get("from"))
                else [f"{name} lets everybody through to some ports, or somebody to all."]
            )
            found += [
                f"{name} names a protocol and no port." for port in rule.get("ports", []) if "port" not in port or "protocol" not in port
            ]
            found += [
                f"{name} lets somebody through whom nothing names."
                for peer in rule.get("to", []) + rule.get("from", [])
                if not peer or not all(peer.values())
            ]
    return found


def scaling_faults(by: Found, where: str) -> list[str]:
    """Exactly one thing scales each deployment, within bounds that make sense, by figures that are there."""
    found, scaled = [], []
    for key, one in by.items():
        name = f"{where} {' '.join(key)}"
        if key[0] not in ("ScaledObject", "HorizontalPodAutoscaler"):
            continue
        spec = one["spec"]
        aim = (spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"])
        scaled.append(aim)
        if aim not in by:
            found.append(f"{name} scales {' '.join(aim)}, which is not there.")
            continue
        least, most = spec.get("minReplicaCount", spec.get("minReplicas", 1)), spec.get("maxReplicaCount", spec.get("maxReplicas"))
        found += (
            [] if 2 <= least <= most else [f"{name} keeps {least} at least and {most} at most; two at least go on while one is replaced."]
        )
        found += [f"{name}: {' '.join(aim)} has a number of replicas of its own."] if "replicas" in by[aim]["spec"] else []
        names = [trigger["name"] for trigger in spec.get("triggers", [])]
        found += [f"{name} has two triggers of one name."] if len({*names}) < len(names) else []
        for trigger in spec.get("triggers", []):
            found += trigger_faults(by, trigger, most, f"{name} {trigger['name']}")
    found += [f"{where} {' '.join(aim)} is scaled by two." for aim in sorted({aim for aim in scaled if scaled.count(aim) > 1})]
    return found + [f"{where} {' '.join(key)} is scaled by nobody." for key in sorted(by) if key[0] == "Deployment" and key not in scaled]


def trigger_faults(by: Found, trigger: dict[str, Any], most: int, where: str) -> list[str]:
    """One trigger of KEDA's."""
    metadata = trigger["metadata"]
    if trigger["type"] == "prometheus":
        return queries.faults(metadata["query"], where, {})
    if trigger["type"] == "cron":
        return [] if 2 <= int(metadata["desiredReplicas"]) <= most else [f"{where} wants {metadata['desiredReplicas']}, past the most."]
    reader = by.get(("TriggerAuthentication", trigger["authenticationRef"]["name"]))
    if reader is None:
        return [f"{where} signs in by {trigger['authenticationRef']['name']}, which is not there."]
    keys = [(one["name"], one["key"]) for one in reader["spec"]["secretTargetRef"]]
    return [] if keys == [(SECRET, "DATABASE_READER_URL")] else [f"{where} signs in by {keys}, which nobody fills."]


def entrance_faults(by: Found, where: str) -> list[str]:
    """What an Ingress and a Service lead to is there, by its port's name."""
    found = []
    open_ports = {port.get("name") for key, one in by.items() if key[0] == "Deployment"
                  for container in one["spec"]["template"]["spec"]["containers"] for port in container.get("ports", [])}  # fmt: skip
    for key, one in by.items():
        name = f"{where} {' '.join(key)}"
        if key[0] == "Service":
            found += [f"{name} leads to the port {port.get('targetPort')}, which no pod opens." for port in one["spec"]["ports"]
                      if port.get("targetPort") not in open_ports]  # fmt: skip
        if key[0] == "Ingress":
            found += ingress_faults(by, one["spec"], name)
    return found


def ingress_faults(by: Found, spec: dict[str, Any], name: str) -> list[str]:
    """One Ingress: TLS for each host, and services that are there."""
    found = [] if spec.get("ingressClassName") else [f"{name} has no class."]
    secured = {host for one in spec.get("tls", []) if one.get("secretName") for host in one.get("hosts", [])}
    for rule in spec["rules"]:
        found += [] if rule.get("host") in secured else [f"{name} answers {rule.get('host')} without TLS."]
        for path in rule["http"]["paths"]:
            backend = path["backend"].get("service", {})
            service = by.get(("Service", backend.get("name", "")))
            names = {port.get("name") for port in service["spec"]["ports"]} if service else set()
            found += [] if backend.get("port", {}).get("name") in names else [f"{name} leads {path.get('path')} to nothing."]
            found += [] if str(path.get("path", "")).startswith("/") else [f"{name} has a path that is none."]
    return found


def largest(by: Found, word: str) -> int:
    """How many pods may be started with a word."""
    grown = 0
    for key, one in by.items():
        if key[0] in ("ScaledObject", "HorizontalPodAutoscaler"):
            aim = by.get(("Deployment", one["spec"]["scaleTargetRef"]["name"]))
            if aim and aim["spec"]["template"]["spec"]["containers"][0]["args"][0] == word:
                grown += one["spec"].get("maxReplicaCount") or one["spec"]["maxReplicas"]
    return grown


def budget_faults(by: Found, where: str) -> list[str]:
    """The fleet at its largest, as the settings tell it, is what the scalers allow, and its pools fit the database."""
    config = by.get(("ConfigMap", SECRET))
    if config is None:
        return []
    try:
        settings = settings_of(config["data"])
    except SettingsError:
        return []  # told already
    found = []
    for word, expected in (("serve", settings.web_processes), ("worker", settings.worker_processes)):
        if (grown := largest(by, word)) not in (0, expected):
            found.append(f"{where}: there may be {grown} pods that {word}, and the settings expect {expected}.")
    most = prices()["kubernetes"]["postgres"][POSTGRES]["connections"] - RESERVED
    need = wanted(settings, primary=True, web_processes=settings.web_processes) * HEADROOM
    return found + ([] if need <= most else [f"{where}: the fleet may open {need:.0f} connections, and {POSTGRES} takes {most}."])


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
