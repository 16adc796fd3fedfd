"""Every failure becomes one of two things here: problem JSON for programs, a friendly page for people."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote

from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from redis.exceptions import RedisError

from nollycrewhub.kit.told import told
from nollycrewhub.platform import errors, log
from nollycrewhub.platform.context import HINT_COOKIE, SCOPE_KEY, AnyRequest, RequestContext
from nollycrewhub.platform.db.failures import is_away, is_unreadable
from nollycrewhub.platform.wording import UNREADABLE, sentence_of

ErrorPage = Callable[[errors.Problem, str], bytes]
LOG = log.logger("errors")
BY_STATUS: dict[int, type[errors.Problem]] = {
    kind.status: kind
    for kind in (
        errors.BadRequest,
        errors.SignInNeeded,
        errors.Forbidden,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.Conflict,
        errors.TooLarge,
        errors.UnsupportedMedia,
        errors.Invalid,
    )
}
MSGSPEC = ("Expected ", "Invalid ", "Object ", "Missing required ", "Unsupported type")
NO_BODY = "Send a JSON body."
MOST_ID = 2**63 - 1
DEEP = "The JSON is nested too deeply."


class Renderer:
    """Litestar's exception handlers, with the page injected by whoever builds the app (platform knows no web)."""

    def __init__(self, page: ErrorPage | None) -> None:
        self.page = page

    def handlers(self) -> dict[Any, Any]:
        """What Litestar wants."""
        return {errors.Problem: self.problem, HTTPException: self.framework, Exception: self.unexpected}

    def problem(self, request: AnyRequest, error: errors.Problem) -> Response[bytes]:
        """Renders one of ours. Who comes with a session that is over has the hint taken away, and their phone lets go of their pages."""
        context = cast("RequestContext | None", request.scope.get(SCOPE_KEY))
        response = self._rendered(request, error, context)
        if type(error) is errors.SignInNeeded and context is not None and context.session_cookie in context.cookies and not context.bearer:
            is_secure = context.session_cookie.startswith("__Host-")
            response.set_cookie(key=HINT_COOKIE, value="", max_age=0, path="/", samesite="lax", secure=is_secure)
        return response

    def _rendered(self, request: AnyRequest, error: errors.Problem, context: RequestContext | None) -> Response[bytes]:
        request_id = context.request_id if context else ""
        headers = {**error.headers, "cache-control": "private, no-store"}
        if self.page is not None and self._wants_page(request):
            if isinstance(error, errors.SignInNeeded) and request.scope["method"] == "GET":
                return Response(b"", status_code=303, headers={**headers, "location": sign_in_path(request)})
            return Response(
                self.page(error, request_id),
                status_code=error.status,
                headers=headers,
                media_type="text/html",
            )
        return Response(
            errors.document(error, request_id),
            status_code=error.status,
            headers=headers,
            media_type="application/problem+json",
        )

    def _wants_page(self, request: AnyRequest) -> bool:
        if request.scope["path"].startswith(("/api/", "/schema", "/metrics")):
            return False
        return "text/html" in request.headers.get("accept", "") or request.headers.get("hx-request") == "true"

    def framework(self, request: AnyRequest, error: HTTPException) -> Response[bytes]:
        """Translates Litestar's own refusals, and names the field at fault."""
        kind = BY_STATUS.get(error.status_code)
        if isinstance(error, ValidationException):
            faults = error.extra if isinstance(error.extra, list) else []
            first = next((fault for fault in faults if isinstance(fault, dict)), {})
            return self.problem(request, invalid(str(first.get("message") or error.detail), key=str(first.get("key") or "")))
        if kind is None:
            if error.status_code >= HTTP_500_INTERNAL_SERVER_ERROR:
                return self.unexpected(request, error)
            kind = errors.BadRequest
        detail = {400: "The body could not be read as what its content type says."}.get(error.status_code, "")
        problem = kind(detail)
        problem.headers.update({k: v for k, v in (error.headers or {}).items() if k.lower() in ("allow",)})
        return self.problem(request, problem)

    def unexpected(self, request: AnyRequest, error: Exception) -> Response[bytes]:
        """A fault of ours: away servers become 503, anything else a logged 500 without detail."""
        context = cast("RequestContext | None", request.scope.get(SCOPE_KEY))
        request_id = context.request_id if context else ""
        if isinstance(error, RedisError) or is_away(error):
            LOG.warning("a server is away", request_id=request_id, error=type(error).__name__)
            return self.problem(request, errors.Unavailable(told("A part of the site is away for a moment. Please try again.")))
        if is_unreadable(error) and any(isinstance(value, int) and value > MOST_ID for value in request.path_params.values()):
            return self.problem(request, errors.NotFound())
        if is_unreadable(error):
            return self.problem(
                request, errors.Invalid(told("A value in the request is out of range, or holds characters that cannot be stored."))
            )
        if isinstance(error, RecursionError):
            return self.problem(request, errors.BadRequest(DEEP))
        if isinstance(error, UnicodeDecodeError):
            return self.problem(request, errors.BadRequest(told("The text is not UTF-8.")))
        LOG.error("unexpected", request_id=request_id, error=type(error).__name__, exc_info=error)
        return self.problem(request, errors.Problem(told("It is noted, with this request's number. Please try again.")))


def invalid(message: str, *, key: str) -> errors.Invalid:
    """The framework's complaint as a sentence, with the field at fault; what was sent is not repeated."""
    if message.strip("'") == "data":
        return errors.Invalid(NO_BODY)
    named, said = sentence_of(message)
    field = named[:80] or (key if key != "data" else "")
    if not message.startswith(MSGSPEC):
        said = message
    elif said == UNREADABLE and not field:
        said = NO_BODY
    return errors.Invalid(said, field=field or None)


def sign_in_path(request: AnyRequest) -> str:
    """Where to sign in, and come back from, for a page."""
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    if not path.startswith("/") or path.startswith("//"):
        return "/signin"
    return "/signin?next=" + quote(f"{path}?{query}" if query else path, safe="/")
