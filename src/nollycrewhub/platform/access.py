"""The one guard in front of every route: declared access, origin, and the limits of strangers' writes."""

import time
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from nollycrewhub.kit.told import told
from nollycrewhub.platform import errors
from nollycrewhub.platform.context import SCOPE_KEY, RequestContext
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.security import is_own_origin

ACCESS = frozenset({"public", "member", "operator", "metrics"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"", "same-origin", "none"})
STRANGER_WRITES = 600
STRANGER_WINDOW = 60


class ConfirmationNeeded(errors.Forbidden):
    """An operator must type the password again before this."""

    type = "confirmation-needed"
    title = told("Please type your password again")


class Guard:
    """Knows the process's own addresses and limits; Litestar calls it before each handler."""

    def __init__(self, *, own_origins: frozenset[str], limiter: Limiter) -> None:
        self.own_origins = own_origins
        self.limiter = limiter

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Lets the request through, or raises the refusal. OPTIONS is a list of methods and no more."""
        scope: Any = connection.scope
        context: RequestContext = scope[SCOPE_KEY]
        context.route = scope.get("path_template") or "unmatched"
        context.etag = bool(handler.opt.get("tagged")) and context.filling is None  # a copy has a tag of its own
        if scope["method"] == "OPTIONS":
            return
        access = handler.opt.get("access")
        if access not in ACCESS:
            raise RuntimeError(f"{context.route} declares no access")
        if scope["method"] not in SAFE:
            self._check_origin(context)
        if access in ("member", "operator"):
            await self._enter(context, access, fresh=bool(handler.opt.get("confirmed")))
        elif scope["method"] not in SAFE:
            purse = handler.opt.get("purse")  # what machines say by themselves takes nothing from what people at that address do
            if purse or await context.viewer() is None:
                await self.limiter.check(
                    f"{purse or 'stranger'}:{context.address}", limit=STRANGER_WRITES, per=STRANGER_WINDOW, needed=False
                )  # fmt: skip

    async def _enter(self, context: RequestContext, access: str, *, fresh: bool) -> None:
        viewer = await context.viewer()
        if viewer is None:
            raise errors.SignInNeeded
        if access == "operator":
            if not viewer.operator:
                raise errors.NotFound
            if fresh and not viewer.has_confirmed(time.time()):
                raise ConfirmationNeeded

    def _check_origin(self, context: RequestContext) -> None:
        if context.bearer:
            return
        site = context.headers.get(b"sec-fetch-site", b"").decode("latin-1")
        if site not in OWN_SITES:
            raise errors.Forbidden(told("This came from another site, so it was not done. Open the page here and try again."))
        origin = context.headers.get(b"origin", b"").decode("latin-1")
        if origin and not is_own_origin(origin, self.own_origins):
            raise errors.Forbidden(told("This came from another site, so it was not done. Open the page here and try again."))
        if not origin and not site and context.session_cookie in context.cookies:
            raise errors.Forbidden(told("Your browser did not say where this came from, so it was not done."))
