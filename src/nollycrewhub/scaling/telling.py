"""What a scaler tells at `METRICS_PORT`: whether it leads, how many processes it wants, and what it could not see or was refused."""

from prometheus_client import CollectorRegistry, Counter, Gauge

REGISTRY = CollectorRegistry()  # of its own, for a web process that said it does not lead would speak of nothing
LEADS = Gauge("nch_scaling_leads", "1 while this scaler leads, 0 while another one does.", registry=REGISTRY)
WANTED = Gauge("nch_scaling_wanted", "Processes that the leader wants.", ("role",), registry=REGISTRY)
FAILED = Counter("nch_scaling_failed", "Looks at the fleet, and askings for other numbers, that failed.", ("what",), registry=REGISTRY)
