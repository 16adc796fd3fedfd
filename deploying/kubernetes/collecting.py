"""The collector of traces on Kubernetes: two pods without the cluster's token, who may reach them, and what is wrong with them.

Its configuration stands in a variable, so that there is no volume and a change of it is a change of the pods; where it sends to,
and what lets it in there, are a secret of its own.
"""

from typing import Any

import yaml

from deploying import collector

NAME, SECRET = "collector", "nollycrewhub-collector"
COMPONENT = {"app.kubernetes.io/component": NAME}
ARGS = ["--config=env:COLLECTOR_CONFIG"]
PORTS = {"otlp": collector.OTLP, "health": collector.HEALTH}
SENDERS = ["web", "worker", "analytics", "controller", "backup-log", "backup"]
TCP = {"protocol": "TCP"}


def is_one(container: dict[str, Any]) -> bool:
    """Whether a container is the collector's, and so none of our program."""
    return bool(container["image"].startswith("otel/"))


def container() -> dict[str, Any]:
    """The collector."""
    secret = [{"name": name, "valueFrom": {"secretKeyRef": {"name": SECRET, "key": name}}} for name in collector.SETTINGS]
    config = yaml.safe_dump(collector.config(), sort_keys=False, width=1000)
    ask = {"httpGet": {"path": "/", "port": "health"}, "periodSeconds": 10, "timeoutSeconds": 3}
    return {
        "name": NAME, "image": collector.IMAGE, "args": ARGS,
        "ports": [{"name": name, "containerPort": port} for name, port in PORTS.items()],
        "env": [*({"name": name, "value": value} for name, value in collector.OURS.items()), *secret, {"name": "COLLECTOR_CONFIG", "value": config}],
        "readinessProbe": {**ask, "failureThreshold": 2}, "livenessProbe": {**ask, "initialDelaySeconds": 30, "failureThreshold": 6},
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": f"{collector.MEMORY_MIB}Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
    }  # fmt: skip


def deployment() -> dict[str, Any]:
    """Two of them on two nodes; each has bounds of its own, and nobody scales them."""
    spread = {
        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": COMPONENT}
    }  # fmt: skip
    user = {"runAsNonRoot": True, "runAsUser": collector.USER, "runAsGroup": collector.USER, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {
        "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 30, "securityContext": user,
        "topologySpreadConstraints": [spread], "containers": [container()],
    }  # fmt: skip
    template = {"metadata": {"labels": {**COMPONENT, "app.kubernetes.io/part-of": "nollycrewhub"}}, "spec": pod}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": NAME},
        "spec": {"replicas": 2, "revisionHistoryLimit": 5, "selector": {"matchLabels": COMPONENT}, "template": template},
    }  # fmt: skip


def policy(name: str, chosen: dict[str, Any], way: str, rule: dict[str, Any]) -> dict[str, Any]:
    """Who reaches it, or whom it reaches."""
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name},
        "spec": {"podSelector": chosen, "policyTypes": [way.capitalize()], way: [rule]},
    }  # fmt: skip


def policies() -> list[dict[str, Any]]:
    """Our pods send to it, and it sends to whoever keeps traces, inside or on the internet; never to the cloud's own metadata."""
    ours = {"matchExpressions": [{"key": "app.kubernetes.io/component", "operator": "In", "values": SENDERS}]}
    anywhere = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}
    here = [{**TCP, "port": collector.OTLP}]
    return [
        policy("collector-is-asked", {"matchLabels": COMPONENT}, "ingress", {"from": [{"podSelector": ours}], "ports": here}),
        policy("collector-asks", {"matchLabels": COMPONENT}, "egress", {"to": [anywhere], "ports": [{**TCP, "port": 443}, *here]}),
        policy("traces-are-sent", ours, "egress", {"to": [{"podSelector": {"matchLabels": COMPONENT}}], "ports": here}),
    ]


def documents() -> list[dict[str, Any]]:
    """What `deploy/k8s/collector/collector.yaml` holds."""
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME},
        "spec": {"selector": COMPONENT, "ports": [{"name": "otlp", "port": collector.OTLP, "targetPort": "otlp"}]},
    }  # fmt: skip
    budget = {
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": NAME},
        "spec": {"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow", "selector": {"matchLabels": COMPONENT}},
    }  # fmt: skip
    return [deployment(), service, budget, *policies()]


def faults(holding: dict[str, Any], where: str) -> list[str]:
    """A container of the collector's: its words, its variables, its ports, whom asks it for its health."""
    found = [] if holding.get("args") == ARGS else [f"{where} starts the collector with {holding.get('args')}, not with {ARGS}."]
    ports = {port.get("name"): port["containerPort"] for port in holding.get("ports", [])}
    found += [] if ports == PORTS else [f"{where} opens {ports}, and the collector listens at {PORTS}."]
    told = {one["name"]: one for one in holding.get("env", [])}
    wanted = {*collector.OURS, *collector.SETTINGS, "COLLECTOR_CONFIG"}
    found += [f"{where} and the collector differ about the variable {name}." for name in sorted(wanted ^ {*told})]
    for name in collector.SETTINGS:
        source = told.get(name, {}).get("valueFrom", {}).get("secretKeyRef")
        found += [] if source == {"name": SECRET, "key": name} else [f"{where} takes {name} from {source}, which nobody fills."]
    found += [f"{where} has {name} differently." for name, value in collector.OURS.items() if told.get(name, {}).get("value") != value]
    for name in ("readinessProbe", "livenessProbe"):
        asked = holding.get(name, {}).get("httpGet", {})
        found += [] if asked == {"path": "/", "port": "health"} else [f"{where}: {name} asks {asked}, and not for its health."]
    if holding["image"] != collector.IMAGE or holding["resources"]["limits"]["memory"] != f"{collector.MEMORY_MIB}Mi":
        found.append(f"{where} is another collector, or has another bound of memory, than compose's.")
    return found + collector.text_faults(told.get("COLLECTOR_CONFIG", {}).get("value", ""), where)
