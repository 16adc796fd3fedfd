"""Files of `deploy/` as texts and as what they say. A key that stands twice is refused; YAML keeps the last one and says nothing."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from deploying.facts import TOP

Texts = Mapping[str, str]  # by the path from the top of the tree
SCHEMAS = Path(__file__).parent / "schemas"
LONGEST = 160


class Unreadable(Exception):
    """A file that is no YAML, or says a key twice; the message is the fault."""


class Strict(yaml.CSafeLoader):  # type: ignore[misc]
    """YAML without surprises."""


def mapping(loader: Strict, node: yaml.MappingNode) -> dict[Any, Any]:
    """A mapping whose keys stand once; what `<<` brings may be said anew."""
    own = [loader.construct_object(key, deep=True) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    twice = {key for key in own if own.count(key) > 1}
    if twice:
        raise Unreadable(f"line {node.start_mark.line + 1} says {', '.join(sorted(map(str, twice)))} twice")
    loader.flatten_mapping(node)
    return {loader.construct_object(key, deep=True): loader.construct_object(value, deep=True) for key, value in node.value}


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)


def texts_under(*places: Path) -> dict[str, str]:
    """The files of some folders that are read as text."""
    files = (path for place in places for path in sorted(place.rglob("*")) if path.is_file())
    return {path.relative_to(TOP).as_posix(): path.read_text() for path in files}


@lru_cache(256)
def parsed(text: str) -> tuple[Any, ...]:
    """The documents of a YAML or JSON text; Unreadable says why not. They are shared: whoever changes one copies it first."""
    try:
        return tuple(yaml.load_all(text, Loader=Strict))  # noqa: S506 - a safe loader of our own
    except yaml.YAMLError as error:
        raise Unreadable(str(error).replace("\n", " ")) from error


@lru_cache(16)
def validator(name: str) -> Any:
    """The validator of one of our schemas."""
    return jsonschema_rs.validator_for(parsed((SCHEMAS / name).read_text())[0])


def against(name: str, document: object, where: str) -> list[str]:
    """A sentence for each place of a document that its schema does not allow."""
    return list(sentences(validator(name).iter_errors(document), where))


def nearness(form: list[Any]) -> tuple[int, int]:
    """How little keeps something from a form: few errors, and those deep inside."""
    return len(form), -max(len(one.instance_path) for one in form)


def sentences(errors: Iterable[Any], where: str) -> Iterable[str]:
    """Errors as sentences: where, and what is wrong; of several forms that something may have, what keeps it from the likeliest."""
    for error in errors:
        forms: list[list[Any]] | None = getattr(error.kind, "context", None)
        if forms:
            likeliest = min(forms, key=nearness)
            yield from sentences(likeliest, where)
        else:
            place = "/".join(str(step) for step in error.instance_path)
            yield f"{where}{' at ' + place if place else ''}: {str(error.message)[-LONGEST:]}"


def only(texts: Texts, path: str) -> Any:
    """The one document of a file; Unreadable when there are none or several."""
    found = parsed(texts[path])
    if len(found) != 1:
        raise Unreadable(f"{path} holds {len(found)} documents")
    return found[0]
