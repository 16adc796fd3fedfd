"""Each rule of the checks of deploy/, shown by a file that breaks it: what a schema cannot see, and what it must."""

import re

import pytest

from deploying import checking, misspelling
from deploying.facts import BACKUP_SECRETS, DEPLOY, SECRETS
from deploying.kubernetes.building import Resource
from deploying.kubernetes.judging import is_bound
from deploying.reading import texts_under

TEXTS = texts_under(DEPLOY)
RENDER, K8S, DOCKER, EDGE = "deploy/render/render.yaml", "deploy/k8s/base/{}.yaml", "deploy/docker/{}", "deploy/cloudflare/{}.json"
AFRICA, DOMAINS = "deploy/k8s/overlays/africa/kustomization.yaml", "deploy/k8s/overlays/domains/{}.yaml"
CONTROLLED, CONTROLLER = "deploy/render/controller.yaml", "deploy/k8s/controller/controller.yaml"
BACKUP = "deploy/k8s/backup/backup.yaml"
COLLECTOR, COLLECTORS, TRACED = (
    "deploy/collector/collector.yaml",
    "deploy/k8s/collector/collector.yaml",
    "deploy/k8s/overlays/traced/kustomization.yaml",
)
CONTROLS, BOTH = (f"deploy/k8s/overlays/{name}/kustomization.yaml" for name in ("controller", "controller-and-keda"))
BROKEN = [
    (RENDER, "runtime: python", "env: python", "'env' was unexpected"),
    (RENDER, "targetCPUPercent: 60", "targetCPU: 60", "'targetCPU' was unexpected"),
    (RENDER, "minInstances: 2", "minInstances: 1", "1 is less than the minimum of 2"),
    (RENDER, "targetCPUPercent: 60", "targetCPUPercent: 65", "another share of CPU"),
    (RENDER, "healthCheckPath: /readyz", "healthCheckPath: /health", "asked for its health at /readyz"),
    (RENDER, "run.py release", "run.py migrate", "does not migrate before it starts"),
    (RENDER, "run.py worker", "run.py wörker", "none of its commands"),
    (RENDER, "name: nollycrewhub-db-replica\n          property", "name: nollycrewhub-db-copy\n          property", "which is no database here"),
    (RENDER, "name: nollycrewhub-cache\n          property", "name: nollycrewhub-sessions\n          property", "CACHE_URL must be a keyvalue"),
    (RENDER, "maxmemoryPolicy: noeviction", "maxmemoryPolicy: allkeys-lru", "SESSION_URL must be a keyvalue with noeviction"),
    (RENDER, "envVarKey: MAIL_URL", "envVarKey: MAIL_URI", "which has none"),
    (RENDER, "key: WRITE_POOL", "key: WRITE_POOLS", "sets WRITE_POOLS, which is no setting"),
    (RENDER, 'key: READ_POOL_MOST\n        value: "6"', 'key: READ_POOL_MOST\n        value: "60"', "the fleet may open"),
    (RENDER, 'key: WRITE_POOL\n        value: "2"', 'key: WRITE_POOL\n        value: two', "WRITE_POOL has a value of the wrong kind"),
    (RENDER, "numInstances: 2", "numInstances: 3", "the settings expect"),
    (RENDER, "serve --workers 2", "serve --workers 4", "the settings expect"),
    (RENDER, "key: SECRET\n        generateValue: true", "key: SECRET\n        value: not-a-secret-any-more", "has the secret SECRET in the file"),
    (RENDER, "key: MAIL_URL\n        sync: false", "key: MAIL_URL\n        value: smtp://mail.example:25", "has the secret MAIL_URL in the file"),
    (RENDER, "readReplicas: # never an empty list: that deletes every replica\n      - name: nollycrewhub-db-replica", "readReplicas: []", "has less than 1 item"),
    (CONTROLLED, "numInstances: 2\n- type: worker", "scaling:\n    minInstances: 2\n    maxInstances: 10\n    targetCPUPercent: 60\n    targetMemoryPercent: 70\n- type: worker", "is scaled by Render and by our own controller"),
    (CONTROLLED, "key: RENDER_API_KEY\n    sync: false", "key: RENDER_API_KEY\n    value: rnd_1234", "has the secret RENDER_API_KEY in the file"),
    (CONTROLLED, "  - key: RENDER_API_KEY\n    sync: false\n", "", "must be told RENDER_API_KEY by hand"),
    (CONTROLLED, "value: render\n", "value: local\n", "carries nothing out"),
    (CONTROLLED, "run.py scale run", "run.py scale runs", "which the program refuses"),
    (CONTROLLED, "run.py serve\n", "run.py serve --workers 2\n", "our controller counts processes"),
    (CONTROLLED, "key: SCALING_MOST_WEB\n    value: '20'", "key: SCALING_MOST_WEB\n    value: '30'", "the settings expect"),
    (RENDER, "maxShutdownDelaySeconds: 30", "maxShutdownDelaySeconds: 20", "killed before it can have finished"),
    (K8S.format("web"), "path: /readyz", "path: /healthz", "which is no route"),
    (K8S.format("network"), "protocol: TCP", "protocol: CTP", "protocol is CTP, which Kubernetes does not take"),
    (K8S.format("worker"), "clusterIP: None", "clusterIP: Nnoe", "clusterIP is Nnoe"),
    (K8S.format("worker"), "sizeLimit: 1Gi", "sizeLimit: G1i", "sizeLimit is G1i"),
    (K8S.format("web"), "memory: 512Mi", "memory: 512MB", "memory is 512MB"),
    (K8S.format("web"), "cpu: 500m", "cpu: 500mm", "cpu is 500mm"),
    (K8S.format("web"), "type: RollingUpdate", "type: RollingUpdat", "type is RollingUpdat"),
    (K8S.format("web"), "maxUnavailable: 0", "maxUnavailable: 1", "has fewer processes while it is rolled out"),
    ("deploy/k8s/entrance/ingress.yaml", "pathType: Prefix", "pathType: Prefiks", "pathType is Prefiks"),
    (K8S.format("web"), "path: /readyz", "path: /livez", "readinessProbe must ask /readyz"),
    (K8S.format("web"), "port: http\n            periodSeconds: 5", "port: https\n            periodSeconds: 5", "which is not open"),
    (K8S.format("web"), "containerPort: 8000", "containerPort: 8080", "the program listens on 8000"),
    (K8S.format("web"), "args: [serve]", "args: [serve, --process, '2']", "which the program refuses"),
    (K8S.format("web"), "  selector:\n    app.kubernetes.io/component: web\n", "  selector:\n    app.kubernetes.io/component: site\n", "selects no pod"),
    (K8S.format("web"), "      labels:\n        app.kubernetes.io/component: web", "      labels:\n        app.kubernetes.io/component: we", "does not select its own pods"),
    (K8S.format("web"), "  revisionHistoryLimit: 5", "  replicas: 3", "has a number of replicas of its own"),
    (K8S.format("web"), "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "may write to its image"),
    (K8S.format("web"), "runAsNonRoot: true", "runAsNonRoot: false", "may run as root"),
    (K8S.format("web"), "terminationGracePeriodSeconds: 45", "terminationGracePeriodSeconds: 25", "killed before it can have finished"),
    (K8S.format("web"), "claimName: media", "claimName: medium", "which is not there"),
    (K8S.format("worker"), "name: worker\nautomountServiceAccountToken: false\n", "name: worker\nautomountServiceAccountToken: true\n", "hands a token of the cluster"),
    (K8S.format("worker"), "containerPort: 8000", "containerPort: 8080", "tells its figures at 8000"),
    (K8S.format("worker"), "kind: PodDisruptionBudget\nmetadata:\n  name: worker\nspec:\n  maxUnavailable: 1\n  unhealthyPodEvictionPolicy: AlwaysAllow\n  selector:\n    matchLabels:\n      app.kubernetes.io/component: worker", "kind: PodDisruptionBudget\nmetadata:\n  name: worker\nspec:\n  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/component: web", "worker has no PodDisruptionBudget"),
    (K8S.format("settings"), "PORT: \"8000\"", "PROT: \"8000\"", "sets PROT, which is no setting"),
    (K8S.format("settings"), "PUBLIC_URL: https://", "PUBLIC_URL: http://", "PUBLIC_URL must be the https"),
    (K8S.format("settings"), 'WEB_PROCESSES: "10"', 'WEB_PROCESSES: "9"', "the settings expect 9"),
    (K8S.format("settings"), 'READ_POOL_MOST: "12"', 'READ_POOL_MOST: "400"', "the fleet may open"),
    (K8S.format("settings"), "  PORT:", "  METRICS_TOKEN: x\n  PORT:", "the settings hold the secret METRICS_TOKEN"),
    (K8S.format("network"), "component: web", "component: wbe", "is about no pod"),
    (K8S.format("network"), "component: worker", "component: wrker", "Deployment worker is let through by no policy (ingress)"),
    (K8S.format("settings"), 'METRICS_PORT: "8000"', 'METRICS_PORT: "8001"', "tells its figures at 8001"),
    (K8S.format("network"), "policyTypes: [Ingress]", "policyTypes: [Egress]", "does not say that it is about it"),
    (K8S.format("network"), "name: monitoring", "name: monitor", "there is no namespace monitor"),
    (K8S.format("network"), "values: [web, worker, migrate, analytics]", "values: [web, migrate, analytics]", "Deployment worker is let through by no policy"),
    (K8S.format("scaling"), "sum(nch_requests_in_flight{", "sum(nch_in_flight{", "nothing says nch_in_flight"),
    (K8S.format("scaling"), "threshold: '50'", "threshold: 50", "is not of type"),
    (K8S.format("scaling"), "name: web\n  pollingInterval", "name: wbe\n  pollingInterval", "which is not there"),
    (K8S.format("scaling"), "minReplicaCount: 2", "minReplicaCount: 1", "two at least go on"),
    (K8S.format("scaling"), "desiredReplicas: '4'", "desiredReplicas: '40'", "past the most"),
    (K8S.format("scaling"), "key: DATABASE_READER_URL", "key: DATABASE_READ_URL", "which nobody fills"),
    (CONTROLLER, "- patch\n", "- patch\n  - delete\n", "may do more or less than it calls"),
    (CONTROLLER, "  - deployments/scale\n  resourceNames:\n  - web\n  - worker\n", "  - deployments/scale\n  resourceNames:\n  - web\n", "may do more or less than it calls"),
    (CONTROLLER, "namespace: nollycrewhub", "namespace: default", "its role is given to somebody in ['default']"),
    (CONTROLLER, "replicas: 2", "replicas: 1", "scales nothing"),
    (CONTROLLER, "value: kubernetes", "value: render", "scales nothing"),
    (CONTROLLER, "livenessProbe", "readinessProbe", "asked by nobody whether it lives"),
    (CONTROLLER, "port: figures\n          initial", "port: metrics\n          initial", "which is not open"),
    (CONTROLLER, "  name: controller-asks", "  name: controller-is-asked", "twice"),
    (CONTROLS, "kind: ScaledObject\n      name: web\n", "kind: ScaledObject\n      name: wbe\n", "which is not there"),
    (CONTROLS, "  - target:\n      kind: ScaledObject\n      name: web\n    patch: |\n      $patch: delete\n      apiVersion: keda.sh/v1alpha1\n      kind: ScaledObject\n      metadata:\n        name: web\n", "", "Deployment web is scaled by our own controller and by somebody else"),
    (BOTH, "value: worker\n", "value: web\n", "Deployment worker is scaled by our own controller and by somebody else"),
    (BOTH, "value: worker\n", "value: web\n", "Deployment web is scaled by nobody"),
    (BOTH, "value: [web]", "value: [web, worker]", "may do more or less than it calls"),
    (BACKUP, "timeZone: Africa/Lagos", "timeZone: Etc/UTC", "has another clock than Africa/Lagos"),
    (BACKUP, "concurrencyPolicy: Forbid", "concurrencyPolicy: Allow", "may run beside itself"),
    (BACKUP, "schedule: 30 1 * * *", "schedule: 30 25 * * *", "which is no time"),
    (BACKUP, "jobTemplate:", "jobTemplat:", "jobTemplat"),
    (BACKUP, "restartPolicy: Never", "restartPolicy: OnFailure", "is started again by itself"),
    (BACKUP, "        - prune\n", "        - prunes\n", "which the program refuses"),
    (BACKUP, "name: nollycrewhub-backup", "name: nollycrewhub", "does not take its secrets from nollycrewhub-backup alone"),
    (BACKUP, "- name: METRICS_PORT\n", "- name: METRICS_PROT\n", "which backups do not read"),
    (BACKUP, "type: Recreate", "type: RollingUpdate", "is scaled by nobody"),
    (BACKUP, "claimName: backup-work", "claimName: backups", "which is not there"),
    (BACKUP, "      - backup-log\n      - backup\n", "      - backup-log\n", "CronJob backup-base is let through by no policy (egress)"),
    (DOCKER.format("compose.yaml"), "replicator:${REPLICATOR_PASSWORD:?set it in .env}@primary:5432", "replicator:guessed@primary:5432", "has the secret BACKUP_DATABASE_URL in the file"),
    (DOCKER.format("compose.yaml"), "    profiles: [backups]\n", "", "starts where nobody has said where backups go"),
    (DOCKER.format("compose.yaml"), "  BACKUP_URL:", "  BACKUPS_URL:", "does not set BACKUP_URL"),
    (COLLECTOR, "limit_mib: 384", "limit_mib: 600", "refuses at 600 MiB"),
    (COLLECTOR, "    limit_mib: 384\n", "", "is a required property"),
    (COLLECTOR, "    - memory_limiter\n      - batch", "    - batch\n      - memory_limiter", "after it has taken something in"),
    (COLLECTOR, "      - memory_limiter\n", "", "memory_limiter is there, and nothing uses it"),
    (COLLECTOR, "      - otlphttp\n", "      - otlp\n", "the exporters otlp is named and not there"),
    (COLLECTOR, "endpoint: 0.0.0.0:4318", "endpoint: 0.0.0.0:4317", "is asked at 4318"),
    (COLLECTOR, "endpoint: ${env:TRACES_EXPORT_URL}", "endpoint: https://traces.example", "was expected"),
    (COLLECTOR, "send_batch_max_size: 2048", "send_batch_max_size: 20", "sends more at once than it may"),
    (COLLECTORS, "runAsNonRoot: true", "runAsNonRoot: false", "may run as root"),
    (COLLECTORS, "memory: 512Mi", "memory: 256Mi", "another bound of memory"),
    (COLLECTORS, "  - name: collector\n        image: otel/opentelemetry-collector:0.139.0", "  - name: collector\n        image: otel/opentelemetry-collector:latest", "an image without a version"),
    (COLLECTORS, "limit_mib: 384", "limit_mbi: 384", "limit_mbi"),
    (COLLECTORS, "containerPort: 4318", "containerPort: 4317", "the collector listens at"),
    (COLLECTORS, "key: TRACES_EXPORT_URL", "key: TRACES_URL", "which nobody fills"),
    (COLLECTORS, "replicas: 2", "replicas: 1", "Deployment collector is scaled by nobody"),
    (COLLECTORS, "name: collector-asks", "name: collector-is-asked", "twice"),
    (COLLECTORS, "    matchLabels:\n      app.kubernetes.io/component: collector\n  policyTypes:\n  - Egress", "    matchLabels:\n      app.kubernetes.io/component: collect\n  policyTypes:\n  - Egress", "is about no pod"),
    (TRACED, "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPIONT", "which is no setting"),
    (TRACED, "value: http://collector:4318", "value: http://collector:4317", "sends its traces to"),
    (DOCKER.format("compose.yaml"), "mem_limit: 512m", "mem_limit: 900m", "mem_limit is 900m"),
    (DOCKER.format("compose.yaml"), "user: 10001:10001", "user: 0:0", "does not match"),
    (DOCKER.format("compose.yaml"), "    profiles: [traces]\n", "", "profiles is None"),
    (DOCKER.format("compose.yaml"), "TRACES_EXPORT_URL: ${TRACES_EXPORT_URL:-}", "TRACES_EXPORT_URI: ${TRACES_EXPORT_URL:-}", "is not told"),
    (AFRICA, "path: /data/REGION", "path: /date/REGION", "/date/REGION is not there"),
    (AFRICA, "op: add", "op: put", "is no operation"),
    (AFRICA, "name: nollycrewhub\n    patch", "name: nollycrew\n    patch", "which is not there"),
    (AFRICA, "../../migration", "../../migrations", "has no kustomization.yaml"),
    (AFRICA, "  - ../../migration\n", "", "job.yaml is sent by no overlay"),
    (DOMAINS.format("analytics"), "averageUtilization: 60", "averageUtilisation: 60", "averageUtilisation"),
    (DOMAINS.format("analytics"), "--service, analytics", "--service, analysis", "which the program refuses"),
    (DOMAINS.format("kustomization"), "name: analytics\n              port", "name: analytic\n              port", "leads /api/analytics to nothing"),
    ("deploy/k8s/entrance/ingress.yaml", "hosts: [nollycrewhub.example]", "hosts: [nollycrew.example]", "without TLS"),
    ("deploy/k8s/migration/job.yaml", "name: nollycrewhub-owner", "name: nollycrewhub-own", "which nobody fills"),
    (DOCKER.format("compose.yaml"), "primary:5432/nollycrewhub\n    DATABASE_DIRECT_URL", "primry:5432/nollycrewhub\n    DATABASE_DIRECT_URL", "which is no service"),
    (DOCKER.format("compose.yaml"), "noeviction, --appendonly", "allkeys-lru, --appendonly", "is not started with"),
    (DOCKER.format("compose.yaml"), "internal: true", "internl: true", "internl"),
    (DOCKER.format("compose.yaml"), "FLEET_SOCKET: /srv/fleet/socket\n      METRICS", "FLEET_SOCKET: /srv/fleets/socket\n      METRICS", "does not ask where"),
    (DOCKER.format("compose.yaml"), 'WEB_PROCESSES: "4"', 'WEB_PROCESSES: "2"', "the settings expect 2 web processes"),
    (DOCKER.format("compose.yaml"), "--least-workers", "--fewest-workers", "which the program refuses"),
    (DOCKER.format("compose.yaml"), "command: [worker]", "command: [work]", "none of its commands"),
    (DOCKER.format("compose.yaml"), "./replica.sh:", "./standby.sh:", "is no file here"),
    (DOCKER.format("compose.yaml"), "dockerfile: deploy/docker/Dockerfile", "dockerfile: deploy/Dockerfile", "is built from deploy/Dockerfile"),
    (DOCKER.format("compose.yaml"), "context: ../..", "context: ..", "is built from"),
    (DOCKER.format("compose.yaml"), "test: [CMD-SHELL, pg", "test: [CMDS-HELL, pg", "asks for its health by CMDS-HELL"),
    (DOCKER.format("compose.yaml"), "POSTGRES_DB: nollycrewhub", "POSTGRES_DB: nollycrew", "is no database of the primary"),
    (DOCKER.format("compose.yaml"), "media:/srv/media", "media:/srv/medai", "keeps uploads in no volume"),
    (DOCKER.format("compose.yaml"), "replica.sh:ro", "replika.sh:ro", "where nobody looks for it"),
    (DOCKER.format("compose.yaml"), "image: postgres:18.1-trixie", "image: postgres:latest", "does not match"),
    (DOCKER.format("compose.yaml"), "SECRET: ${SECRET:?set it in .env}", "SECRET: ours", "has the secret SECRET in the file"),
    (DOCKER.format("example.env"), "MAIL_URL=", "MAILURL=", "differ about"),
    (DOCKER.format("Dockerfile"), "USER 10001:10001", "USER root", "runs as root"),
    (DOCKER.format("Dockerfile"), "--require-hashes -r", "-r", "without hashes"),
    (DOCKER.format("Dockerfile"), "FROM python:3.13.9-slim-trixie AS built", "FROM python:latest AS built", "is not pinned"),
    (DOCKER.format("Dockerfile"), "8000/livez", "8000/health", "asks for health at"),
    (DOCKER.format("Dockerfile"), "COPY src src", "COPY tests tests", "keeps back"),
    (DOCKER.format("Dockerfile"), "STOPSIGNAL", "STOPSINGAL", "no instruction"),
    (EDGE.format("10-cache-rules"), "nch_seen=", "nch_saw=", "does not let through whoever has"),
    (EDGE.format("22-load-balancer"), "{pool-europe}", "{pool-eu}", "which no file makes"),
    (EDGE.format("22-load-balancer"), '"ZA"', '"SA"', "is not one of"),
    (EDGE.format("20-monitor"), "/readyz", "/ready", "was expected"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "before", "after", "sentence"), BROKEN, ids=[f"{one[0].rpartition('/')[2]}: {one[2][:40]!r}" for one in BROKEN]
)
def test_a_file_that_breaks_a_rule_is_told_of(path: str, before: str, after: str, sentence: str) -> None:
    assert before in TEXTS[path], "the file has changed; change the test with it"
    found = checking.wrong({**TEXTS, path: TEXTS[path].replace(before, after)}, path)
    assert any(sentence in fault for fault in found), found


def test_the_seeds_blueprint_is_refused() -> None:
    plan = """
services:
  - type: web
    name: nollycrewhub
    env: node
    plan: starter
    scaling: {minInstances: 1, maxInstances: 10, targetCPU: 60, targetMemory: 70}
databases: []
envVarGroups: []
"""
    assert checking.wrong({**TEXTS, RENDER: plan}, RENDER)


def test_a_key_that_stands_twice_is_told_of() -> None:
    path = K8S.format("settings")
    found = checking.wrong({**TEXTS, path: TEXTS[path].replace("  HOST: 0.0.0.0\n", "  HOST: 0.0.0.0\n  HOST: 127.0.0.1\n")}, path)
    assert any("HOST twice" in fault for fault in found), found


def test_no_file_that_is_read_is_left_out() -> None:
    families = tuple(checking.FAMILIES)
    assert [path for path in TEXTS if path.endswith(misspelling.READ) and not path.startswith(families)] == []


def test_the_readme_lists_the_secrets_that_nobody_else_gives() -> None:
    page = (DEPLOY / "k8s" / "README.md").read_text()
    listed = page.partition("needs ")[2].partition(";")[0]
    needed = (
        "DATABASE_URL",
        "DATABASE_DIRECT_URL",
        "DATABASE_READER_URL",
        "READ_REPLICA_URLS",
        "SESSION_URL",
        "CACHE_URL",
        "SECRET",
        "METRICS_TOKEN",
        "MAIL_URL",
    )
    assert set(re.findall(r"`([A-Z_]+)`", listed)) == set(needed) <= SECRETS


def test_the_readme_lists_the_secrets_of_backups() -> None:
    page = (DEPLOY / "k8s" / "README.md").read_text()
    listed = page.partition("The file `backup.env` holds ")[2].partition(". Set ")[0]
    assert set(re.findall(r"`([A-Z_]+)`", listed)) == BACKUP_SECRETS | {"REPLICATION"}


def role(verbs: list[str]) -> dict[tuple[str, str], Resource]:
    """A service account with a role that may do this."""
    binding = {"roleRef": {"kind": "Role", "name": "scaler"}, "subjects": [{"kind": "ServiceAccount", "name": "scaler"}]}
    rules = [{"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": verbs}]
    return {("RoleBinding", "scaler"): binding, ("Role", "scaler"): {"rules": rules}}


def test_a_token_of_the_cluster_is_for_who_has_a_role_that_is_not_everything() -> None:
    assert is_bound(role(["patch"]), "scaler")
    assert not is_bound(role(["*"]), "scaler")
    assert not is_bound(role(["patch"]), "web")
