"""KEDA's ScaledObjects: web processes by requests in flight, workers by the oldest job's age, both with the calendar's floor.

The numbers are the controller's own (`scaling.rules.deciding.Policy`), the dates the calendar's. KEDA reads every value
of a trigger as a string, and a number that is none is refused by its API.
"""

import math
from collections.abc import Iterable
from datetime import datetime

from deploying.facts import POLICY
from deploying.observability.rules import WEB
from nollycrewhub.kit.time import LAGOS
from nollycrewhub.scaling.rules.calendar import BUILT_IN, Yearly

PROMETHEUS = "http://prometheus.monitoring.svc:9090"
LEAST_WORKERS = 2  # the policy's least is one; two go on while a node is drained
A_YEAR = 2027  # one without a 29th of February; cron repeats it every year
IN_FLIGHT = f"sum(nch_requests_in_flight{{{WEB}}})"  # workers say a nought of the same name, which must not stand for nobody asked
OLDEST = (
    "select ceil(coalesce(extract(epoch from now() - min(execute_after)), 0))::int "
    "from platform.pgqueuer where status = 'queued' and execute_after <= now()"
)


def cron_of(moment: datetime) -> str:
    """The minute, hour, day and month of a moment in Lagos, as cron writes them."""
    local = moment.astimezone(LAGOS)
    return f"{local.minute} {local.hour} {local.day} {local.month} *"


def calendar_triggers(least: int, most: int, table: Iterable[Yearly] = BUILT_IN) -> list[dict[str, object]]:
    """A floor for each yearly event, from its pre-warm to its end.

    An event that begins on 1 March is got ready for on 28 February, a day early in leap years: cron knows no last day.
    """
    triggers: list[dict[str, object]] = []
    for event in table:
        span = event.in_year(A_YEAR)
        wanted = min(most, math.ceil(least * span.factor))
        triggers.append({
            "type": "cron", "name": event.name.lower().replace(" ", "-"),
            "metadata": {
                "timezone": "Africa/Lagos", "start": cron_of(span.begins - span.prewarm), "end": cron_of(span.ends),
                "desiredReplicas": str(wanted),
            },
        })  # fmt: skip
    return triggers


def behavior() -> dict[str, object]:
    """Up at once, down slowly: the stabilisation, the step and the cool-down of our own controller."""
    up = [
        {"type": "Percent", "value": round(100 * POLICY.growth), "periodSeconds": 60},
        {"type": "Pods", "value": 4, "periodSeconds": 60},
    ]
    down = [{"type": "Percent", "value": round(100 * POLICY.shrink), "periodSeconds": round(POLICY.cool_down)}]
    return {
        "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": up},
        "scaleDown": {"stabilizationWindowSeconds": round(POLICY.stabilisation), "selectPolicy": "Max", "policies": down},
    }


def scaled(role: str, least: int, most: int, trigger: dict[str, object], fallback: dict[str, object] | None) -> dict[str, object]:
    """One ScaledObject. Where its figures cannot be had, `fallback` never takes away what runs."""
    spec: dict[str, object] = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": role},
        "pollingInterval": 15, "minReplicaCount": least, "maxReplicaCount": most,
    }  # fmt: skip
    if fallback is not None:
        spec["fallback"] = fallback
    spec["advanced"] = {"horizontalPodAutoscalerConfig": {"behavior": behavior()}}
    spec["triggers"] = [trigger, *calendar_triggers(least, most)]
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": role}, "spec": spec}


def documents() -> list[dict[str, object]]:
    """What `deploy/k8s/base/scaling.yaml` holds."""
    in_flight: dict[str, object] = {
        "type": "prometheus", "name": "in-flight", "metricType": "AverageValue",
        "metadata": {
            "serverAddress": PROMETHEUS, "query": IN_FLIGHT, "threshold": f"{POLICY.in_flight_limit * POLICY.in_flight_target:g}",
            "ignoreNullValues": "false",  # nothing scraped is an error and takes the fallback, not zero requests
        },
    }  # fmt: skip
    oldest: dict[str, object] = {
        "type": "postgresql", "name": "oldest-job", "metricType": "Value", "authenticationRef": {"name": "queue-reader"},
        "metadata": {"query": OLDEST, "targetQueryValue": f"{POLICY.age_target:g}"},
    }  # fmt: skip
    reader: dict[str, object] = {
        "apiVersion": "keda.sh/v1alpha1", "kind": "TriggerAuthentication", "metadata": {"name": "queue-reader"},
        "spec": {"secretTargetRef": [{"parameter": "connection", "name": "nollycrewhub", "key": "DATABASE_READER_URL"}]},
    }  # fmt: skip
    higher: dict[str, object] = {"failureThreshold": 3, "replicas": 2 * POLICY.least_web, "behavior": "currentReplicasIfHigher"}
    return [
        scaled("web", POLICY.least_web, POLICY.most_web, in_flight, higher),
        reader,
        scaled("worker", LEAST_WORKERS, POLICY.most_workers, oldest, None),
    ]
