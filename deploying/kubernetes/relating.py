"""What is wrong with resources against each other: selectors, policies, scalers, ways in, and the connections of the whole fleet."""

from typing import Any

from deploying import collector, queries
from deploying.commands import settings_of
from deploying.facts import prices
from deploying.kubernetes import collecting, controlling
from deploying.kubernetes.building import Resource
from nollycrewhub.platform.db.budget import HEADROOM, wanted
from nollycrewhub.platform.settings import SettingsError

POSTGRES = "xlarge"  # the row of deploy/prices.toml that the fleet at its largest is fitted to
RESERVED = 20  # connections a managed server keeps for itself and its people
SECRET = "nollycrewhub"
SCALER, CONTROLS = "our own controller", ["scale", "run"]
Found = dict[tuple[str, str], Resource]


def relation_faults(by: Found, pods: dict[tuple[str, str], Any], where: str) -> list[str]:
    """All of it."""
    found = selector_faults(by, pods, where) + scaling_faults(by, where) + controller_faults(by, where)
    return found + entrance_faults(by, where) + budget_faults(by, where) + collector_faults(by, where)


def collector_faults(by: Found, where: str) -> list[str]:
    """Where a collector is, our processes send to it; where none is, to none by that name."""
    endpoint = by.get(("ConfigMap", SECRET), {}).get("data", {}).get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    is_there = ("Deployment", collecting.NAME) in by and ("Service", collecting.NAME) in by
    is_right = endpoint == collector.ENDPOINT if is_there else "//collector" not in endpoint
    return (
        []
        if is_right
        else [
            f"{where} sends its traces to {endpoint or 'nobody'}; its collector {'listens at ' + collector.ENDPOINT if is_there else 'is missing'}."
        ]
    )


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
        is_alone = key[0] == "Deployment" and keeps_one(one)
        if key[0] == "Deployment" and not is_alone and tuple(sorted(one["spec"]["selector"]["matchLabels"].items())) not in guarded:
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
    ours = set(own_targets(by))
    found += [f"{where} {' '.join(key)} is scaled by {SCALER} and by somebody else." for key in sorted(ours & {*scaled})]
    for key in sorted(by):
        if key[0] == "Deployment" and key not in scaled and key not in ours and not has_a_number(by[key]):
            found.append(f"{where} {' '.join(key)} is scaled by nobody.")
    return found


def has_a_number(deployment: Resource) -> bool:
    """Whether there are as many of it as its file says: our own controller, what keeps the log, the collector."""
    collects = collecting.is_one(deployment["spec"]["template"]["spec"]["containers"][0]) and deployment["spec"].get("replicas", 1) >= 2
    return is_controller(deployment) or keeps_one(deployment) or bool(collects)


def keeps_one(deployment: Resource) -> bool:
    """Whether there is one pod of it and never two, also while it is replaced: nobody scales it, and nothing waits for a second one."""
    spec = deployment["spec"]
    return bool(spec.get("replicas") == 1 and spec.get("strategy", {}).get("type") == "Recreate" and words_of(deployment)[0] == "backup")


def is_controller(deployment: Resource) -> bool:
    """Whether it is our own controller, which has a number of pods of its own."""
    return bool(words_of(deployment) == CONTROLS and deployment["spec"].get("replicas", 1) >= 2)


def words_of(deployment: Resource) -> list[str]:
    """What the first container of a deployment is started with."""
    words: list[str] = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    return words


def own_targets(by: Found) -> dict[tuple[str, str], int]:
    """The deployments that our own controller scales, and how far, where one runs."""
    controller = next((one for key, one in by.items() if key[0] == "Deployment" and is_controller(one)), None)
    if controller is None:
        return {}
    data = dict(by.get(("ConfigMap", SECRET), {}).get("data", {}))
    container = controller["spec"]["template"]["spec"]["containers"][0]
    data |= {one["name"]: one["value"] for one in container.get("env", []) if "value" in one}
    if data.get("SCALING_ACTUATOR") != "kubernetes":
        return {}
    handed = {part.strip() for part in data.get("KUBERNETES_HANDED_OVER", "").split(",")}
    roles = (("web", "KUBERNETES_WEB", "web", "SCALING_MOST_WEB"), ("worker", "KUBERNETES_WORKERS", "worker", "SCALING_MOST_WORKERS"))
    return {("Deployment", data.get(name, usual)): int(data.get(most, 10)) for role, name, usual, most in roles if role not in handed}


def controller_faults(by: Found, where: str) -> list[str]:
    """Our controller scales something, may do what it calls and no more, and is asked whether its loop still turns."""
    found = []
    for key, one in by.items():
        if key[0] != "Deployment" or words_of(one) != CONTROLS:
            continue
        name, spec = f"{where} {' '.join(key)}", one["spec"]["template"]["spec"]
        scaled = tuple(role for role in controlling.SCALED if ("Deployment", role) in own_targets(by))
        found += [] if scaled else [f"{name} scales nothing: two of it, SCALING_ACTUATOR and a role that is not handed over make it do so."]
        found += [] if "livenessProbe" in spec["containers"][0] else [f"{name} is asked by nobody whether it lives."]
        told = {two["name"] for two in spec["containers"][0].get("env", []) if "secretKeyRef" in two.get("valueFrom", {})}
        found += [] if told == {*controlling.NEEDED} else [f"{name} is given the secrets {sorted(told)}, and reads others."]
        account = spec.get("serviceAccountName", "")
        bound = [two for two in by.values() if two["kind"] == "RoleBinding" and account in {who["name"] for who in two.get("subjects", [])}]
        roles = [by.get(("Role", two["roleRef"]["name"]), {}).get("rules") for two in bound]
        found += [] if roles == [controlling.rules(scaled)] else [f"{name} may do more or less than it calls: {roles}."]
        places = {who.get("namespace") for two in bound for who in two["subjects"]}
        found += [] if places == {controlling.NAMESPACE} else [f"{name}: its role is given to somebody in {sorted(map(str, places))}."]
    return found


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
            if aim and words_of(aim)[0] == word:
                grown += one["spec"].get("maxReplicaCount") or one["spec"]["maxReplicas"]
    return grown + sum(most for key, most in own_targets(by).items() if key in by and words_of(by[key])[0] == word)


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
