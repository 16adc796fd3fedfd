"""The phases: each one is a Blueprint that would start, its bill is that of its parts, and the guide shows what was counted."""

import copy
import subprocess
import sys
from typing import Any

import pytest
import yaml

from deploying import phases, rendered
from deploying.blueprints import CHANGES, blueprint_of
from deploying.facts import TOP, prices
from deploying.observability.rules import MEMORY_LIMIT
from deploying.reading import parsed

GUIDE = (TOP / phases.GUIDE).read_text()


@pytest.mark.parametrize("phase", [1, 2, 3])
def test_each_phase_is_a_blueprint_that_would_start(phase: int) -> None:
    blueprint = blueprint_of(phase, phases.third())
    assert rendered.blueprint_faults(blueprint, f"phase {phase}") == []
    done = subprocess.run([sys.executable, "-m", "deploying", "blueprint", str(phase)], cwd=TOP, capture_output=True, text=True, check=True)
    assert yaml.safe_load(done.stdout) == blueprint


def test_a_phase_whose_pools_do_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = copy.deepcopy(CHANGES)
    changed[1]["variables"]["READ_POOL_MOST"] = "40"
    monkeypatch.setattr("deploying.blueprints.CHANGES", changed)
    assert any("the fleet may open" in fault for fault in rendered.blueprint_faults(blueprint_of(1, phases.third()), "phase 1"))


def test_each_change_names_what_is_there() -> None:
    known = phases.fields_of(phases.third())
    for change in CHANGES.values():
        for name, fields in change.items():
            for field in fields:
                assert name == "variables" or (name, field) in known or field == "numInstances", (name, field)
        assert {("nollycrewhub", variable) for variable in change["variables"]} <= set(known)


def test_the_first_phase_costs_what_its_rows_cost() -> None:
    table: dict[str, Any] = prices()["render"]
    web, store, database = (
        table["web"]["starter"]["dollars"],
        table["keyvalue"]["starter"]["dollars"],
        table["postgres"]["basic-1gb"]["dollars"],
    )
    expected = 3 * web + 2 * store + database + 10 * table["postgres_storage"]["dollars_per_gb"]
    assert sum(line.quiet for line in phases.render_bill(1)) == pytest.approx(expected)
    assert phases.totals(phases.render_bill(1))["quiet"] in GUIDE


def test_a_later_phase_costs_more_and_a_full_month_no_less() -> None:
    bills = [phases.render_bill(1), phases.render_bill(2), phases.render_bill(3)]
    quiet, full = ([sum(getattr(line, what) for line in bill) for bill in bills] for what in ("quiet", "full"))
    assert quiet == sorted(quiet) and full == sorted(full) and all(most >= least for least, most in zip(quiet, full, strict=True))


def test_the_guide_follows_the_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    dearer = copy.deepcopy(prices())
    dearer["meta"]["naira_per_dollar"] *= 2
    monkeypatch.setattr(phases, "prices", lambda: dearer)
    assert phases.guide() != GUIDE


def test_the_guide_has_a_row_for_everything_that_changes() -> None:
    for phase in (1, 2):
        for name, field, here, there in phases.changed(phase):
            assert f"| `{name}` | `{field}` | {here} | {there} |" in GUIDE


def test_the_alert_on_memory_knows_the_pods_limit() -> None:
    (deployment,) = [one for one in parsed((TOP / "deploy/k8s/base/web.yaml").read_text()) if one["kind"] == "Deployment"]
    limit = deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
    assert int(limit.removesuffix("Gi")) * 1024**3 == MEMORY_LIMIT
