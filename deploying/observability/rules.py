"""Alerts and what they are computed from. Each has a case that fires and one that stays quiet (`cases`), and a runbook.

A page wakes somebody: people are being failed now. A ticket waits for the morning.
"""

import msgspec

from deploying.facts import POLICY
from nollycrewhub.platform.backlog import USUAL_AGE, USUAL_ALARM
from nollycrewhub.platform.settings import Settings

JOB = "nollycrewhub-web"  # the scrapes' names, in deploy/observability/prometheus.yaml
WORKERS = "nollycrewhub-worker"
CONTROLLERS = "nollycrewhub-controller"  # there are none where somebody else scales
BACKUPS = "nollycrewhub-backup"  # nor these where the provider of the database keeps its backups
OBJECTIVE = 0.999
BUDGET = "0.001"  # 1 - OBJECTIVE, as rules write it
GROUPS = ("nollycrewhub-recorded", "nollycrewhub-alerts")  # in the order in which they must be evaluated
RUNBOOK = "docs/runbooks/alerts.md"
OWN = 'route!~"/livez|/readyz|/metrics"'  # asked by machines; /readyz says 503 on purpose while it drains
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
WEB = f'job="{JOB}"'  # workers tell figures of the same names, and are no web processes
DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(Settings)}
PLAN = POLICY.thresholds
MEMORY_LIMIT = 1024**3  # bytes, a pod's limit in deploy/k8s/base/web.yaml


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert: `wait` is how long it must hold; `severity` page, ticket or heartbeat; `summary` says it, labels of its own inside."""

    name: str
    expr: str
    wait: str
    severity: str
    summary: str


def ratio(window: str) -> str:
    """The share of requests that were answered with an error, shed ones among them; none of nothing."""
    errors = f'sum(rate(nch_requests_total{{status=~"5..",{OWN}}}[{window}])) or vector(0)'
    return f"({errors}) / sum(rate(nch_requests_total{{{OWN}}}[{window}]))"


def quantile(share: str, metric: str, window: str, matchers: str = "") -> str:
    """A percentile of a histogram over the whole fleet, in seconds."""
    return f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket{{{matchers}}}[{window}])))"


def burning(factor: str, long: str, short: str) -> str:
    """The budget of thirty days goes `factor` times too fast, over a long window and still over a short one."""
    return f"nch:error_ratio:rate{long} > {factor} * {BUDGET} and nch:error_ratio:rate{short} > {factor} * {BUDGET}"


def found_of(found: str, every: str) -> str:
    """The share of shared answers that a level had, of those it was asked for."""
    rate = 'sum(rate(nch_shared_answers_total{{result=~"{}"}}[5m]))'
    return f"{rate.format(found)} / {rate.format(every)}"


def gone(job: str) -> str:
    """There was such a process within the last day, and Prometheus finds none any more: nowhere is a shape that never had one."""
    return f'max(absent(up{{job="{job}"}})) and max(present_over_time(up{{job="{job}"}}[1d]))'


RECORDED = {
    **{f"nch:error_ratio:rate{window}": ratio(window) for window in WINDOWS},
    "nch:request_seconds:p50": quantile("0.50", "nch_request_seconds", "5m", OWN),
    "nch:request_seconds:p95": quantile("0.95", "nch_request_seconds", "5m", OWN),
    "nch:request_seconds:p99": quantile("0.99", "nch_request_seconds", "5m", OWN),
    "nch:requests:rate5m": f"sum(rate(nch_requests_total{{{OWN}}}[5m]))",
    "nch:requests_in_flight:mean": f"avg(nch_requests_in_flight{{{WEB}}})",
    "nch:process_cpu:percent": f"avg(rate(nch_process_cpu_seconds_total{{{WEB}}}[5m])) * 100",
    "nch:shared_answers:hit_ratio5m": (
        'sum(rate(nch_shared_answers_total{result=~"hit|stale|not-modified|copied"}[5m]))'
        ' / sum(rate(nch_shared_answers_total{result!~"bypassed|refused"}[5m]))'
    ),
    "nch:process_cache:hit_ratio5m": found_of("hit|stale", "hit|stale|copied|filled|bypassed"),
    "nch:valkey_cache:hit_ratio5m": found_of("copied", "copied|filled|bypassed"),
    "nch:browser_cache:hit_ratio5m": found_of("not-modified", "hit|stale|copied|filled|bypassed|not-modified"),
    "nch:edge_cache:hit_ratio15m": (
        'sum(max by (result) (rate(nch_edge_answers_total{result="hit"}[15m])))'
        ' / sum(max by (result) (rate(nch_edge_answers_total{result=~"hit|miss"}[15m])))'
    ),
    "nch:queue_oldest_seconds:max": "max by (queue) (nch_queue_oldest_seconds)",
    "nch:queue_due:max": 'max by (queue) (nch_queue_depth{state="due"})',
    "nch:queue_undone:max": 'max by (queue) (sum by (queue, instance) (nch_queue_depth{state=~"due|retrying"}))',
    "nch:queue_late_seconds:max": "max by (queue) (nch_queue_late_seconds)",
}

ALERTS = (
    Alert(
        name="ErrorBudgetBurnsFast", expr=burning("14.4", "1h", "5m"), wait="2m", severity="page",
        summary="More than 1.44 % of the requests fail: a month's budget of errors is gone in two days.",
    ),
    Alert(
        name="ErrorBudgetBurns", expr=burning("6", "6h", "30m"), wait="15m", severity="page",
        summary="More than 0.6 % of the requests have failed for six hours: a month's budget of errors is gone in five days.",
    ),
    Alert(
        name="ErrorBudgetShrinks", expr=burning("3", "1d", "2h"), wait="1h", severity="ticket",
        summary="More than 0.3 % of the requests have failed for a day: a month's budget of errors is gone in ten days.",
    ),
    Alert(
        name="ErrorBudgetWillBeSpent", expr=burning("1", "3d", "6h"), wait="3h", severity="ticket",
        summary="Errors of the last three days, gone on with, use up the month's whole budget.",
    ),
    Alert(
        name="ErrorsAboveThePlan", expr=f"nch:error_ratio:rate5m * 100 > {PLAN.error_percent:g}", wait="10m", severity="page",
        summary=f"More than {PLAN.error_percent:g} % of the requests fail (investigate_issues); more processes would not mend it.",
    ),
    Alert(
        name="AnswersAreSlow", expr=f"nch:request_seconds:p95 * 1000 > {PLAN.response_ms:g}", wait="10m", severity="ticket",
        summary=f"Of a hundred answers five take longer than {PLAN.response_ms:g} ms.",
    ),
    Alert(
        name="AnswersAreVerySlow", expr=f"nch:request_seconds:p95 * 1000 > {PLAN.very_slow_ms:g}", wait="5m", severity="page",
        summary=f"Of a hundred answers five take longer than {PLAN.very_slow_ms:g} ms.",
    ),
    Alert(
        name="Watchdog", expr=f'count(up{{job="{JOB}"}} == 1) > 0', wait="0m", severity="heartbeat",
        summary="All is well: Prometheus sees a web process, and its alerts leave. Whoever is called with this alarms when it stops.",
    ),
    Alert(
        name="NoWebProcessAnswers", expr=f'absent(up{{job="{JOB}"}} == 1)', wait="1m", severity="page",
        summary="No web process tells its figures: the site is away, or its metrics token is wrong.",
    ),
    Alert(
        name="TooFewInstances", expr=f'count(up{{job="{JOB}"}} == 1) < {POLICY.least_web}', wait="10m", severity="ticket",
        summary=f"Fewer than {POLICY.least_web} instances run: the next restart is seen by people.",
    ),
    Alert(
        name="InstancesAreFull", expr=f"nch:requests_in_flight:mean > 0.9 * {POLICY.in_flight_limit}", wait="5m", severity="page",
        summary="Web processes have hardly any room left, and nobody adds more of them.",
    ),
    Alert(
        name="ProcessorsAreBusy", expr=f"nch:process_cpu:percent > {PLAN.cpu_percent:g}", wait="10m", severity="ticket",
        summary=f"Web processes use more than {PLAN.cpu_percent:g} % of a processor each (scale_up_cpu).",
    ),
    Alert(
        name="MemoryIsShort", wait="10m", severity="ticket",
        expr=f"max by (instance) (nch_process_memory_bytes) * 100 / {MEMORY_LIMIT} > {PLAN.memory_percent:g}",
        summary=f"{{{{ $labels.instance }}}} holds more than {PLAN.memory_percent:g} % of the memory a pod may have (scale_up_memory).",
    ),
    Alert(
        name="ManyPeople", wait="5m", severity="ticket",
        expr=f"max(nch_active_people) > {PLAN.users_each} * count(nch_requests_in_flight{{{WEB}}})",
        summary=f"More than {PLAN.users_each} people for each web process are active.",
    ),
    Alert(
        name="EventLoopLags", expr=f"{quantile('0.99', 'nch_event_loop_lag_seconds', '5m', WEB)} > 0.25", wait="10m", severity="ticket",
        summary="Event loops run what is due a quarter of a second late: something computes where it should not.",
    ),
    Alert(
        name="RequestsAreShed", expr='sum(rate(nch_shed_total{what="in-flight"}[5m])) > 1', wait="10m", severity="ticket",
        summary="For ten minutes more than one request a second was told to come back later.",
    ),
    Alert(
        name="PoolIsEmpty", expr='sum by (instance) (rate(nch_shed_total{what="read-pool"}[5m])) > 0.1', wait="10m", severity="ticket",
        summary="Readers of {{ $labels.instance }} wait in vain for a connection to the database.",
    ),
    Alert(
        name="QueueIsLong", expr=f"nch:queue_due:max > {PLAN.waiting}", wait="15m", severity="ticket",
        summary=f"More than {PLAN.waiting} jobs of {{{{ $labels.queue }}}} have been due for a quarter of an hour (scale_up_workers).",
    ),
    Alert(
        name="QueueIsVeryLong", expr=f"nch:queue_undone:max > {USUAL_ALARM}", wait="5m", severity="page",
        summary=f"More than {USUAL_ALARM} jobs of {{{{ $labels.queue }}}} are due, those between two tries among them.",
    ),
    Alert(
        name="JobsWaitTooLong", expr=f"nch:queue_oldest_seconds:max > {10 * POLICY.age_target:g}", wait="5m", severity="page",
        summary=f"The oldest job of {{{{ $labels.queue }}}} has waited ten times longer than the {POLICY.age_target:g} s aimed at.",
    ),
    Alert(
        name="JobsAreNotDone", expr=f'nch:queue_late_seconds:max{{queue!~"event:.*"}} > {USUAL_AGE:g}', wait="5m", severity="ticket",
        summary="A job of {{ $labels.queue }} has been due for an hour and is not done, however often it was tried.",
    ),
    Alert(
        name="JobsFail", expr='sum by (task) (increase(nch_jobs_total{outcome="failed"}[1h])) > 10', wait="5m", severity="ticket",
        summary="More than ten jobs of {{ $labels.task }} were given up within an hour.",
    ),
    Alert(
        name="EventsArriveLate", expr="sum by (consumer) (increase(nch_event_lag_alarms_total[10m])) > 1", wait="5m", severity="ticket",
        summary="{{ $labels.consumer }} is behind what has happened.",
    ),
    Alert(
        name="QueuesAreNotMeasured", expr="absent(nch_queue_depth)", wait="5m", severity="page",
        summary="Nothing is known of the queues: the primary does not answer the question, or nobody asks it.",
    ),
    Alert(
        name="NobodyScales", wait="2m", severity="ticket",
        expr=f'(max(nch_scaling_leads) or max(up{{job="{CONTROLLERS}"}})) < 1 or {gone(CONTROLLERS)}',
        summary="None of our own controllers leads, or they are gone: the number of processes stays as it is.",
    ),
    Alert(
        name="ScalingFails", expr='sum by (what) (increase(nch_scaling_failed_total[10m])) > 20', wait="5m", severity="ticket",
        summary="The leader cannot {{ $labels.what }}: whoever carries its decisions out does not answer, or refuses.",
    ),
    Alert(
        name="WorkersAreSilent", expr=f'max(up{{job="{WORKERS}"}}) < 1 or {gone(WORKERS)}', wait="5m", severity="ticket",
        summary="No worker tells its figures: none runs, or nobody reaches them.",
    ),
    Alert(
        name="WorkersAreCutOff", expr=f'max(nch_server_in{{server="primary",job="{WORKERS}"}}) < 1', wait="2m", severity="page",
        summary="No worker reaches the primary database: jobs wait.",
    ),
    Alert(
        name="PrimaryIsOut", expr=f'max(nch_server_in{{server="primary",{WEB}}}) < 1', wait="1m", severity="page",
        summary="No web process reaches the primary database: nothing can be written.",
    ),
    Alert(
        name="ReplicaIsOut", expr=f'max by (server) (nch_server_in{{server!="primary",{WEB}}}) < 1', wait="10m", severity="ticket",
        summary="The replica {{ $labels.server }} serves nobody; its readers go elsewhere.",
    ),
    Alert(
        name="ReplicaLags", severity="ticket", wait="10m",
        expr=f"max by (replica) (nch_replica_lag_seconds) > {DEFAULTS['replica_lag_seconds']:g}",
        summary=f"The replica {{{{ $labels.replica }}}} is more than {DEFAULTS['replica_lag_seconds']:g} s behind.",
    ),
    Alert(
        name="BackupLogIsBehind", expr="max(nch_backup_log_age_seconds) > 300", wait="10m", severity="ticket",
        summary="What was written in the last minutes could not be restored: the log in the store is more than five minutes old.",
    ),
    Alert(
        name="BackupLogStandsStill", expr="max(nch_backup_log_age_seconds) > 3600", wait="5m", severity="page",
        summary="What was written in the last hour could not be restored, and the primary keeps its log on its own disk.",
    ),
    Alert(
        name="BaseBackupIsOld", expr="max(nch_backup_base_age_seconds) > 26 * 3600", wait="1h", severity="ticket",
        summary="The last night has no base backup: a restore takes longer with each day.",
    ),
    Alert(
        name="BackupsAreFaulty", expr="max(nch_backup_faults) > 0", wait="5m", severity="ticket",
        summary="What is in the store was read, and some of it is damaged, missing, or has a hole.",
    ),
    Alert(
        name="BackupsAreUnread", expr="max(nch_backup_verified_age_seconds) > 8 * 86400", wait="1h", severity="ticket",
        summary="Nobody has read the backups for more than a week: whether they can be restored is a guess.",
    ),
    Alert(
        name="BackupsAreSilent", expr=f'max(up{{job="{BACKUPS}"}}) < 1 or {gone(BACKUPS)}', wait="15m", severity="page",
        summary="Whoever keeps the log of backups tells nothing: it has ended, or is gone.",
    ),
    Alert(
        name="CacheIsCold", expr="nch:shared_answers:hit_ratio5m < 0.5 and nch:requests:rate5m > 10", wait="30m", severity="ticket",
        summary="Fewer than half of the answers that are everyone's are found ready; each other one is work for the database.",
    ),
    Alert(
        name="LiveMessagesAreLate", wait="10m", severity="ticket",
        expr=f"{quantile('0.95', 'nch_live_fan_out_seconds', '5m')} > 1",
        summary="Open pages hear of news more than a second after it was stored.",
    ),
)  # fmt: skip


def document() -> dict[str, object]:
    """The rules as Prometheus reads them."""
    recorded = [{"record": name, "expr": expr} for name, expr in RECORDED.items()]
    alerts = [
        {
            "alert": alert.name, "expr": alert.expr, "for": alert.wait, "labels": {"severity": alert.severity},
            "annotations": {"summary": alert.summary, "runbook": f"{RUNBOOK}#{alert.name.lower()}"},
        }
        for alert in ALERTS
    ]  # fmt: skip
    groups = zip(GROUPS, (recorded, alerts), strict=True)
    return {"groups": [{"name": name, "interval": "30s", "rules": rules} for name, rules in groups]}
