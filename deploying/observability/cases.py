"""For each alert a fleet in which it fires and one in which it stays quiet (of some alerts several), as promtool runs them.

A case is what is scraped and the minute it is looked at. The quiet one is near: the same figures just below the bound, or
above it too short a time, so an alert that always fires, or whose bound has slipped, is found out.
"""

import re

import msgspec

from deploying.observability.rules import ALERTS, BACKUPS, CONTROLLERS, GROUPS, JOB, RUNBOOK, WEB, WORKERS, Alert

LABEL = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
MINUTE = "1m"
LONGEST = 600  # minutes; what needs more is looked at every quarter of an hour, or promtool takes half a minute


class Case(msgspec.Struct, frozen=True):
    """Series by name, the minute of the look, and the labels the alert then has beside its own; None when it is quiet."""

    series: dict[str, str]
    minute: int
    labels: dict[str, str] | None = None


def requests(good: int, bad: int, minutes: int) -> dict[str, str]:
    """Two counters, so many requests a minute each."""
    said = 'nch_requests_total{{instance="a",route="/jobs",method="GET",status="{}",region="africa",device="phone"}}'
    return {said.format(200): f"0+{good}x{minutes}", said.format(503): f"0+{bad}x{minutes}"}


def spent(good: int, bad: int, days: int) -> dict[str, str]:
    """The same over days."""
    return requests(good, bad, days * 24 * 60)


def answers(fast: int, slow: int, *, slow_up_to: str, minutes: int = 40) -> dict[str, str]:
    """A histogram of answers a minute: those within 250 ms, and those within a slower bucket."""
    said = 'nch_request_seconds_bucket{{instance="a",route="/jobs",le="{}"}}'
    total = fast + slow
    return {
        said.format("0.25"): f"0+{fast}x{minutes}",
        said.format("0.5"): f"0+{total if slow_up_to == '0.5' else fast}x{minutes}",
        said.format("1.0"): f"0+{total if slow_up_to in ('0.5', '1.0') else fast}x{minutes}",
        said.format("2.5"): f"0+{total}x{minutes}",
        said.format("+Inf"): f"0+{total}x{minutes}",
    }


def up(*instances: str, down: str = "", job: str = JOB) -> dict[str, str]:
    """What Prometheus itself says of its targets."""
    said = f'up{{{{job="{job}",instance="{{}}"}}}}'
    return {**{said.format(one): "1x40" for one in instances}, **({said.format(down): "0x40"} if down else {})}


def depth(count: str, queue: str = "script-analysis", *, state: str = "due") -> dict[str, str]:
    """Jobs of a queue in a state, as two processes tell the same."""
    said = f'nch_queue_depth{{{{queue="{queue}",state="{state}",instance="{{}}"}}}}'
    return {said.format("a"): count, said.format("b"): count}


def fan_out(late: int) -> dict[str, str]:
    """Of a hundred live messages a minute, so many that took longer than 2.5 s."""
    said = 'nch_live_fan_out_seconds_bucket{{instance="a",le="{}"}}'
    return {said.format("1.0"): f"0+{100 - late}x60", said.format("2.5"): f"0+{100 - late}x60", said.format("+Inf"): "0+100x60"}


def loops(late: int) -> dict[str, str]:
    """Of a hundred turns of a loop a minute, so many that came between half a second and a second late."""
    said = f'nch_event_loop_lag_seconds_bucket{{{{instance="a",{WEB},le="{{}}"}}}}'
    return {said.format("0.25"): f"0+{100 - late}x60", said.format("1.0"): "0+100x60", said.format("+Inf"): "0+100x60"}


def shared(filled: int, per_minute: int = 6000) -> dict[str, str]:
    """Of a hundred shared answers a minute, so many that had to be made; and requests a minute."""
    said = 'nch_shared_answers_total{{instance="a",namespace="jobs",result="{}"}}'
    return {said.format("hit"): f"0+{100 - filled}x60", said.format("filled"): f"0+{filled}x60", **requests(per_minute, 0, 60)}


SCRIPTS, SMS = {"queue": "script-analysis"}, {"task": "sms.send"}
GIVEN_UP = 'nch_jobs_total{task="sms.send",outcome="failed",instance="a"}'
LATE = 'nch_event_lag_alarms_total{consumer="notifications.job_created",instance="a"}'
LAG = 'nch_replica_lag_seconds{replica="africa",instance="a"}'
SHED = 'nch_shed_total{{what="{}",instance="a"}}'
IN = f'nch_server_in{{{{server="{{}}",instance="{{}}",{WEB}}}}}'
SEEN = f'nch_server_in{{{{server="primary",instance="{{}}",job="{WORKERS}"}}}}'
CPU, MEMORY = f'nch_process_cpu_seconds_total{{instance="a",{WEB}}}', 'nch_process_memory_bytes{instance="a"}'
PEOPLE, ALSO = 'nch_active_people{instance="a"}', f'nch_requests_in_flight{{instance="b",{WEB}}}'
FULL = f'nch_requests_in_flight{{instance="a",{WEB}}}'
# What idle workers tell beside it: it must not make web processes look idle, nor as if there were more of them.
IDLE = f'nch_requests_in_flight{{instance="w",job="{WORKERS}"}}'
RESTS = f'nch_process_cpu_seconds_total{{instance="w",job="{WORKERS}"}}'
LEADS = f'nch_scaling_leads{{{{instance="{{}}",job="{CONTROLLERS}"}}}}'
REFUSED = f'nch_scaling_failed_total{{instance="c",job="{CONTROLLERS}",what="look"}}'
READ_AGE, FAULTS = 'nch_backup_verified_age_seconds{instance="l"}', 'nch_backup_faults{instance="l"}'
LOG_AGE, BASE_AGE = 'nch_backup_log_age_seconds{instance="l"}', 'nch_backup_base_age_seconds{instance="l"}'
OLDEST = 'nch_queue_oldest_seconds{queue="script-analysis",instance="a"}'
UNDONE = 'nch_queue_late_seconds{queue="script-analysis",instance="a"}'

