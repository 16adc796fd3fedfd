"""Every template of the tree compiles in the strict environment pages use, and every one it names is there."""

from pathlib import Path

import pytest
from jinja2 import meta

from nollycrewhub.web.page import PACKAGE, environment

FILES = sorted(path for path in PACKAGE.rglob("templates/**/*.html") if "node_modules" not in path.parts)
NAMES = sorted(environment().list_templates(extensions=["html"]))


def test_no_template_hides_from_the_environment_or_behind_another() -> None:
    found = {Path(environment().get_template(name).filename or "").resolve() for name in NAMES}
    assert found == {path.resolve() for path in FILES}


@pytest.mark.parametrize("name", NAMES)
def test_compiles_and_names_only_templates_that_exist(name: str) -> None:
    made = environment()
    assert made.get_template(name).name == name
    source = made.loader.get_source(made, name)[0] if made.loader else ""
    named = {other for other in meta.find_referenced_templates(made.parse(source)) if other}
    assert named - set(NAMES) == set()
