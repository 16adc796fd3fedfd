"""Reads a form into a struct, or tells per field, in plain words, what to mend; and shows what is stored so that it is read as the same."""

import re
from collections.abc import Collection
from typing import Any, Generic, TypeVar

import msgspec

from nollycrewhub.kit.text import has_control
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.errors import TooLarge
from nollycrewhub.platform.wording import EMPTY, sentence_of

T = TypeVar("T", bound=msgspec.Struct)
MOST_FIELDS = 400
# A sign that separates stands for itself after a backslash, so that what holds one survives the form.
SIGNS = re.compile(r"\\[\\|,]|.", re.DOTALL)


class Form(msgspec.Struct, Generic[T]):
    """What was typed (`raw`), the struct when all of it is right, else a sentence per field."""

    raw: dict[str, Any]
    value: T | None
    errors: dict[str, str]


async def read_form(request: AnyRequest, type_: type[T]) -> Form[T]:
    """The form as `type_`. Fields the struct does not know are ignored: browsers and extensions add some."""
    form = await request.form()
    if len(form) > MOST_FIELDS:
        raise TooLarge(told("A form has at most %(most)s fields here.", most=MOST_FIELDS))
    raw: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in msgspec.structs.fields(type_):
        given = [one_sign_a_line(str(value)) for value in form.getall(field.encode_name, [])]
        is_list = getattr(field.type, "__origin__", None) is list or field.type is list
        if is_list:
            raw[field.encode_name] = given
        elif given:
            raw[field.encode_name] = given[-1]
        if any(has_control(value, lines=True) for value in given):
            errors[field.encode_name] = told("This holds characters that cannot be used. Type it again.")
    if errors:
        return Form(raw, None, errors)
    filled = {name: value for name, value in raw.items() if value not in ("", [])}
    return convert(filled, raw, type_)


def convert(filled: dict[str, Any], raw: dict[str, Any], type_: type[T]) -> Form[T]:
    """Each field by itself first, so that all faults are told at once and each beside its field."""
    errors: dict[str, str] = {}
    for field in msgspec.structs.fields(type_):
        name = field.encode_name
        if name not in filled:
            if field.required:
                errors[name] = EMPTY
            continue
        try:
            msgspec.convert(filled[name], field.type, strict=False)
        except msgspec.ValidationError as error:
            errors[name] = sentence_of(str(error))[1]
    if errors:
        return Form(raw, None, errors)
    try:
        return Form(raw, msgspec.convert(filled, type_, strict=False), {})
    except msgspec.ValidationError as error:
        name, sentence = sentence_of(str(error))
        return Form(raw, None, {name: sentence})


def one_sign_a_line(text: str) -> str:
    """Browsers send two signs for each end of a line; what is stored has one, and the limits count one."""
    return text.replace("\r\n", "\n")


def joined(parts: list[str], separator: str, between: str) -> str:
    """Texts in one line, so that `split_by` finds the same ones."""
    return between.join(part.replace("\\", "\\\\").replace(separator, f"\\{separator}") for part in parts)


def split_by(separator: str, text: str) -> list[str]:
    """The parts of a line, trimmed."""
    parts = [""]
    for sign in SIGNS.findall(text):
        if sign == separator:
            parts.append("")
        else:
            parts[-1] += sign[-1]
    return [part.strip() for part in parts]


def chosen_first(options: list[tuple[str, str]], chosen: Collection[str]) -> list[tuple[str, str]]:
    """What is ticked first, in its own order: a browser sends ticks in the order of the page."""
    place = {key: at for at, key in enumerate(chosen)}
    return sorted(options, key=lambda option: place.get(option[0], len(place)))
