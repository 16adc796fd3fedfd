"""What the program itself says of its names and numbers: the one source that files of `deploy/` are made from and held to."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector

from nollycrewhub.backup.settings import VARIABLES as BACKUP_VARIABLES
from nollycrewhub.backup.telling import REGISTRY as BACKUPS
from nollycrewhub.capacity.prices import read
from nollycrewhub.platform import health, metrics
from nollycrewhub.platform.settings import Settings
from nollycrewhub.scaling import telling
from nollycrewhub.scaling.rules.deciding import Policy
from nollycrewhub.services import NAMES, monolith
from nollycrewhub.services.roles import PLATFORM

TOP = Path(__file__).resolve().parents[1]
DEPLOY = TOP / "deploy"
POLICY = Policy()
SERVICES = NAMES
ALIASES = frozenset({"READ_REPLICA_URL", "REDIS_URL", "SESSION_SECRET", "RENDER_INSTANCE_ID", "RENDER"})
BEFORE_SETTINGS = frozenset({"SERVICE", "PYTHON_VERSION"})  # read before there are settings: by the command line, by Render's builder
SECRETS = frozenset({
    "DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_OWNER_URL", "DATABASE_READER_URL", "READ_REPLICA_URLS", "SESSION_URL", "CACHE_URL",
    "SECRET", "MAIL_URL", "GOOGLE_CLIENT_SECRET", "METRICS_TOKEN", "CLOUDFLARE_TOKEN", "MAIL_WEBHOOK_SECRET", "SMS_API_KEY",
    "SMS_WEBHOOK_SECRET", "WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "VAPID_PRIVATE_KEY",
    "ALERT_WEBHOOK_SECRET", "ALERT_HEARTBEAT_URL", "ALERTMANAGER_TOKEN", "OTEL_EXPORTER_OTLP_HEADERS", "RENDER_API_KEY", "KUBERNETES_TOKEN",
})  # fmt: skip
STORE_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL")  # the object store's own, read by its client
OF_TRACES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME", "NOLLYCREWHUB_SHAPE", "REGION")
OF_BACKUPS = frozenset({*BACKUP_VARIABLES, *STORE_KEYS, "METRICS_PORT", "METRICS_TOKEN", "HOST", "INSTANCE_ID", *OF_TRACES})
BACKUP_SECRETS = frozenset({"BACKUP_URL", "BACKUP_DATABASE_URL", "METRICS_TOKEN", *STORE_KEYS})
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


class Figure(msgspec.Struct, frozen=True):
    """A series that `/metrics` can say: its kind, and the labels it has; None where they cannot be known beforehand."""

    kind: str
    labels: frozenset[str] | None


def variables() -> frozenset[str]:
    """The environment's names that are settings."""
    named = {field.name.upper() for field in msgspec.structs.fields(Settings)} - {"SHAPE"}
    return frozenset(named | {"NOLLYCREWHUB_SHAPE"})


@lru_cache(1)
def figures() -> dict[str, Figure]:
    """Every series by its full name (`_total`, `_bucket` and so on), from the registries that `/metrics` is written from."""
    found: dict[str, Figure] = {}
    told: tuple[tuple[CollectorRegistry, set[str]], ...] = (
        (metrics.REGISTRY, {"instance"}),
        (telling.REGISTRY, {"instance"}),
        (BACKUPS, {"instance"}),
        (metrics.FLEET, set()),
    )
    for registry, own in told:
        for collector in collectors(registry):
            for name, kind, labels in described(collector):
                for suffix in SUFFIXES[kind]:
                    extra = {"le"} if suffix == "_bucket" else set()
                    found[name + suffix] = Figure(kind, None if labels is None else frozenset({*labels, *own, *extra}))
    return found


def collectors(registry: CollectorRegistry) -> list[Collector]:
    """What is registered, each once."""
    return list(registry._collector_to_names)


def described(collector: Any) -> list[tuple[str, str, tuple[str, ...] | None]]:
    """Name, kind and labels of what a collector says, also where it has nothing to say yet."""
    if isinstance(collector, metrics.Tallied):
        return [(name, "counter", labels) for name, (_, labels) in collector.counters.items()]
    if isinstance(collector, metrics.Facts):
        return [("nch_facts", "counter", ("fact",))]
    if isinstance(collector, metrics.Standing):
        return [("nch_standing", "gauge", ("what",))]
    if isinstance(collector, metrics.EventLag):
        return [("nch_event_lag_seconds", "histogram", ("consumer",))]
    if isinstance(collector, MetricWrapperBase):
        return [(collector._name, str(collector._type), tuple(collector._labelnames))]
    families = [family for family in collector.collect() if family.type in SUFFIXES]
    return [(one.name, one.type, tuple(one.samples[0].labels) if one.samples else None) for one in families]


@lru_cache(1)
def queues() -> dict[str, int]:
    """Every queue, and above how many waiting jobs it alarms."""
    return {task.name: task.alarm_above for module in (PLATFORM, *monolith.MODULES) for task in module.tasks}


@lru_cache(1)
def routes() -> frozenset[str]:
    """The paths a web process answers, as they are written."""
    handlers = (*health.ROUTES, *(route for module in (PLATFORM, *monolith.MODULES) for route in module.routes))
    return frozenset(path for handler in handlers for path in handler.paths)


@lru_cache(1)
def prices() -> dict[str, Any]:
    """The list prices; NoPrices says which of them is none."""
    read(DEPLOY / "prices.toml")
    return tomllib.loads((DEPLOY / "prices.toml").read_text())
