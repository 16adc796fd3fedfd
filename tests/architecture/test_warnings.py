"""A warning is an error; what is not is a list in pyproject.toml that names each one by its words and where it comes from, with a reason."""

import re
import tomllib

import pytest

from tests.measuring import TOP

LINE = re.compile(r'^    (["\'])(?P<rule>.*)\1,(?:  # (?P<reason>.+))?$')
LEAST = 12  # letters of a message; a shorter one would hold for others too
WHOLE = ("ignore::ResourceWarning",)  # told by the garbage collector, in whatever module it happens to run


def exceptions_of(text: str) -> dict[str, str]:
    """The rules of `filterwarnings` and their reasons, as they are written."""
    block = text.partition("\nfilterwarnings = [\n")[2].partition("\n]")[0]
    found = [LINE.match(line) for line in block.splitlines()]
    assert all(found), "one rule a line, with its reason behind it"
    return {one["rule"]: one["reason"] or "" for one in found if one}


def faults(rules: dict[str, str]) -> list[str]:
    """What is wrong with the list, in sentences."""
    first, *others = rules
    found = [] if first == "error" else ["The first rule is not `error`."]
    for rule in others:
        if not rules[rule]:
            found.append(f"{rule} has no reason.")
        if rule in WHOLE:
            continue
        action, message, category, module = [*rule.split(":"), "", "", "", ""][:4]
        if action != "ignore":
            found.append(f"{rule} does not ignore.")
        if len(re.sub(r"[^\w ]", "", message)) < LEAST:
            found.append(f"{rule} does not name the warning by its words.")
        if not category:
            found.append(f"{rule} names no class.")
        if not module:
            found.append(f"{rule} does not say where it comes from.")
    return found


def test_every_exception_names_one_warning() -> None:
    text = (TOP / "pyproject.toml").read_text()
    rules = exceptions_of(text)
    assert list(rules) == tomllib.loads(text)["tool"]["pytest"]["ini_options"]["filterwarnings"]
    assert faults(rules) == []


@pytest.mark.parametrize(
    ("rule", "reason", "fault"),
    [
        ("ignore::DeprecationWarning", "old", "does not name the warning by its words"),
        ("ignore:.*:DeprecationWarning:litestar", "old", "does not name the warning by its words"),
        ("ignore::litestar.exceptions.LitestarDeprecationWarning:litestar.app", "old", "does not name the warning by its words"),
        ("ignore:get_jwt_config is deprecated:DeprecationWarning", "old", "does not say where it comes from"),
        ("ignore:get_jwt_config is deprecated::authlib.oidc", "old", "names no class"),
        ("ignore:get_jwt_config is deprecated:DeprecationWarning:authlib.oidc", "", "has no reason"),
        ("default:get_jwt_config is deprecated:DeprecationWarning:authlib.oidc", "old", "does not ignore"),
    ],
)
def test_an_exception_for_a_whole_class_is_found(rule: str, reason: str, fault: str) -> None:
    assert [one for one in faults({"error": "", rule: reason}) if fault in one]
    assert faults({rule: reason, "error": ""})[0] == "The first rule is not `error`."
