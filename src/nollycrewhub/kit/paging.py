"""Cursors: the sort values of the last row, opaque to clients, checked when they come back."""

import base64
import binascii
from typing import Any

import msgspec

from nollycrewhub.kit.told import told

MOST = 100
LONGEST = 400


class BadCursor(ValueError):
    """A cursor that we did not make."""


def encode(*values: object) -> str:
    """The values as url-safe text without padding."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def decode(cursor: str, *types: Any) -> tuple[Any, ...]:
    """The values as the given types, or BadCursor."""
    if len(cursor) > LONGEST or not cursor.isascii():
        raise BadCursor(told("That page address is too long. Start again from the first page."))
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = msgspec.json.decode(raw, type=list[Any])
        if len(values) != len(types):
            raise BadCursor(told("That page address is not one of ours. Start again from the first page."))
        return tuple(msgspec.convert(value, type_) for value, type_ in zip(values, types, strict=True))
    except (binascii.Error, msgspec.DecodeError, msgspec.ValidationError, UnicodeError) as error:
        raise BadCursor(told("That page address is not one of ours. Start again from the first page.")) from error
