"""Makes the OpenAPI document tell the truth: every refusal a route can answer with, how one signs in, no unnamed field."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Components,
    OpenAPI,
    OpenAPIHeader,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Schema,
    SecurityScheme,
)

from nollycrewhub.platform import errors
from nollycrewhub.platform.created import LOCATION
from nollycrewhub.platform.idempotency import KEY, LONGEST_KEY

PROBLEM = "application/problem+json"
KINDS: tuple[type[errors.Problem], ...] = (
    errors.BadRequest, errors.SignInNeeded, errors.Forbidden, errors.NotFound, errors.Conflict, errors.Gone, errors.TooLarge,
    errors.UnsupportedMedia, errors.Invalid, errors.TooMany, errors.Unavailable,
)  # fmt: skip
TITLES = {kind.status: kind.title for kind in KINDS}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CREATED = 201
NEW_WORD = "A word of your own for this request, new for each. "
STORED = (
    "A repeat with the same key and body changes nothing and gets the stored answer; the same key with another body is refused with 422."
)
NOT_STORED = (
    "No answer is stored here, as it holds a token: a repeat with the same key and body is worked out anew, and given the same "
    "token as long as that is in use; with another body the same key is simply another request."
)


def key(told: str) -> Parameter:
    """The Idempotency-Key, and what a repeat of it does."""
    form = Schema(type=OpenAPIType.STRING, min_length=1, max_length=LONGEST_KEY, pattern=KEY)
    return Parameter("Idempotency-Key", "header", form, description=NEW_WORD + told)


@dataclass
class Repeatable(Operation):
    """An operation that takes an Idempotency-Key."""

    told: ClassVar[str] = STORED

    def __post_init__(self) -> None:
        """Adds the header to what the handler itself takes."""
        self.parameters = [*(self.parameters or []), key(self.told)]


@dataclass
class WorkedOutAnew(Repeatable):
    """An operation whose answer holds a secret, so that none is stored."""

    told: ClassVar[str] = NOT_STORED


def schemes(cookie: str) -> Components:
    """The two carriers of a session."""
    return Components(
        security_schemes={
            "bearer": SecurityScheme(type="http", scheme="bearer", description="The token of POST /api/auth/login."),
            "cookie": SecurityScheme(type="apiKey", name=cookie, security_scheme_in="cookie", description="What the pages use."),
        }
    )


def refusals(handler: HTTPRouteHandler, path: str) -> set[int]:
    """The statuses a route can refuse with; `problems` of a route names those that only its service knows."""
    found: set[int] = {400, 422, 503, *handler.opt.get("problems", ())}
    access = handler.opt.get("access")
    if access in ("member", "operator"):
        found.add(401)
    if "{" in path or access == "operator":
        found.add(404)
    if not handler.http_methods <= SAFE:
        found |= {403, 409}
        if access == "public":
            found.add(429)
        if "data" in handler.parsed_fn_signature.parameters or "body_limit" in handler.opt:
            found |= {413, 415}
    return found


def declare(handlers: Iterable[Any]) -> None:
    """Adds the refusals, the way to sign in, the Idempotency-Key and a 201's Location to every API route; telling it twice changes nothing."""
    for handler in handlers:
        if not isinstance(handler, HTTPRouteHandler) or not all(path.startswith("/api/") for path in handler.paths):
            continue
        known = dict(handler.responses or {})
        for path in handler.paths:
            for status in refusals(handler, path) - set(known):
                known[status] = ResponseSpec(
                    errors.ProblemDocument, generate_examples=False, description=TITLES[status], media_type=PROBLEM
                )
        handler.responses = known
        if handler.status_code == CREATED:
            handler.response_headers = [LOCATION]
        if not handler.http_methods <= SAFE:
            usual = WorkedOutAnew if handler.opt.get("secret") else Repeatable
            handler.operation_class = handler.operation_class if issubclass(handler.operation_class, Repeatable) else usual
        if handler.opt.get("access") in ("member", "operator"):
            handler.security = [{"bearer": []}, {"cookie": []}]


class Truthful(OpenAPIConfig):
    """Makes a document that is closed when it is first written out; starting a process need not wait for it."""

    def to_openapi_schema(self) -> OpenAPI:
        """The document to be filled with the routes."""
        found = super().to_openapi_schema()
        return Document(**{field.name: getattr(found, field.name) for field in fields(found)})


class Document(OpenAPI):
    """The document as it is served."""

    def to_schema(self) -> dict[str, Any]:
        """As JSON-able values."""
        close(self)
        return super().to_schema()


def close(document: OpenAPI) -> None:
    """Objects with named fields hold no others: our structs refuse them, and our answers have none.

    Where an answer has two forms, an empty list is right in both, so it is any of them rather than one.
    """
    for schema in (document.components.schemas or {}).values():
        if schema.properties and schema.additional_properties is None:
            schema.additional_properties = False
    for item in (document.paths or {}).values():
        for operation in filter(None, (item.get, item.post, item.put, item.patch, item.delete)):
            for answer in (operation.responses or {}).values():
                if isinstance(answer, OpenAPIResponse):
                    loosen(answer)


def loosen(answer: OpenAPIResponse) -> None:
    """One of two forms becomes any of them, and a header without a type is text."""
    for header in (answer.headers or {}).values():
        if isinstance(header, OpenAPIHeader) and header.schema is None:
            header.schema = Schema(type=OpenAPIType.STRING)
    for media in (answer.content or {}).values():
        if isinstance(media.schema, Schema) and media.schema.one_of:
            media.schema.any_of, media.schema.one_of = media.schema.one_of, None


def read_here(handler: HTTPRouteHandler) -> str | None:
    """The content type a route reads, or None when it reads no body."""
    field = handler.parsed_fn_signature.parameters.get("data")
    if field is None:
        return None
    given = getattr(field.kwarg_definition, "media_type", None)
    return str(given.value) if isinstance(given, RequestEncodingType) else "application/json"


def check_media(handler: HTTPRouteHandler, content_type: str) -> None:
    """UnsupportedMedia, with the type that is read here, for a body of another; a body that names none is tried as JSON."""
    wanted = read_here(handler)
    given = content_type.partition(";")[0].strip().lower()
    if wanted is not None and given and given != wanted:
        raise errors.UnsupportedMedia(f"Send {wanted}.")
