"""JSON that others made."""

from typing import TypeVar

import msgspec

T = TypeVar("T")


def read_json(raw: bytes, type_: type[T]) -> T:
    """The value; msgspec.DecodeError for whatever it is not, also for brackets that are nested too deep to be read."""
    try:
        return msgspec.json.decode(raw, type=type_)
    except RecursionError as error:
        raise msgspec.DecodeError("nested too deep") from error
