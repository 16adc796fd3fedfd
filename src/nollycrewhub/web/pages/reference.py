"""`/docs`: the API as a person reads it, made from the OpenAPI document this process serves; no script, no other site."""

from functools import lru_cache
from typing import Any

import msgspec
from litestar import Litestar, Response, get

from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.errors import NotFound
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.page import page

VERBS = ("get", "post", "put", "patch", "delete")
JSON_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}
FORMATS = {"date": "date", "date-time": "moment (RFC 3339)", "uuid": "UUID", "binary": "file", "uri": "address"}
BOUNDS = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minItems", "at least {} entries"),
    ("maxItems", "at most {} entries"),
)
NAMES = {
    "auth": "Coming in", "profile": "One's own profile", "users": "People", "jobs": "Jobs and applications",
    "notifications": "Notices", "health": "Health",
}  # fmt: skip


class Row(msgspec.Struct, frozen=True):
    """One parameter or field: its name, where it stands, its type in words, whether it must be given, its bounds."""

    name: str
    place: str
    type: str
    required: bool
    note: str


class Answer(msgspec.Struct, frozen=True):
    """One status with what comes with it."""

    status: str
    type: str
    shape: str
    rows: list[Row]


class Operation(msgspec.Struct, frozen=True):
    """One verb on one path."""

    verb: str
    path: str
    summary: str
    description: str
    anchor: str
    parameters: list[Row]
    body: str
    body_shape: str
    answers: list[Answer]


class Shape(msgspec.Struct, frozen=True):
    """One named object."""

    name: str
    rows: list[Row]


class Reference(msgspec.Struct):
    """Props of a section: its operations and every object they name."""

    slug: str
    title: str
    operations: list[Operation]
    shapes: list[Shape]


class Overview(msgspec.Struct):
    """Props of the first page."""

    sections: list[tuple[str, str, int]]
    version: str
    address: str


def name_of(reference: str) -> str:
    """`#/components/schemas/Pay` as `Pay`."""
    return reference.rsplit("/", 1)[-1]


def spoken_type(schema: dict[str, Any]) -> str:
    """A schema as a short phrase: `list of Pay`, `text or null`, `one of casting, crew`."""
    if "$ref" in schema:
        return name_of(schema["$ref"])
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return f"always {schema['const']}"
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(spoken_type(part) for part in schema[key]))
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        return " or ".join(spoken_type({**schema, "type": one}) for one in kind)
    if kind == "array":
        return f"list of {spoken_type(schema.get('items', {}))}"
    if kind == "string" and schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    return JSON_TYPES.get(kind, str(kind))


def note_of(schema: dict[str, Any]) -> str:
    """Bounds and the value that stands when nothing is given."""
    parts = [
        phrase.format(f"{schema[key]:g}" if isinstance(schema[key], float) else schema[key]) for key, phrase in BOUNDS if key in schema
    ]
    if schema.get("default") not in (None, "", [], {}):
        parts.append(f"{schema['default']} when left out")
    return ", ".join(parts)


def placed(parameter: dict[str, Any]) -> str:
    """A parameter's bounds; one that is a header says so."""
    bounds = note_of(parameter.get("schema", {}))
    return ", ".join(filter(None, ("a header" if parameter["in"] == "header" else "", bounds)))


def rows_of(schema: dict[str, Any]) -> list[Row]:
    """An object's fields."""
    needed = set(schema.get("required", ()))
    return [Row(name, "", spoken_type(one), name in needed, note_of(one)) for name, one in schema.get("properties", {}).items()]


def content_of(holder: dict[str, Any]) -> dict[str, Any]:
    """The schema of a body or an answer, whatever its media type."""
    return next((media.get("schema", {}) for media in holder.get("content", {}).values()), {})


def referred(schema: Any) -> set[str]:
    """Every named object inside a schema."""
    if isinstance(schema, dict):
        own = {name_of(schema["$ref"])} if "$ref" in schema else set()
        return own.union(*(referred(value) for value in schema.values()))
    if isinstance(schema, list):
        return set().union(*(referred(value) for value in schema))
    return set()


def operation_of(verb: str, path: str, found: dict[str, Any]) -> Operation:
    """One operation of the document."""
    parameters = [
        Row(one["name"], one["in"], spoken_type(one.get("schema", {})), one.get("required", False), placed(one))
        for one in found.get("parameters", [])
    ]
    body = content_of(found.get("requestBody", {}))
    answers = []
    for status, holder in sorted(found.get("responses", {}).items()):
        schema = content_of(holder)
        shape = name_of(schema["$ref"]) if "$ref" in schema else ""
        is_success = status.startswith("2")
        answers.append(Answer(status, spoken_type(schema) if schema else "nothing", shape, rows_of(schema) if is_success else []))
    return Operation(
        verb.upper(), path, found.get("summary", ""), found.get("description", ""), f"{verb}-{path.strip('/')}".replace("/", "-").replace("{", "").replace("}", ""),
        parameters, spoken_type(body) if body else "", name_of(body["$ref"]) if "$ref" in body else "", answers,
    )  # fmt: skip


def slug_of(path: str) -> str:
    """Which section a path belongs to: the word after /api/, or health."""
    parts = path.strip("/").split("/")
    return parts[1] if parts[0] == "api" and len(parts) > 1 else "health"


def sections_of(document: dict[str, Any]) -> dict[str, Reference]:
    """The whole document by section, in its own order."""
    shapes = document.get("components", {}).get("schemas", {})
    found: dict[str, Reference] = {}
    named: dict[str, set[str]] = {}
    for path, item in document["paths"].items():
        slug = slug_of(path)
        section = found.setdefault(slug, Reference(slug, NAMES.get(slug, slug.capitalize()), [], []))
        for verb in VERBS:
            if verb in item:
                section.operations.append(operation_of(verb, path, item[verb]))
                named.setdefault(slug, set()).update(referred(item[verb]))
    for slug, section in found.items():
        waiting, done = named.get(slug, set()), set[str]()
        while waiting:
            name = waiting.pop()
            done.add(name)
            waiting |= referred(shapes.get(name, {})) - done
        section.shapes = [Shape(name, rows_of(shapes[name])) for name in sorted(done) if name in shapes]
    return found


@lru_cache(maxsize=2)
def sections(app: Litestar) -> dict[str, Reference]:
    """The sections of this process's own document, worked out once."""
    return sections_of(app.openapi_schema.to_schema())


@get("/docs", access="public", tagged=True, include_in_schema=False)
async def overview(request: AnyRequest, settings: Settings) -> Response[bytes]:
    """How to talk to the API, and its sections."""
    found = [(one.slug, one.title, len(one.operations)) for one in sections(request.app).values()]
    props = Overview(found, request.app.openapi_schema.info.version, settings.public_url)
    return page(
        "pages/docs.html", props, title="For developers", public=True, canonical=f"{settings.public_url}/docs",
        description="The NollyCrewHub API: what it takes, what it answers, and how it says no.",
    )  # fmt: skip


@get("/docs/{slug:str}", access="public", tagged=True, include_in_schema=False)
async def section(slug: str, request: AnyRequest, settings: Settings) -> Response[bytes]:
    """One section's operations and objects."""
    found = sections(request.app).get(slug)
    if found is None:
        raise NotFound
    return page(
        "pages/docs_section.html", found, title=f"{found.title}: the API", public=True, canonical=f"{settings.public_url}/docs/{slug}",
        description=f"Operations and objects of the {found.title} section of the NollyCrewHub API.",
    )  # fmt: skip


PAGES = (overview, section)
