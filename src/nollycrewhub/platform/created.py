"""201: what is new, and where it is. The OpenAPI document says of every 201 that it has a Location."""

from typing import TypeVar

from litestar import Response
from litestar.datastructures import ResponseHeader

T = TypeVar("T")
LOCATION = ResponseHeader(name="Location", documentation_only=True, required=True, description="The address of what is new.")


def created(content: T, location: str) -> Response[T]:
    """The answer that holds what was made, with its address."""
    return Response(content, status_code=201, headers={"location": location})
