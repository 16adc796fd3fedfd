"""Grafana's dashboards, one for each question that is asked at night: is the site well, the queues, the servers, the open pages.

Every panel draws what the program or the rules name. The data source is chosen in the dashboard, so none is written here.
"""

import msgspec

from deploying.facts import POLICY
from deploying.observability.rules import JOB, OWN, PLAN, WEB, WORKERS, quantile
from nollycrewhub.platform.backlog import USUAL_AGE

WIDTH, COLUMNS, HEIGHT = 8, 3, 8
SOURCE = {"type": "prometheus", "uid": "${source}"}
RATE = "$__rate_interval"


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One plot: its lines by their legend, the unit of their values, and the bound that is drawn in red, if there is one."""

    title: str
    lines: dict[str, str]
    unit: str = "short"
    bound: float | None = None
    kind: str = "timeseries"


def each(metric: str, label: str, matchers: str = "") -> dict[str, str]:
    """A counter's rate, one line for each value of a label."""
    return {f"{{{{{label}}}}}": f"sum by ({label}) (rate({metric}{{{matchers}}}[{RATE}]))"}


SITE = (
    Panel(title="Requests a second", lines={"all": "nch:requests:rate5m"}, unit="reqps"),
    Panel(
        title="Time to answer", unit="s", bound=PLAN.response_ms / 1000,
        lines={f"p{share}": f"nch:request_seconds:p{share}" for share in (50, 95, 99)},
    ),
    Panel(
        title="Failed requests", lines={window: f"nch:error_ratio:rate{window}" for window in ("5m", "1h", "6h")},
        unit="percentunit", bound=PLAN.error_percent / 100,
    ),
    Panel(title="Instances", lines={"up": f'sum(up{{job="{JOB}"}})'}, kind="stat", bound=POLICY.least_web),
    Panel(
        title="In flight, by process", lines={"{{instance}}": f"nch_requests_in_flight{{{WEB}}}"},
        bound=POLICY.in_flight_limit * POLICY.in_flight_target,
    ),
    Panel(title="Told to come back later", lines=each("nch_shed_total", "what"), unit="reqps"),
    Panel(title="By status", lines=each("nch_requests_total", "status", OWN), unit="reqps"),
    Panel(title="By region", lines=each("nch_requests_total", "region", OWN), unit="reqps"),
    Panel(title="By device", lines=each("nch_requests_total", "device", OWN), unit="reqps"),
    Panel(title="Shared answers, by how they were found", lines=each("nch_shared_answers_total", "result"), unit="reqps"),
    Panel(title="Shared answers that were ready", lines={"share": "nch:shared_answers:hit_ratio5m"}, unit="percentunit"),
    Panel(
        title="Hit ratio by cache level", unit="percentunit",
        lines={
            "browser": "nch:browser_cache:hit_ratio5m", "edge": "nch:edge_cache:hit_ratio15m", "process": "nch:process_cache:hit_ratio5m",
            "Valkey": "nch:valkey_cache:hit_ratio5m",
        },
    ),
    Panel(title="Answers at the edge", lines={"{{result}}": "max by (result) (rate(nch_edge_answers_total[15m]))"}, unit="reqps"),
    Panel(title="Age of the edge's counts", lines={"age": "max(nch_edge_age_seconds)"}, unit="s", bound=600),
    Panel(title="People who are active", lines={"people": "max(nch_active_people)"}, kind="stat"),
    Panel(title="People, open jobs, projects", lines={"{{what}}": "max by (what) (nch_standing)"}),
    Panel(title="What people do, an hour", lines={"{{fact}}": "max by (fact) (increase(nch_facts_total[1h]))"}),
    Panel(
        title="Processor, by process", unit="percentunit", bound=PLAN.cpu_percent / 100,
        lines={"{{instance}}": f"rate(nch_process_cpu_seconds_total[{RATE}])"},
    ),
    Panel(title="Memory, by process", lines={"{{instance}}": "nch_process_memory_bytes"}, unit="bytes"),
    Panel(title="Event loops late, p99", lines={"p99": quantile("0.99", "nch_event_loop_lag_seconds", RATE, WEB)}, unit="s"),
    Panel(title="Waits for a connection, p95", lines={"p95": quantile("0.95", "nch_pool_wait_seconds", RATE)}, unit="s"),
    Panel(
        title="The ten slowest routes, p95", unit="s", bound=PLAN.response_ms / 1000,
        lines={"{{route}}": f"topk(10, histogram_quantile(0.95, sum by (le, route) (rate(nch_request_seconds_bucket[{RATE}]))))"},
    ),
)  # fmt: skip
QUEUES = (
    Panel(title="Jobs due", lines={"{{queue}}": "nch:queue_due:max"}, bound=PLAN.waiting),
    Panel(title="Age of the oldest job", lines={"{{queue}}": "nch:queue_oldest_seconds:max"}, unit="s", bound=POLICY.age_target),
    Panel(title="Due and not done, tries included", lines={"{{queue}}": "nch:queue_late_seconds:max"}, unit="s", bound=USUAL_AGE),
    Panel(title="Between two tries", lines={"{{queue}}": 'max by (queue) (nch_queue_depth{state="retrying"})'}),
    Panel(title="Running", lines={"{{queue}}": 'max by (queue) (nch_queue_depth{state="running"})'}),
    Panel(title="Failed and kept", lines={"{{queue}}": 'max by (queue) (nch_queue_depth{state="failed"})'}),
    Panel(title="Ended a minute", lines={"{{queue}} {{outcome}}": "max by (queue, outcome) (nch_queue_per_minute)"}),
    Panel(title="Given up an hour", lines={"{{task}}": 'max by (task) (increase(nch_jobs_total{outcome="failed"}[1h]))'}),
    Panel(title="Effects an hour", lines={"{{consumer}} {{outcome}}": "max by (consumer, outcome) (increase(nch_effects_total[1h]))"}),
    Panel(
        title="From an event to its effect, p95", unit="s",
        lines={"{{consumer}}": "histogram_quantile(0.95, max by (le, consumer) (rate(nch_event_lag_seconds_bucket[10m])))"},
    ),
    Panel(
        title="Minutes of alarm an hour",
        lines={
            "{{queue}} is long": "max by (queue) (increase(nch_queue_backlog_alarms_total[1h]))",
            "{{consumer}} is late": "max by (consumer) (increase(nch_event_lag_alarms_total[1h]))",
        },
    ),
)  # fmt: skip
SERVERS = (
    Panel(title="Reads, by the server that answered", lines=each("nch_reads_total", "server", WEB), unit="reqps"),
    Panel(title="Reads asked again elsewhere", lines=each("nch_reads_moved_total", "server"), unit="reqps"),
    Panel(title="Servers that serve", lines={"{{server}}": f"max by (server) (nch_server_in{{{WEB}}})"}, bound=1),
    Panel(title="Replicas behind, seconds", lines={"{{replica}}": "max by (replica) (nch_replica_lag_seconds)"}, unit="s", bound=30),
    Panel(title="Replicas behind, bytes", lines={"{{replica}}": "max by (replica) (nch_replica_lag_bytes)"}, unit="bytes"),
    Panel(title="Waited in vain for a connection", lines=each("nch_shed_total", "instance", 'what="read-pool"'), unit="reqps"),
    Panel(title="Age of the newest moment in the backups", lines={"log": "max(nch_backup_log_age_seconds)"}, unit="s", bound=300),
    Panel(title="Age of the newest base backup", lines={"base": "max(nch_backup_base_age_seconds)"}, unit="s", bound=26 * 3600),
    Panel(title="Servers that serve workers", lines={"{{server}}": f'max by (server) (nch_server_in{{job="{WORKERS}"}})'}, bound=1),
    Panel(title="Workers' reads, by server", lines=each("nch_reads_total", "server", f'job="{WORKERS}"'), unit="reqps"),
    Panel(title="Workers' refusals", lines=each("nch_shed_total", "what", f'job="{WORKERS}"'), unit="reqps"),
)  # fmt: skip
LIVE = (
    Panel(title="Open connections", lines={"{{transport}}": "sum by (transport) (nch_live_clients)"}),
    Panel(title="Frames a second", lines=each("nch_live_frames_total", "direction")),
    Panel(
        title="From the commit to the sockets", unit="s",
        lines={f"p{share}": quantile(f"0.{share}", "nch_live_fan_out_seconds", RATE) for share in (50, 95, 99)},
    ),
    Panel(title="Ended, by reason", lines=each("nch_live_closed_total", "reason")),
    Panel(title="Not let in, by status", lines=each("nch_live_refused_total", "status")),
    Panel(title="Read again from the database", lines=each("nch_live_repairs_total", "result")),
)  # fmt: skip
DASHBOARDS = {
    "site": ("NollyCrewHub: is the site well?", SITE),
    "queues": ("NollyCrewHub: queues and events", QUEUES),
    "servers": ("NollyCrewHub: database servers", SERVERS),
    "live": ("NollyCrewHub: open pages", LIVE),
}


