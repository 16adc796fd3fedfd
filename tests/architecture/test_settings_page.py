"""docs/SETTINGS.md describes each setting once, with its variable and its default, and nothing that is not one."""

import re
from pathlib import Path

import msgspec

from nollycrewhub.platform.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "SETTINGS.md").read_text()
ROW = re.compile(r"^\| `([a-z_]+)` \| `([A-Z_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
ROWS = {name: (variable, default, words) for name, variable, default, words in ROW.findall(PAGE)}
FIELDS = {field.name: field for field in msgspec.structs.fields(Settings)}
NAMED_OTHERWISE = {"shape": "NOLLYCREWHUB_SHAPE"}
MADE_AT_START = frozenset({"instance_id"})


def test_every_setting_has_one_row_and_no_row_is_stale() -> None:
    assert [name for name, *_ in ROW.findall(PAGE)] == list(FIELDS)


def test_rows_say_the_variable_and_something_of_it() -> None:
    for name, (variable, _, words) in ROWS.items():
        assert variable == NAMED_OTHERWISE.get(name, name.upper())
        assert len(words) > 15, name


def test_rows_say_the_true_default() -> None:
    for name, (_, said, _) in ROWS.items():
        default = FIELDS[name].default
        if isinstance(default, (str, int, float)) and default != "" and name not in MADE_AT_START:
            assert said == f"`{str(default).lower() if isinstance(default, bool) else default}`", name
        else:
            assert not said.startswith("`"), name