ELSEWHERE = up("a")  # where somebody else scales, and somebody else backs up


def left(job: str) -> dict[str, str]:
    """One that was there for ten minutes, and that nobody finds any more."""
    return {f'up{{job="{job}",instance="z"}}': "1x10 stale"}


CASES: dict[str, tuple[Case, ...]] = {
    "ErrorBudgetBurnsFast": (Case(requests(98, 2, 90), 80, {}), Case(requests(99, 1, 90), 80)),
    "ErrorBudgetBurns": (Case(requests(99, 1, 480), 420, {}), Case(requests(995, 5, 480), 420)),
    "ErrorBudgetShrinks": (Case(spent(996, 4, 2), 1800, {}), Case(spent(9980, 20, 2), 1800)),
    "ErrorBudgetWillBeSpent": (Case(spent(998, 2, 4), 4695, {}), Case(spent(9995, 5, 4), 4695)),
    "ErrorsAboveThePlan": (Case(requests(98, 2, 40), 30, {}), Case(requests(992, 8, 40), 30)),
    "AnswersAreSlow": (Case(answers(90, 10, slow_up_to="1.0"), 30, {}), Case(answers(96, 4, slow_up_to="1.0"), 30)),
    "AnswersAreVerySlow": (Case(answers(90, 10, slow_up_to="2.5"), 30, {}), Case(answers(90, 10, slow_up_to="1.0"), 30)),
    "Watchdog": (Case(up("a"), 30, {}), Case(up(down="a"), 30)),
    "NoWebProcessAnswers": (Case(up(down="a"), 30, {}), Case(up("a"), 30)),
    "TooFewInstances": (Case(up("a", down="b"), 30, {}), Case(up("a", "b"), 30)),
    "InstancesAreFull": (Case({FULL: "95x40", IDLE: "0x40"}, 30, {}), Case({FULL: "85x40", IDLE: "0x40"}, 30)),
    "ProcessorsAreBusy": (Case({CPU: "0+48x40", RESTS: "0x40"}, 30, {}), Case({CPU: "0+36x40", RESTS: "0+60x40"}, 30)),
    "MemoryIsShort": (Case({MEMORY: "900000000x40"}, 30, {"instance": "a"}), Case({MEMORY: "800000000x40"}, 30)),
    "ManyPeople": (Case({PEOPLE: "5100x40", FULL: "1x40", IDLE: "0x40"}, 30, {}), Case({PEOPLE: "5100x40", FULL: "1x40", ALSO: "1x40"}, 30)),
    "EventLoopLags": (Case(loops(5), 40, {}), Case(loops(0), 40)),
    "RequestsAreShed": (Case({SHED.format("in-flight"): "0+120x40"}, 30, {}), Case({SHED.format("in-flight"): "0+30x40"}, 30)),
    "PoolIsEmpty": (Case({SHED.format("read-pool"): "0+60x40"}, 30, {"instance": "a"}), Case({SHED.format("read-pool"): "0+3x40"}, 30)),
    "QueueIsLong": (Case(depth("150x60"), 40, SCRIPTS), Case(depth("90x60"), 40)),
    "QueueIsVeryLong": (
        Case(depth("1500x60"), 40, SCRIPTS), Case(depth("950x60"), 40), Case({**depth("600x60"), **depth("600x60", state="retrying")}, 40, SCRIPTS),
    ),
    "JobsWaitTooLong": (Case({OLDEST: "400x40"}, 30, SCRIPTS), Case({OLDEST: "250x40"}, 30)),
    "JobsAreNotDone": (
        Case({UNDONE: "3700x40"}, 30, SCRIPTS), Case({UNDONE: "3500x40"}, 30), Case({UNDONE.replace("script-analysis", "event:x"): "3700x40"}, 30),
    ),
    "JobsFail": (Case({GIVEN_UP: "0+1x120"}, 100, SMS), Case({GIVEN_UP: "0+0x60 1+0x60"}, 100)),
    "EventsArriveLate": (
        Case({LATE: "0+1x60"}, 40, {"consumer": "notifications.job_created"}), Case({LATE: "0x20 1x40"}, 30),
    ),
    "QueuesAreNotMeasured": (Case(up("a"), 30, {}), Case(depth("0x40"), 30)),
    "NobodyScales": (
        Case({LEADS.format("c"): "0x40", LEADS.format("d"): "0x40", **up("c", "d", job=CONTROLLERS)}, 30, {}),
        Case({LEADS.format("c"): "0x40", LEADS.format("d"): "1x40", **up("d", down="c", job=CONTROLLERS)}, 30),
        Case(left(CONTROLLERS), 30, {}), Case(ELSEWHERE, 30),
    ),
    "ScalingFails": (Case({REFUSED: "0+12x40"}, 30, {"what": "look"}), Case({REFUSED: "0+1x40"}, 30)),
    "WorkersAreSilent": (
        Case(up(down="w", job=WORKERS), 30, {}), Case(up("w", down="v", job=WORKERS), 30), Case(left(WORKERS), 30, {}), Case(ELSEWHERE, 30),
    ),
    "WorkersAreCutOff": (
        Case({SEEN.format("w"): "0x40", IN.format("primary", "a"): "1x40"}, 30, {}),
        Case({SEEN.format("w"): "0x40", SEEN.format("v"): "1x40"}, 30),
    ),
    "PrimaryIsOut": (
        Case({IN.format("primary", "a"): "0x40", IN.format("primary", "b"): "0x40", SEEN.format("w"): "1x40"}, 30, {}),
        Case({IN.format("primary", "a"): "0x40", IN.format("primary", "b"): "1x40"}, 30),
    ),
    "ReplicaIsOut": (
        Case({IN.format("europe", "a"): "0x40", IN.format("primary", "a"): "1x40"}, 30, {"server": "europe"}),
        Case({IN.format("europe", "a"): "1x40", IN.format("primary", "a"): "0x40"}, 30),
    ),
    "ReplicaLags": (Case({LAG: "45x40"}, 30, {"replica": "africa"}), Case({LAG: "0x21 45x19"}, 30)),
    # A minute's age a minute from zero on; and one that was late for a while and caught up before anybody had to be told.
    "BackupLogIsBehind": (Case({LOG_AGE: "0+60x40"}, 20, {}), Case({LOG_AGE: "0+60x9 4x30"}, 20)),
    "BackupLogStandsStill": (Case({LOG_AGE: "0+60x90"}, 70, {}), Case({LOG_AGE: "0+60x90"}, 58)),
    "BaseBackupIsOld": (Case({BASE_AGE: "100000x90"}, 70, {}), Case({BASE_AGE: "90000+30x90"}, 70)),
    "BackupsAreFaulty": (Case({FAULTS: "1x40"}, 30, {}), Case({FAULTS: "0x40"}, 30)),
    "BackupsAreUnread": (Case({READ_AGE: "700000x90"}, 70, {}), Case({READ_AGE: "690000x90"}, 70)),
    "BackupsAreSilent": (
        Case(up(down="l", job=BACKUPS), 30, {}), Case(up("l", job=BACKUPS), 30), Case(left(BACKUPS), 40, {}), Case(left(BACKUPS), 20),
        Case(ELSEWHERE, 30),
    ),
    "CacheIsCold": (Case(shared(60), 50, {}), Case(shared(60, per_minute=60), 50)),
    "LiveMessagesAreLate": (Case(fan_out(10), 40, {}), Case(fan_out(3), 40)),
}  # fmt: skip


