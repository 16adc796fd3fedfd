"""Who hears of an alert, as Alertmanager reads it: pages at once by mail and at a webhook, tickets by mail in the morning's pace.

What fires while all is well is passed on to somebody outside who alarms when it stops coming. No secret stands in it: the password
of the mail server and the webhooks' addresses, which are secrets themselves, are files of a mounted secret. What a louder alert says already is not said twice (`LOUDER`). Addresses are examples, to be edited here.
"""

SMARTHOST = "smtp.nollycrewhub.example:587"
FROM, PAGED, READ = (f"{who}@nollycrewhub.example" for who in ("alertmanager", "on-call", "operators"))
SECRETS = "/etc/alertmanager/secrets"
TARGET = "alertmanager.monitoring.svc:9093"
PAGES, TICKETS, HEARTBEAT = "pages", "tickets", "heartbeat"
# While the first fires, the others are not sent, for the same value of the label where one is named.
LOUDER: dict[str, tuple[tuple[str, ...], str]] = {
    "NoWebProcessAnswers": (("TooFewInstances", "QueuesAreNotMeasured"), ""),
    "ErrorBudgetBurnsFast": (("ErrorBudgetBurns", "ErrorBudgetShrinks", "ErrorBudgetWillBeSpent", "ErrorsAboveThePlan"), ""),
    "AnswersAreVerySlow": (("AnswersAreSlow",), ""),
    "QueueIsVeryLong": (("QueueIsLong",), "queue"),
    "PrimaryIsOut": (("QueuesAreNotMeasured", "WorkersAreCutOff", "NobodyScales"), ""),
    "BackupLogStandsStill": (("BackupLogIsBehind",), ""),
    "BackupsAreSilent": (("BackupLogIsBehind", "BaseBackupIsOld", "BackupsAreUnread"), ""),
}


def mail(to: str) -> dict[str, object]:
    """A mail, and another one when it is over; its subject says which alert and how many of it."""
    subject = "{{ .Status }}: {{ .GroupLabels.alertname }} ({{ .Alerts.Firing | len }})"
    return {"to": to, "send_resolved": True, "headers": {"Subject": subject}}


def route() -> dict[str, object]:
    """A page is told within a quarter of a minute and again each hour; a ticket within five minutes and again each day."""
    page = {
        "matchers": ['severity="page"'], "receiver": PAGES, "group_wait": "15s", "group_interval": "2m", "repeat_interval": "1h",
    }  # fmt: skip
    # Alertmanager looks each minute, and repeats what it sent longer ago than that: with a minute too it would call every other one.
    beat = {
        "matchers": [f'severity="{HEARTBEAT}"'], "receiver": HEARTBEAT, "group_wait": "0s", "group_interval": "1m", "repeat_interval": "50s",
    }  # fmt: skip
    return {
        "receiver": TICKETS, "group_by": ["alertname"], "group_wait": "5m", "group_interval": "15m", "repeat_interval": "24h", "routes": [page, beat],
    }  # fmt: skip


def inhibitions() -> list[dict[str, object]]:
    """`LOUDER` as Alertmanager reads it."""
    rules: list[dict[str, object]] = []
    for source, (targets, label) in LOUDER.items():
        rule: dict[str, object] = {"source_matchers": [f'alertname="{source}"'], "target_matchers": [f'alertname=~"{"|".join(targets)}"']}
        rules.append(rule | ({"equal": [label]} if label else {}))
    return rules


def document() -> dict[str, object]:
    """What `deploy/observability/alertmanager.yaml` holds."""
    hook = {"url_file": f"{SECRETS}/page-url", "send_resolved": True, "max_alerts": 50}
    return {
        "global": {
            "smtp_smarthost": SMARTHOST, "smtp_from": FROM, "smtp_auth_username": FROM,
            "smtp_auth_password_file": f"{SECRETS}/smtp-password", "smtp_require_tls": True, "resolve_timeout": "5m",
        },
        "route": route(),
        "receivers": [
            {"name": PAGES, "email_configs": [mail(PAGED)], "webhook_configs": [hook]},
            {"name": TICKETS, "email_configs": [mail(READ)]},
            {"name": HEARTBEAT, "webhook_configs": [{"url_file": f"{SECRETS}/heartbeat-url", "send_resolved": False, "max_alerts": 1}]},
        ],
        "inhibit_rules": inhibitions(),
    }  # fmt: skip
