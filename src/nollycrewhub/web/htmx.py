"""Whether htmx asks for a piece of a page."""

from typing import Any

from litestar import Request


def is_fragment(request: Request[Any, Any, Any]) -> bool:
    """True for htmx requests that are not a whole-page visit."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"
