"""Rules, their tests, dashboards and the scrape: held to the schemas, to each other, and to what `/metrics` says."""

import re
from collections import Counter
from typing import Any

from deploying import queries
from deploying.facts import routes
from deploying.observability.scraping import SERVICES, host
from deploying.reading import Texts, against, only, parsed

FOLDER = "deploy/observability"
RULES, TESTS = f"{FOLDER}/rules.yaml", (f"{FOLDER}/rules.test.yaml", f"{FOLDER}/rules.days.test.yaml")
SCRAPE, TOLD = f"{FOLDER}/prometheus.yaml", f"{FOLDER}/alertmanager.yaml"
ALERT_LABELS = frozenset({"severity", "queue", "task", "consumer", "server", "replica", "instance", "what"})
MATCHER = re.compile(r'([a-z]+)=~?"([^"]+)"')
SPOKEN = re.compile(r"\{\{ ?\$?(?:labels\.)?(\w+) ?\}\}")


def faults(texts: Texts) -> list[str]:
    """All that is wrong with the folder."""
    rules = only(texts, RULES)
    found = against("prometheus-rules.yaml", rules, RULES)
    if found:
        return found
    flat = [rule for group in rules["groups"] for rule in group["rules"]]
    recorded = {rule["record"]: rule["expr"] for rule in flat if "record" in rule}
    alerts = {rule["alert"]: rule for rule in flat if "alert" in rule}
    for rule in flat:
        found += queries.faults(rule["expr"], f"{RULES} {rule.get('record') or rule['alert']}", recorded)
    for name, alert in alerts.items():
        known = (
            {label for each in queries.named(alert["expr"]) for label in queries.labels_of(each, recorded) or ()} if not found else set()
        )
        said = SPOKEN.findall(alert["annotations"]["summary"])
        found += [f"{RULES} {name} speaks of {label}, which it has not." for label in said if not found and label not in known]
    found += test_faults(texts, alerts, recorded) + scrape_faults(texts) + telling_faults(texts, alerts)
    for path in sorted(texts):
        if path.startswith(f"{FOLDER}/grafana/"):
            found += dashboard_faults(only(texts, path), path, recorded)
    return found


def test_faults(texts: Texts, alerts: dict[str, Any], recorded: dict[str, str]) -> list[str]:
    """Each alert has a case that fires and one that is quiet, of series that the program could say."""
    found, cases = [], Counter[tuple[str, bool]]()
    for path in TESTS:
        tests = only(texts, path)
        if wrong := against("promtool-tests.yaml", tests, path):
            return wrong
        for test in tests["tests"]:
            for series in test["input_series"]:
                found += queries.faults(series["series"], f"{path} {test['name']}", recorded)
            for looked in test["alert_rule_test"]:
                cases[looked["alertname"], bool(looked["exp_alerts"])] += 1
                strange = {label for one in looked["exp_alerts"] for label in one["exp_labels"]} - ALERT_LABELS
                found += [f"{path} {test['name']} expects the label {label}, which no alert has." for label in sorted(strange)]
    found += [f"{TESTS[0]} looks for {name}, which is no alert." for name, _ in cases if name not in alerts]
    for name in alerts:
        found += [] if cases[name, True] else [f"{TESTS[0]} has no case in which {name} fires."]
        found += [] if cases[name, False] else [f"{TESTS[0]} has no case in which {name} is quiet."]
    return found


def scrape_faults(texts: Texts) -> list[str]:
    """Each scrape asks a path that is there, of a service that leads to each pod, at its port, under the name the rules know."""
    scrape = only(texts, SCRAPE)
    if found := against("prometheus.yaml", scrape, SCRAPE):
        return found
    asked: dict[str, int] = {}
    for job in scrape["scrape_configs"]:
        found += [] if job["metrics_path"] in routes() else [f"{SCRAPE} scrapes {job['metrics_path']}, which is no route."]
        found += (
            [] if job["job_name"] in SERVICES else [f"{SCRAPE} calls a scrape {job['job_name']}; the rules know {', '.join(SERVICES)}."]
        )
        names = {name: one["port"] for one in job["dns_sd_configs"] for name in one["names"]}
        wanted = host(SERVICES.get(job["job_name"], "nobody"))
        found += [] if [*names] == [wanted] else [f"{SCRAPE} looks for {[*names]}, not for {wanted}."]
        asked |= names
    opened = {host(name): port for name, port in headless(texts).items()}
    found += [
        f"{SCRAPE} asks {name} at {port}; its service has {opened.get(name)}." for name, port in asked.items() if opened.get(name) != port
    ]
    return found + [f"{SCRAPE} leaves out {name}." for name in opened if name not in asked]


def telling_faults(texts: Texts, alerts: dict[str, Any]) -> list[str]:
    """Each severity has somebody who hears of it, each receiver something to hear, and nothing speaks of an alert that is none."""
    told = only(texts, TOLD)
    if found := against("alertmanager.yaml", told, TOLD):
        return found
    names, routes_ = [one["name"] for one in told["receivers"]], [told["route"], *told["route"]["routes"]]
    used = [one["receiver"] for one in routes_]
    found += [f"{TOLD} tells {name}, who is no receiver." for name in used if name not in names]
    found += [f"{TOLD} has the receiver {name}, whom nobody tells anything." for name in names if name not in used]
    found += [f"{TOLD} has two receivers of one name."] if len({*names}) < len(names) else []
    severities, waking = {one["labels"]["severity"] for one in alerts.values()}, set[str]()
    for route in told["route"]["routes"]:
        for label, value in (pair for matcher in route["matchers"] for pair in MATCHER.findall(matcher)):
            found += [] if label == "severity" and value in severities else [f"{TOLD} waits for {label}={value}, which no alert has."]
            waking.add(value)
    found += [] if "page" in waking else [f"{TOLD} wakes nobody for a page."]
    found += [f"{TOLD} groups by {label}, which not every alert has." for label in told["route"]["group_by"] if label != "alertname"]
    for rule in told["inhibit_rules"]:
        for label, values in (pair for way in ("source_matchers", "target_matchers") for one in rule[way] for pair in MATCHER.findall(one)):
            found += [f"{TOLD} holds back by {label}, not by the alert's name."] if label != "alertname" else []
            found += [
                f"{TOLD} holds back {name}, which is no alert." for name in values.split("|") if label == "alertname" and name not in alerts
            ]
        found += [f"{TOLD} holds back by {label}, which no alert has." for label in rule.get("equal", []) if label not in ALERT_LABELS]
    return found


def headless(texts: Texts) -> dict[str, int]:
    """The services of deploy/k8s that lead to each pod, with their ports: what is scraped."""
    documents = [one for path in texts if path.startswith("deploy/k8s/") and path.endswith(".yaml") for one in parsed(texts[path])]
    services = [one for one in documents if one.get("kind") == "Service" and one["spec"].get("clusterIP") == "None"]
    return {one["metadata"]["name"]: port["port"] for one in services for port in one["spec"]["ports"]}


def dashboard_faults(board: Any, path: str, recorded: dict[str, str]) -> list[str]:
    """A dashboard's panels have numbers of their own, do not lie on each other, and draw what is there."""
    found = against("grafana.yaml", board, path)
    if found:
        return found
    ids = [panel["id"] for panel in board["panels"]]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    found += [f"{path} has two panels with one number, or in one place."] if len({*ids}) < len(ids) or len({*places}) < len(places) else []
    for panel in board["panels"]:
        for target in panel["targets"]:
            expr = target["expr"].replace("$__rate_interval", "5m")
            found += queries.faults(expr, f"{path} {panel['title']}", recorded)
    return found
