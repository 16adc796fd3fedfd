"""What can go wrong in front of a person, as small classes with a status.

Problem
 ├─ BadRequest 400        ├─ Gone 410
 ├─ SignInNeeded 401      ├─ TooLarge 413
 ├─ Forbidden 403         ├─ Invalid 422
 ├─ NotFound 404          ├─ TooMany 429 (retry_after)
 └─ Conflict 409          └─ Unavailable 503 (retry_after)

A domain subclasses these with sentences of its own. They are rendered in one place: problem JSON
(RFC 9457) for the API, a friendly page for people.
"""

from typing import Any, ClassVar

import msgspec

from nollycrewhub.kit.told import as_json, told


class Problem(Exception):
    """A refusal with a status, a stable type and a sentence a person can act on."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"
    title: ClassVar[str] = told("Something went wrong on our side")

    def __init__(
        self,
        detail: str = "",
        *,
        field: str | None = None,
        headers: dict[str, str] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.field = field
        self.headers = dict(headers or {})
        self.extra = extra or {}


class BadRequest(Problem):
    """The request cannot be read."""

    status = 400
    type = "bad-request"
    title: ClassVar[str] = told("The request could not be read")


class SignInNeeded(Problem):
    """Nobody is signed in, and the thing asked for is somebody's."""

    status = 401
    type = "sign-in-needed"
    title: ClassVar[str] = told("Please sign in first")


class Forbidden(Problem):
    """Known, but not allowed."""

    status = 403
    type = "forbidden"
    title: ClassVar[str] = told("That is not allowed")


class NotFound(Problem):
    """Not there, or not yours: the answer is the same."""

    status = 404
    type = "not-found"
    title: ClassVar[str] = told("There is nothing here")


class MethodNotAllowed(Problem):
    """The path exists, the method does not."""

    status = 405
    type = "method-not-allowed"
    title: ClassVar[str] = told("That method is not offered here")


class Conflict(Problem):
    """The thing is in a state that does not allow this."""

    status = 409
    type = "conflict"
    title: ClassVar[str] = told("That cannot be done as things stand")


class Gone(Problem):
    """A link or code that was used up or ran out."""

    status = 410
    type = "gone"
    title: ClassVar[str] = told("That is no longer valid")


class TooLarge(Problem):
    """The body is past the limit, which the detail names."""

    status = 413
    type = "too-large"
    title: ClassVar[str] = told("That is too large")


class UnsupportedMedia(Problem):
    """The body is of a kind this route does not read."""

    status = 415
    type = "unsupported-media"
    title: ClassVar[str] = told("That kind of content is not read here")


class Invalid(Problem):
    """A field is wrong; `field` names it."""

    status = 422
    type = "invalid"
    title: ClassVar[str] = told("Something in the request needs correcting")


class TooMany(Problem):
    """Slow down; Retry-After says how long."""

    status = 429
    type = "too-many"
    title: ClassVar[str] = told("Too many tries")

    def __init__(self, detail: str = "", *, retry_after: int = 60) -> None:
        super().__init__(detail, headers={"retry-after": str(retry_after)})
        self.retry_after = retry_after


class Unavailable(Problem):
    """Full or cut off for a moment; Retry-After says how long."""

    status = 503
    type = "unavailable"
    title: ClassVar[str] = told("We are very busy just now")

    def __init__(self, detail: str = "", *, retry_after: int = 2) -> None:
        super().__init__(detail, headers={"retry-after": str(retry_after)})
        self.retry_after = retry_after


def kinds() -> list[type[Problem]]:
    """Every loaded kind that names a type of its own; those without one are told as what they descend from."""
    found, waiting = [], [Problem]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "type" in vars(kind):
            found.append(kind)
    return found


class ProblemDocument(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The body of an error answer, as RFC 9457 and our OpenAPI describe it."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
    request_id: str | None = None
    challenge: str | None = None


def document(problem: Problem, request_id: str | None = None) -> bytes:
    """The problem as application/problem+json bytes; the type is the page of ours that explains it."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.type}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.field is not None:
        body["field"] = problem.field
    if request_id is not None:
        body["request_id"] = request_id
    body.update(problem.extra)
    return as_json(body)
