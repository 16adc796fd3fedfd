"""Reads a form into a struct, or tells per field, in plain words, what to mend."""

from typing import Any, Generic, TypeVar

import msgspec
from litestar import Request

from nollycrewhub.kit.text import has_control
from nollycrewhub.platform.errors import TooLarge
from nollycrewhub.platform.wording import sentence_of

T = TypeVar("T", bound=msgspec.Struct)
MOST_FIELDS = 400


class Form(msgspec.Struct, Generic[T]):
    """What was typed (`raw`), the struct when all of it is right, else a sentence per field."""

    raw: dict[str, Any]
    value: T | None
    errors: dict[str, str]


async def read_form(request: Request[Any, Any, Any], type_: type[T]) -> Form[T]:
    """The form as `type_`. Fields the struct does not know are ignored: browsers and extensions add some."""
    form = await request.form()
    if len(form) > MOST_FIELDS:
        raise TooLarge(f"A form has at most {MOST_FIELDS} fields here.")
    raw: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in msgspec.structs.fields(type_):
        given = [str(value) for value in form.getall(field.encode_name, [])]
        is_list = getattr(field.type, "__origin__", None) is list or field.type is list
        if is_list:
            raw[field.encode_name] = given
        elif given:
            raw[field.encode_name] = given[-1]
        if any(has_control(value, lines=True) for value in given):
            errors[field.encode_name] = "This holds characters that cannot be used. Type it again."
    if errors:
        return Form(raw, None, errors)
    filled = {name: value for name, value in raw.items() if value not in ("", [])}
    return convert(filled, raw, type_)


def convert(filled: dict[str, Any], raw: dict[str, Any], type_: type[T]) -> Form[T]:
    """Converts field by field until no fault is left to name, so that all faults are told at once."""
    errors: dict[str, str] = {}
    left = dict(filled)
    for _ in range(len(msgspec.structs.fields(type_)) + 1):
        try:
            value = msgspec.convert(left, type_, strict=False)
        except msgspec.ValidationError as error:
            name, sentence = sentence_of(str(error))
            if not name or name in errors:
                return Form(raw, None, {**errors, name: sentence})
            errors[name] = sentence
            left.pop(name, None)
            if any(field.required and field.encode_name == name for field in msgspec.structs.fields(type_)):
                return Form(raw, None, {**errors, **missing(left, type_, errors)})
            continue
        return Form(raw, None if errors else value, errors)
    return Form(raw, None, errors)


def missing(left: dict[str, Any], type_: type[msgspec.Struct], known: dict[str, str]) -> dict[str, str]:
    """A sentence for every other required field that was left empty."""
    return {
        field.encode_name: "Please fill this in."
        for field in msgspec.structs.fields(type_)
        if field.required and field.encode_name not in left and field.encode_name not in known
    }
