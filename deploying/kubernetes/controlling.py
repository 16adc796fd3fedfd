"""Our own controller on Kubernetes (`nollycrewhub scale run`): what it runs as, what it may do, whom it reaches.

Two pods, of which one leads (an advisory lock on a direct connection): with one alone nobody would scale for the five minutes
that Kubernetes waits for a node that is gone. Nobody sends it requests, so no probe asks whether it is ready; whether its loop
still turns is asked at the port of its figures. `RULES` is what `scaling.actuators.kubernetes` calls and no more: a test has the
actuator work against an API server that knows this role.
"""

from typing import Any

NAMESPACE = "nollycrewhub"
NAME = "controller"
SCALED = ("web", "worker")
COMPONENT = {"app.kubernetes.io/component": NAME}
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
USER = 10001
SECRET = "nollycrewhub"
# All it reads of the program's secrets: where it leads and stores, whose connections it counts, who reports, who may ask it.
NEEDED = ("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_READER_URL", "READ_REPLICA_URLS", "CACHE_URL", "METRICS_TOKEN")


def rules(scaled: tuple[str, ...] = SCALED) -> list[dict[str, Any]]:
    """Looks at both Deployments and at who else scales them; changes the number of those that are its own, and nothing else of them."""
    return [
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": [*SCALED], "verbs": ["get"]},
        {"apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": [*scaled], "verbs": ["patch"]},
        {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["list"]},
        {"apiGroups": ["keda.sh"], "resources": ["scaledobjects"], "verbs": ["list"]},
    ]


def permission() -> list[dict[str, Any]]:
    """The account, the role, and that the one has the other."""
    group = "rbac.authorization.k8s.io"
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME}, "automountServiceAccountToken": False},
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": {"name": NAME}, "rules": rules()},
        {
            "apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": {"name": NAME},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": NAME},
            "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
        },
    ]  # fmt: skip


def secrets() -> list[dict[str, Any]]:
    """Each by itself, so that no key of a provider and nothing that signs sessions is in these pods. There may be no replica."""
    return [
        {
            "name": name,
            "valueFrom": {"secretKeyRef": {"name": SECRET, "key": name, **({"optional": True} if name == "READ_REPLICA_URLS" else {})}},
        }
        for name in NEEDED
    ]


def container() -> dict[str, Any]:
    """The program with the words that make it a controller, and who carries its decisions out."""
    return {
        "name": NAME, "image": "nollycrewhub", "args": ["scale", "run"],
        "ports": [{"name": "figures", "containerPort": 8000}],
        "envFrom": [{"configMapRef": {"name": "nollycrewhub"}}],
        "env": [
            {"name": "SCALING_ACTUATOR", "value": "kubernetes"},
            {"name": "INSTANCE_ID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            *secrets(),
        ],
        "livenessProbe": {
            "httpGet": {"path": "/livez", "port": "figures"}, "initialDelaySeconds": 30, "periodSeconds": 10, "timeoutSeconds": 5,
            "failureThreshold": 6,
        },
        "resources": {"requests": {"cpu": "50m", "memory": "192Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
    }  # fmt: skip


def deployment() -> dict[str, Any]:
    """Two candidates on two nodes, with the token of their account."""
    spread = {
        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": COMPONENT}
    }  # fmt: skip
    pod = {
        "serviceAccountName": NAME, "automountServiceAccountToken": True, "terminationGracePeriodSeconds": 30,
        "securityContext": {
            "runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER, "fsGroup": USER, "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [spread], "containers": [container()],
    }  # fmt: skip
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": NAME},
        "spec": {
            "replicas": 2, "revisionHistoryLimit": 5, "selector": {"matchLabels": COMPONENT},
            "template": {"metadata": {"labels": {**COMPONENT, "app.kubernetes.io/part-of": "nollycrewhub"}}, "spec": pod},
        },
    }  # fmt: skip


def policy(name: str, way: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Who reaches it, or whom it reaches."""
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name},
        "spec": {"podSelector": {"matchLabels": COMPONENT}, "policyTypes": [way.capitalize()], way: rules},
    }  # fmt: skip


def tcp(*ports: int) -> list[dict[str, Any]]:
    """Ports as policies write them."""
    return [{"protocol": "TCP", "port": port} for port in ports]


def policies() -> list[dict[str, Any]]:
    """Prometheus asks it; it asks PostgreSQL (directly: a pooler would share its lock), Valkey and the API server, never the internet."""
    prometheus = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    return [
        policy("controller-is-asked", "ingress", [{"from": [prometheus], "ports": tcp(8000)}]),
        policy("controller-asks", "egress", [
            {"to": [{"ipBlock": {"cidr": PRIVATE[0]}}], "ports": tcp(5432, 6379)},
            {"to": [{"ipBlock": {"cidr": cidr}} for cidr in PRIVATE], "ports": tcp(443, 6443)},
        ]),
    ]  # fmt: skip


def documents() -> list[dict[str, Any]]:
    """What `deploy/k8s/controller/controller.yaml` holds."""
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{NAME}-each"},
        "spec": {
            "clusterIP": "None", "publishNotReadyAddresses": True, "selector": COMPONENT,
            "ports": [{"name": "figures", "port": 8000, "targetPort": "figures"}],
        },
    }  # fmt: skip
    budget = {
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": NAME},
        "spec": {"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow", "selector": {"matchLabels": COMPONENT}},
    }  # fmt: skip
    return [*permission(), deployment(), service, budget, *policies()]
