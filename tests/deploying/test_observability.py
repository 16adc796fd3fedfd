"""Rules, cases and dashboards: promtool agrees, `/metrics` says each figure they name, and each alert has its runbook."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploying import checking, observed, queries
from deploying.facts import BACKUPS, DEPLOY, TOP, figures
from deploying.observability import alerting, rules
from deploying.reading import texts_under
from deploying.scaled import IN_FLIGHT
from nollycrewhub.domains.notifications.rules.alerts import cases
from nollycrewhub.platform import metrics
from nollycrewhub.scaling.telling import REGISTRY as SCALER
from tests.servers import FIGURES

FOLDER = DEPLOY / "observability"
BOARDS = sorted((FOLDER / "grafana").glob("*.json"))
NEVER, ALWAYS = "vector(1) > 2", "vector(1) > 0"
TEXTS = texts_under(DEPLOY)


def promtool(*words: str, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    """A run of promtool (`make tools` installs it)."""
    found = shutil.which("promtool")
    assert found, "promtool is missing: make tools"
    return subprocess.run([found, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def expressions() -> dict[str, str]:
    """Every expression there is, by where it stands."""
    said = {f"rule {name}": expr for name, expr in rules.RECORDED.items()} | {f"alert {one.name}": one.expr for one in rules.ALERTS}
    for path in BOARDS:
        for panel in yaml.safe_load(path.read_text())["panels"]:
            said |= {f"{path.name} {panel['title']} {line['refId']}": line["expr"] for line in panel["targets"]}
    return said | {"scaled web": IN_FLIGHT}


def test_promtool_reads_the_rules_and_the_scrape() -> None:
    done = promtool("check", "rules", "rules.yaml")
    assert done.returncode == 0 and f"{len(rules.ALERTS) + len(rules.RECORDED)} rules found" in done.stdout, done.stdout + done.stderr
    done = promtool("check", "config", "--syntax-only", "prometheus.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_where_it_must_and_nowhere_near() -> None:
    done = promtool("test", "rules", "rules.test.yaml", "rules.days.test.yaml")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


@pytest.mark.full
@pytest.mark.parametrize(("changed", "word"), [(NEVER, "fires"), (ALWAYS, "is quiet")])
def test_an_alert_that_never_fires_and_one_that_always_does_are_found_out(changed: str, word: str, tmp_path: Path) -> None:
    document: Any = yaml.safe_load((FOLDER / "rules.yaml").read_text())
    for group in document["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                rule["expr"] = changed
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(document))
    for name in ("rules.test.yaml", "rules.days.test.yaml"):
        (tmp_path / name).write_text((FOLDER / name).read_text())
    done = promtool("test", "rules", "rules.test.yaml", "rules.days.test.yaml", folder=tmp_path)
    assert {one.name for one in rules.ALERTS} == set(re.findall(rf"name: (\w+) {word}", done.stdout + done.stderr))


def test_promtool_reads_every_expression_of_the_dashboards(tmp_path: Path) -> None:
    said = {place: expr.replace("$__rate_interval", "5m") for place, expr in expressions().items()}
    group = {"name": "all", "rules": [{"record": f"r{nth}", "expr": expr} for nth, expr in enumerate(said.values())]}
    (tmp_path / "all.yaml").write_text(yaml.safe_dump({"groups": [group]}))
    done = promtool("check", "rules", "all.yaml", folder=tmp_path)
    assert done.returncode == 0 and f"{len(said)} rules found" in done.stdout, done.stdout + done.stderr
    (tmp_path / "all.yaml").write_text((tmp_path / "all.yaml").read_text().replace("histogram_quantile(", "histogram_quantil(", 1))
    assert promtool("check", "rules", "all.yaml", folder=tmp_path).returncode != 0


async def test_the_live_page_says_every_figure_that_anything_names(app_client: httpx.AsyncClient) -> None:
    assert (await app_client.get("/jobs")).status_code == 200
    text = (await app_client.get("/metrics", headers=FIGURES)).text + metrics.of("others", SCALER, BACKUPS).decode()
    live = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    for place, expr in expressions().items():
        for name in queries.named(expr.replace("$__rate_interval", "5m")) - {"up", *rules.RECORDED}:
            plain = re.sub(r"_(bucket|sum|count)$", "", name) if figures()[name].kind == "histogram" else name
            assert plain in live, f"{place} names {name}, which /metrics does not say"


def test_each_alert_has_its_paragraph_and_none_is_stale() -> None:
    page = (TOP / rules.RUNBOOK).read_text()
    assert re.findall(r"^### (\w+)$", page, re.MULTILINE) == [one.name for one in ordered(page)]
    for one in rules.ALERTS:
        paragraph = page.partition(f"### {one.name}\n")[2].partition("\n#")[0].strip()
        assert paragraph.startswith(one.severity.capitalize()), one.name
        assert len(paragraph) > 80, one.name


def ordered(page: str) -> list[rules.Alert]:
    """The alerts in the order of the page; one that it leaves out makes the lists differ."""
    return sorted(rules.ALERTS, key=lambda one: page.find(f"### {one.name}\n"))


def test_what_a_rule_says_is_told_to_operators_with_its_runbook() -> None:
    """Alertmanager passes a rule's labels and annotations on as they are."""
    (_, told) = rules.document()["groups"]  # type: ignore[misc]
    for rule in told["rules"]:
        report = {"alerts": [{"status": "firing", "labels": {"alertname": rule["alert"]}, "annotations": rule["annotations"]}]}
        ((is_over, case),) = cases(report)
        assert (is_over, case.title, case.what) == (False, rule["alert"], rule["annotations"]["summary"])
        assert case.runbook == f"{rules.RUNBOOK}#{rule['alert'].lower()}"


