"""What Prometheus asks on Kubernetes, and how often: each process by itself, never through a balancer.

The token is METRICS_TOKEN of the secret, mounted as a file. Each figure brings the name of its process (`honor_labels`).
"""

from deploying.observability.alerting import TARGET
from deploying.observability.rules import BACKUPS, CONTROLLERS, JOB, WORKERS

NAMESPACE = "nollycrewhub"
SERVICES = {
    JOB: "web-each",
    WORKERS: "worker-each",
    CONTROLLERS: "controller-each",
    BACKUPS: "backup-each",
}  # headless services of deploy/k8s: one address for each pod
PORT = 8000  # PORT and METRICS_PORT of deploy/k8s/base/settings.yaml


def host(service: str) -> str:
    """What a service is called inside the cluster."""
    return f"{service}.{NAMESPACE}.svc.cluster.local"


def scrape(job: str, service: str) -> dict[str, object]:
    """One kind of process."""
    return {
        "job_name": job, "honor_labels": True, "metrics_path": "/metrics",
        "authorization": {"type": "Bearer", "credentials_file": "/etc/prometheus/secrets/metrics-token"},
        "dns_sd_configs": [{"names": [host(service)], "type": "A", "port": PORT, "refresh_interval": "15s"}],
    }  # fmt: skip


def document() -> dict[str, object]:
    """What `deploy/observability/prometheus.yaml` holds."""
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": "30s"},
        "rule_files": ["rules.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [TARGET]}]}]},
        "scrape_configs": [scrape(job, service) for job, service in SERVICES.items()],
    }
