"""Backups on Kubernetes: one pod keeps the log complete, and jobs take base backups, throw old ones away and read all of it.

For a PostgreSQL that lets a role of ours replicate; a managed one has backups of its provider's instead (deploy/k8s/README.md).
The pods know the store and the role that may replicate, and nothing else of the site: their secret is their own.
"""

from typing import Any

from nollycrewhub.kit.time import LAGOS

SECRET = "nollycrewhub-backup"
LOG, JOBS = "backup-log", "backup"
WORK, WORK_SIZE = "/srv/work", "150Gi"  # where a packed copy of the database lies until it is in the store
USER = 10001
# After midnight in Lagos, and done before anybody is at work; what is superfluous goes once the new one is whole.
TIMES = {"now": ("backup-base", "30 1 * * *", 6), "prune": ("backup-prune", "30 4 * * *", 1), "verify": ("backup-verify", "30 5 * * 0", 12)}


def labels(component: str) -> dict[str, str]:
    """What services and policies find its pods by."""
    return {"app.kubernetes.io/component": component}


def container(name: str, words: list[str], *, memory: str, more: dict[str, Any]) -> dict[str, Any]:
    """The program with the secret of backups and no other."""
    return {
        "name": name, "image": "nollycrewhub", "args": ["backup", *words], "envFrom": [{"secretRef": {"name": SECRET}}], **more,
        "resources": {"requests": {"cpu": "100m", "memory": "192Mi"}, "limits": {"memory": memory}},
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
    }  # fmt: skip


def pod(holding: dict[str, Any], volumes: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A pod that runs as nobody."""
    return {
        "serviceAccountName": JOBS, "automountServiceAccountToken": False, **more,
        "securityContext": {
            "runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER, "fsGroup": USER, "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [holding], "volumes": volumes,
    }  # fmt: skip


def template(component: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A pod with its labels."""
    return {"metadata": {"labels": {**labels(component), "app.kubernetes.io/part-of": "nollycrewhub"}}, "spec": spec}


def log() -> dict[str, Any]:
    """The one that keeps the log complete: never two at once, and what it had not sent yet waits on the primary."""
    more = {
        "ports": [{"name": "figures", "containerPort": 8000}],
        "env": [
            {"name": "METRICS_PORT", "value": "8000"}, {"name": "HOST", "value": "0.0.0.0"},
            {"name": "INSTANCE_ID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "livenessProbe": {
            "httpGet": {"path": "/livez", "port": "figures"}, "initialDelaySeconds": 30, "periodSeconds": 10, "timeoutSeconds": 5,
            "failureThreshold": 6,
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }  # fmt: skip
    spec = pod(
        container(LOG, ["log"], memory="512Mi", more=more), [{"name": "tmp", "emptyDir": {"sizeLimit": "4Gi"}}], terminationGracePeriodSeconds=60
    )  # fmt: skip
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": LOG},
        "spec": {
            "replicas": 1, "revisionHistoryLimit": 5, "strategy": {"type": "Recreate"}, "selector": {"matchLabels": labels(LOG)},
            "template": template(LOG, spec),
        },
    }  # fmt: skip


def job(action: str) -> dict[str, Any]:
    """What is done at a time of day; a failure is tried twice more, and one that lasts is seen by the age of the newest base backup."""
    name, schedule, hours = TIMES[action]
    words = ["now", "--work", WORK] if action == "now" else [action]
    mounts, volumes = [{"name": "tmp", "mountPath": "/tmp"}], [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}]
    if action == "now":
        mounts.append({"name": "work", "mountPath": WORK})
        volumes.append({"name": "work", "persistentVolumeClaim": {"claimName": "backup-work"}})
    spec = pod(container(name, words, memory="1Gi", more={"volumeMounts": mounts}), volumes, restartPolicy="Never")
    return {
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name},
        "spec": {
            "schedule": schedule, "timeZone": str(LAGOS), "concurrencyPolicy": "Forbid", "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 2, "failedJobsHistoryLimit": 5,
            "jobTemplate": {
                "spec": {"backoffLimit": 2, "activeDeadlineSeconds": hours * 3600, "template": template(JOBS, spec)},
            },
        },
    }  # fmt: skip


def policy(name: str, components: list[str], way: str, rule: list[dict[str, Any]]) -> dict[str, Any]:
    """Who reaches them, or whom they reach."""
    chosen = {"matchExpressions": [{"key": "app.kubernetes.io/component", "operator": "In", "values": components}]}
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name},
        "spec": {"podSelector": chosen, "policyTypes": [way.capitalize()], way: rule},
    }  # fmt: skip


def policies() -> list[dict[str, Any]]:
    """Prometheus asks the one with the log; all of them ask PostgreSQL, and the store, which may be in the private network or not."""
    tcp = {"protocol": "TCP"}
    prometheus = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    inside, outside = {"ipBlock": {"cidr": "10.0.0.0/8"}}, {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}
    return [
        policy("backup-is-asked", [LOG], "ingress", [{"from": [prometheus], "ports": [{**tcp, "port": 8000}]}]),
        policy("backup-asks", [LOG, JOBS], "egress", [
            {"to": [inside], "ports": [{**tcp, "port": 5432}]}, {"to": [outside], "ports": [{**tcp, "port": 443}]},
        ]),
    ]  # fmt: skip


def documents() -> list[dict[str, Any]]:
    """What `deploy/k8s/backup/backup.yaml` holds."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": JOBS}, "automountServiceAccountToken": False}
    claim = {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "backup-work"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": WORK_SIZE}}},
    }  # fmt: skip
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "backup-each"},
        "spec": {
            "clusterIP": "None", "publishNotReadyAddresses": True, "selector": labels(LOG),
            "ports": [{"name": "figures", "port": 8000, "targetPort": "figures"}],
        },
    }  # fmt: skip
    return [account, claim, log(), service, *(job(action) for action in TIMES), *policies()]
