"""Whether htmx asks for a piece of a page."""

from nollycrewhub.platform.context import AnyRequest


def is_fragment(request: AnyRequest) -> bool:
    """True for htmx requests that are not a whole-page visit."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"
