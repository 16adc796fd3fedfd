"""The files that are made, and never edited: their makers, and how they are written."""

import json
from collections.abc import Callable

import yaml

from deploying import blueprints, collector, edge, phases, rendered, scaled
from deploying.kubernetes import backing, collecting, controlling
from deploying.observability import alerting, cases, dashboards, rules, scraping

HEAD = "# Made by `python -m deploying` from deploying/{}; edit that.\n"
WIDE = 1000


class Plain(yaml.SafeDumper):  # type: ignore[misc]
    """YAML without anchors: whoever reads it should not have to look elsewhere."""

    def ignore_aliases(self, data: object) -> bool:
        """Never one."""
        return True


def as_yaml(source: str, *documents: object) -> str:
    """Documents in the order they were made, one line a value."""
    written: str = yaml.dump_all(documents, Dumper=Plain, sort_keys=False, width=WIDE, allow_unicode=True)
    return HEAD.format(source) + written


def as_json(document: object) -> str:
    """A document for programs, as people can read it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def makers() -> dict[str, Callable[[], str]]:
    """Each made file by its path, and what makes its text."""
    board = {f"deploy/observability/grafana/{name}.json": name for name in dashboards.DASHBOARDS}
    return {
        phases.GUIDE: phases.guide,
        "deploy/k8s/base/scaling.yaml": lambda: as_yaml("scaled.py", *scaled.documents()),
        "deploy/k8s/controller/controller.yaml": lambda: as_yaml("kubernetes/controlling.py", *controlling.documents()),
        collector.CONFIG: lambda: as_yaml("collector.py", collector.config()),
        "deploy/k8s/collector/collector.yaml": lambda: as_yaml("kubernetes/collecting.py", *collecting.documents()),
        "deploy/k8s/backup/backup.yaml": lambda: as_yaml("kubernetes/backing.py", *backing.documents()),
        rendered.CONTROLLED: lambda: as_yaml("blueprints.py", blueprints.controlled(phases.third())),
        "deploy/observability/alertmanager.yaml": lambda: as_yaml("observability/alerting.py", alerting.document()),
        "deploy/observability/prometheus.yaml": lambda: as_yaml("observability/scraping.py", scraping.document()),
        "deploy/observability/rules.yaml": lambda: as_yaml("observability/rules.py", rules.document()),
        "deploy/observability/rules.test.yaml": lambda: as_yaml("observability/cases.py", cases.document(of_days=False)),
        "deploy/observability/rules.days.test.yaml": lambda: as_yaml("observability/cases.py", cases.document(of_days=True)),
        **{f"{edge.FOLDER}/{name}.json": (lambda call=call: as_json(call)) for name, call in edge.documents().items()},  # type: ignore[misc]
        **{path: (lambda name=name: as_json(dashboards.document(name))) for path, name in board.items()},  # type: ignore[misc]
    }
