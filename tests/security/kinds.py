"""Values of another JSON type, for each place in a body that the OpenAPI document describes, however deep."""

import copy
from collections.abc import Iterator
from typing import Any

Step = str | int
TEXTS = {"uuid": "0198f2a0-0000-7000-8000-000000000000", "date": "2026-12-24", "date-time": "2026-12-24T09:00:00Z"}


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its reference followed."""
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    return found


def variants(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The kinds a field may be of."""
    return [part for key in ("oneOf", "anyOf") for part in schema.get(key, [])] or [schema]


def types_of(schema: dict[str, Any]) -> set[str]:
    """The JSON types a schema allows, all its variants together; text of a format is no free text."""
    return {f"{part.get('type')}{' ' if 'format' in part else ''}{part.get('format', '')}" for part in variants(schema)}


def sample(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A value that is right as far as its type goes."""
    part = resolved(document, next(part for part in variants(resolved(document, schema)) if part.get("type") != "null"))
    if "const" in part or "enum" in part:
        return part.get("const", part.get("enum", [None])[0])
    match part["type"]:
        case "object":
            return {name: sample(document, part["properties"][name]) for name in part.get("required", ())}
        case "array":
            return [sample(document, part["items"])]
        case "integer" | "number":
            return int(schema.get("minimum", 7))
        case "boolean":
            return True
    return TEXTS.get(part.get("format", ""), "a" * part.get("minLength", 1))


def mistaken(schema: dict[str, Any]) -> list[Any]:
    """What a lax reader would convert to this schema's type."""
    types = types_of(schema)
    found: list[Any] = []
    if types & {"integer", "number"}:
        found += [str(int(schema.get("minimum", 7))), True]
    if "boolean" in types:
        found += ["true", "false", 1, 0]
    if "null" in types and "string" not in types:
        found.append("null")
    return found


def places(
    document: dict[str, Any], schema: dict[str, Any], steps: tuple[Step, ...] = ()
) -> Iterator[tuple[tuple[Step, ...], dict[str, Any]]]:
    """Each place of a body with its schema."""
    whole = resolved(document, schema)
    for part in (resolved(document, part) for part in variants(whole)):
        for name, field in part.get("properties", {}).items():
            yield from places(document, field, (*steps, name))
        if "items" in part:
            yield from places(document, part["items"], (*steps, 0))
    if steps:
        yield steps, whole


def placed(document: dict[str, Any], schema: dict[str, Any], body: Any, steps: tuple[Step, ...], value: Any) -> Any:
    """A copy of a body with one value put somewhere; what is missing on the way there is made."""
    if not steps:
        return value
    whole = resolved(document, schema)
    part = resolved(document, next(part for part in variants(whole) if part.get("type") != "null"))
    found = copy.deepcopy(body) or sample(document, schema)
    step, rest = steps[0], steps[1:]
    inner = part["items"] if isinstance(step, int) else part["properties"][step]
    there = (found[step] if found else None) if isinstance(step, int) else found.get(step)
    new = placed(document, inner, there, rest, value)
    if isinstance(step, int):
        return [new]
    return {**found, step: new}


def named(steps: tuple[Step, ...]) -> str:
    """A place as a problem names it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def other_types(document: dict[str, Any], body: Any, schema: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Field, fault, body: each place of the schema with each value that only looks like its type."""
    return [
        (named(steps), f"{value!r} for {sorted(types_of(place))}", placed(document, schema, body, steps, value))
        for steps, place in places(document, schema)
        for value in mistaken(place)
    ]