def drawn(panel: Panel, place: int) -> dict[str, object]:
    """A panel as Grafana reads it; its place follows from its number."""
    steps: list[dict[str, object]] = [{"color": "green", "value": None}]
    if panel.bound is not None:
        steps.append({"color": "red", "value": panel.bound})
    defaults: dict[str, object] = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "timeseries" and panel.bound is not None:
        defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
    return {
        "id": place + 1, "type": panel.kind, "title": panel.title, "datasource": SOURCE,
        "gridPos": {"x": place % COLUMNS * WIDTH, "y": place // COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + nth), "expr": expr, "legendFormat": legend, "datasource": SOURCE}
            for nth, (legend, expr) in enumerate(panel.lines.items())
        ],
    }  # fmt: skip


def document(name: str) -> dict[str, object]:
    """A dashboard as Grafana imports it."""
    title, panels = DASHBOARDS[name]
    choice = {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus", "hide": 0}
    return {
        "uid": f"nollycrewhub-{name}", "title": title, "tags": ["nollycrewhub"], "schemaVersion": 39, "editable": True, "refresh": "30s",
        "timezone": "Africa/Lagos", "time": {"from": "now-6h", "to": "now"}, "templating": {"list": [choice]},
        "panels": [drawn(panel, place) for place, panel in enumerate(panels)],
    }  # fmt: skip
