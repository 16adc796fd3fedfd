"""Which form of an answer to give: full or compact, and what the shared caches must know about the choice."""

from dataclasses import dataclass
from typing import Any

from nollycrewhub.platform.context import RequestContext
from nollycrewhub.platform.errors import Invalid

VARY = "User-Agent, Sec-CH-UA-Mobile"


@dataclass(frozen=True)
class Shape:
    """`compact` when the URL asks for it, or when it says nothing and the device is a phone (the plan's rule).

    An answer that the device decided must not be shared by an edge that does not know the device.
    """

    compact: bool
    by_device: bool

    @property
    def headers(self) -> dict[str, str]:
        """The cache headers that go with this choice."""
        if self.by_device:
            return {"cache-control": "public, no-cache", "vary": VARY, "cdn-cache-control": "no-store"}
        return {"cache-control": "public, no-cache", "cdn-cache-control": "max-age=900"}


def shape_of(context: RequestContext, view: Any) -> Shape:
    """Reads `?view=`; Invalid when it is neither full nor compact."""
    if view in (None, ""):
        return Shape(context.device == "phone", by_device=True)
    if view not in ("compact", "full"):
        raise Invalid("view is either compact or full.", field="view")
    return Shape(view == "compact", by_device=False)