def expected(alert: Alert, labels: dict[str, str]) -> dict[str, object]:
    """The alert as it fires with these labels."""
    return {
        "exp_labels": {"severity": alert.severity, **labels},
        "exp_annotations": {
            "summary": LABEL.sub(lambda found: labels[found[1]], alert.summary), "runbook": f"{RUNBOOK}#{alert.name.lower()}",
        },
    }  # fmt: skip


def one_test(alert: Alert, case: Case, word: str, interval: str) -> dict[str, object]:
    """A case as promtool reads it."""
    looked = {"eval_time": f"{case.minute}m", "alertname": alert.name}
    fires = {"exp_alerts": [expected(alert, case.labels)]} if case.labels is not None else {"exp_alerts": []}
    return {
        "name": f"{alert.name} {word}", "interval": interval,
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
        "alert_rule_test": [{**looked, **fires}],
    }  # fmt: skip


def document(*, of_days: bool) -> dict[str, object]:
    """The cases as promtool reads them: those of minutes and hours, or those of days, which are looked at less often."""
    tests = []
    for alert in ALERTS:
        for case in CASES[alert.name]:
            if (case.minute > LONGEST) is of_days:
                tests.append(one_test(alert, case, "is quiet" if case.labels is None else "fires", MINUTE))
    # Without an order promtool takes the groups as they come, and alerts may see what was recorded a turn ago, or nothing.
    turn = {"evaluation_interval": "15m" if of_days else MINUTE, "group_eval_order": [*GROUPS]}
    return {"rule_files": ["rules.yaml"], **turn, "tests": tests}