def test_nobody_is_kept_from_hearing_of_what_is_worse() -> None:
    """What is held back is a ticket, or says less than the page that holds it back; and nothing holds itself back, or in a ring."""
    severity = {one.name: one.severity for one in rules.ALERTS}
    for source, (targets, _) in alerting.LOUDER.items():
        assert severity[source] == "page", source
        assert source not in targets and not any(source in alerting.LOUDER.get(target, ((), ""))[0] for target in targets), source


def test_the_heartbeat_is_due_again_each_time_that_it_is_looked_at() -> None:
    """Alertmanager looks once an interval and repeats what was sent longer ago than that: of two equal times every other look is early."""
    (beat,) = [
        route for route in yaml.safe_load((FOLDER / "alertmanager.yaml").read_text())["route"]["routes"] if route["receiver"] == "heartbeat"
    ]
    assert (beat["group_interval"], beat["repeat_interval"]) == ("1m", "50s")


@pytest.mark.full
@pytest.mark.parametrize(
    ("labels", "receiver"),
    [("severity=page", "pages"), ("severity=ticket", "tickets"), ("severity=heartbeat", "heartbeat"), ("alertname=Anything", "tickets")],
)
def test_amtool_takes_the_configuration_and_tells_the_right_ones(labels: str, receiver: str, tmp_path: Path) -> None:
    """Debian's amtool is 0.25, which does not know the webhook's `url_file` yet (0.26 does); everything else is as it is."""
    found = shutil.which("amtool")
    assert found, "amtool is missing: make tools"
    text = (FOLDER / "alertmanager.yaml").read_text()
    known, count = re.subn(r"url_file: /etc/alertmanager/secrets/(page|heartbeat)-url", "url: https://hooks.example/", text)
    assert count == 2
    (tmp_path / "told.yaml").write_text(known)
    checked = subprocess.run([found, "check-config", "told.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 0 and "3 receivers" in checked.stdout, checked.stdout + checked.stderr
    words = [found, "config", "routes", "test", "--config.file=told.yaml", f"--verify.receivers={receiver}", labels]
    told = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 0 and told.stdout.split()[0] == receiver, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("path", "before", "after", "sentence"),
    [
        ("rules.yaml", "nch_requests_in_flight{", "nch_requests_on_flight{", "nothing says nch_requests_on_flight"),
        ("rules.yaml", 'state="due"', 'state="overdue"', "nch_queue_depth never says state=overdue"),
        ("rules.yaml", 'nch_requests_total{status=~"5..",', 'nch_requests_total{code=~"5..",', "nch_requests_total has no label code"),
        ("rules.yaml", "max by (queue)", "max by (line)", "nothing here has the label line"),
        ("rules.yaml", "{{ $labels.replica }}", "{{ $labels.republic }}", "speaks of republic"),
        ("rules.test.yaml", "alertname: JobsFail\n", "alertname: JobsFall\n", "looks for JobsFall, which is no alert"),
        ("rules.test.yaml", "nch_jobs_total{task", "nch_jobs_total{queue", "nch_jobs_total has no label queue"),
        ("prometheus.yaml", "worker-each", "workers-each", "not for worker-each."),
        ("prometheus.yaml", "port: 8000", "port: 8080", "at 8080; its service has 8000"),
        ("prometheus.yaml", "nollycrewhub-worker", "nollycrewhub-werker", "calls a scrape nollycrewhub-werker"),
        ("prometheus.yaml", "alertmanager.monitoring", "alertmanger.monitoring", "was expected"),
        ("alertmanager.yaml", 'severity="page"', 'severity="pages"', "waits for severity=pages, which no alert has"),
        ("alertmanager.yaml", 'severity="page"', 'severity="ticket"', "wakes nobody for a page"),
        ("alertmanager.yaml", "receiver: pages", "receiver: tickets", "has the receiver pages, whom nobody tells anything"),
        ("alertmanager.yaml", "name: tickets", "name: ticket", "tells tickets, who is no receiver"),
        ("alertmanager.yaml", 'alertname="QueueIsVeryLong"', 'alertname="QueueIsVeryLon"', "holds back QueueIsVeryLon, which is no alert"),
        ("alertmanager.yaml", "  - queue", "  - queeu", "holds back by queeu"),
        (
            "alertmanager.yaml",
            "smtp_auth_password_file: /etc/alertmanager/secrets/smtp-password",
            "smtp_auth_password: hunter2",
            "smtp_auth_password",
        ),
        (
            "alertmanager.yaml",
            "url_file: /etc/alertmanager/secrets/page-url",
            "url: https://hooks.example/T0/B0/secret",
            "'url' was unexpected",
        ),
        ("alertmanager.yaml", "smtp_require_tls: true", "smtp_require_tls: false", "true was expected"),
        ("prometheus.yaml", "metrics_path: /metrics", "metrics_path: /metric", "which is no route"),
        ("grafana/queues.json", "nch_effects_total", "nch_effect_total", "nothing says nch_effect_total"),
        ("grafana/queues.json", '"id": 2', '"id": 1', "two panels with one number"),
    ],
)
def test_what_nobody_says_is_found(path: str, before: str, after: str, sentence: str) -> None:
    path = f"deploy/observability/{path}"
    assert before in TEXTS[path]
    found = observed.faults({**TEXTS, path: TEXTS[path].replace(before, after)})
    assert any(sentence in fault for fault in found), found


def test_a_file_that_was_edited_by_hand_is_stale() -> None:
    path = "deploy/observability/rules.yaml"
    texts = TEXTS | texts_under(DEPLOY.parent / "docs" / "guides")
    assert checking.stale(texts) == []
    assert checking.stale({**texts, path: texts[path].replace("14.4", "14.5")}) == [f"{path} is not what is made: run python -m deploying."]
