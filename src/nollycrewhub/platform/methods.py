"""What OPTIONS answers: every method of a path. The framework's own list leaves out those whose handlers are registered apart."""

from litestar import Litestar, Response
from litestar.routes import HTTPRoute

from nollycrewhub.platform.context import AnyRequest

ALLOW = "allow"


def note_methods(litestar: Litestar) -> None:
    """Writes the path's methods beside its handler for OPTIONS; the gate adds HEAD wherever there is GET."""
    for route in litestar.routes:
        if isinstance(route, HTTPRoute):
            handler, _ = route.route_handler_map["OPTIONS"]
            handler.opt[ALLOW] = ", ".join(sorted(route.route_handler_map))


def options(request: AnyRequest) -> Response[bytes]:
    """The answer to OPTIONS."""
    return Response(b"", status_code=204, headers={"allow": request.route_handler.opt[ALLOW]})
