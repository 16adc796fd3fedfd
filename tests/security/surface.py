"""What the running application answers to: every method and path, from the router and nothing else."""

from litestar.handlers import HTTPRouteHandler

from nollycrewhub.platform.app import Process


def handlers(process: Process) -> list[tuple[str, str, HTTPRouteHandler]]:
    """Method, path with its typed parameters, handler. OPTIONS is a list of methods and holds no data."""
    return [
        (method, route.path, handler)
        for route in process.litestar.routes
        for handler in getattr(route, "route_handlers", [])
        for method in sorted(handler.http_methods)
        if method != "OPTIONS"
    ]


def operations(process: Process) -> set[tuple[str, str]]:
    """Method and path of each."""
    return {(method, path) for method, path, _ in handlers(process)}


def unsafe(process: Process) -> list[tuple[str, str]]:
    """Those that may change something."""
    return sorted((method, path) for method, path in operations(process) if method != "GET")
