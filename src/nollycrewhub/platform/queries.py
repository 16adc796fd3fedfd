"""The names that an API route's query takes; any other is refused, as an unknown field of a body is. Pages ignore them."""

from litestar import Litestar
from litestar.routes import HTTPRoute

from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.errors import Invalid

NAMES = "query_names"
SHOWN = 40


def note_names(litestar: Litestar) -> None:
    """Writes beside each API handler what its own signature and its dependencies' take."""
    for route in litestar.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/"):
            for handler, model in route.route_handler_map.values():
                handler.opt[NAMES] = frozenset(one.field_alias for one in model.expected_query_params)


def check_names(request: AnyRequest) -> None:
    """Invalid with the first name that the route does not take."""
    if not request.scope["query_string"]:
        return
    known = request.route_handler.opt.get(NAMES)
    if known is None:
        return
    for name in request.query_params:
        if name not in known:
            raise Invalid(f"The query takes no {name[:SHOWN] or 'nameless value'} here.", field=name[:SHOWN] or None)
