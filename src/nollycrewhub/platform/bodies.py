"""Reads a JSON body as what its route declares, and takes no kind of value for another.

The framework would: it makes a number of "3" and false of "false", because it reads a body as it reads a query.
"""

import math
import re
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import SerializationException, ValidationException

PLACE = re.compile(r" - at `\$\.?(.*)`$")


def number(text: str) -> int | float:
    """A number with a point or an exponent: JSON knows one kind of number, so 2.0 is the integer 2."""
    value = float(text)
    if math.isinf(value):
        raise msgspec.DecodeError("Number out of range")
    return int(value) if value.is_integer() else value


JSON: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=number)


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON is read once, here."""

    async def json(self) -> Any:
        """The body as the struct its handler asks for; a 400 for what is no JSON, a 422 for what is another kind of value."""
        try:
            plain = JSON.decode(await self.body())
        except msgspec.DecodeError as error:
            raise SerializationException(str(error)) from error
        wanted = self.route_handler.parsed_fn_signature.parameters["data"].annotation
        try:
            return msgspec.convert(plain, wanted, strict=True, str_keys=True)
        except msgspec.ValidationError as error:
            text = str(error)
            place = PLACE.search(text)
            fault = {"message": text.split(" - ", maxsplit=1)[0], "key": place.group(1) if place else "data"}
            raise ValidationException(extra=[fault]) from error
