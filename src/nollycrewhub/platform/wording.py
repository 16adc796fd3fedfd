"""What msgspec says of a wrong value, as a plain sentence that tells what to give instead."""

import re

from nollycrewhub.kit.told import counted, told

LENGTH = re.compile(r"length (>=|<=) (\d+)")
RANGE = re.compile(r"(>=|<=|>|<) (-?[\d.]+)")
ABSENT = re.compile(r"Object missing required field `([^`]+)`")
# The framework's own sentence ends with the whole address, and so with whatever secrets were written into it.
LEFT_OUT = re.compile(r"Missing required \w+ parameter '([\w-]+)' for path")
UNKNOWN = re.compile(r"Object contains unknown field `([^`]+)`")
WANTED = re.compile(r"Expected `([^`]+)`")
KINDS = {
    "str": told("Write text."), "bool": told("Give true or false."), "array": told("Give a list."), "object": told("Give an object."),
    "int": told("Write a number."), "float": told("Write a number."), "date": told("Write a date, for example 2026-12-24."),
    "datetime": told("Write a moment, for example 2026-12-24T09:00:00Z."), "uuid": told("This is not an id."),
}  # fmt: skip
# A field of an upload that holds no file, or several; the framework does not say which field.
UPLOADS = {
    "Unsupported type: <class 'list'>": told("Send one file in a field, not several."),
    "Unsupported type: <class 'str'>": told("Send a file in this form, not text."),
}
EMPTY = told("Please fill this in.")
UNREADABLE = told("This cannot be read. Please check it.")


def sentence_of(message: str) -> tuple[str, str]:
    """msgspec's message as a field (empty when it names none) and a sentence."""
    if absent := ABSENT.match(message):
        return absent.group(1), EMPTY
    if left_out := LEFT_OUT.match(message):
        return left_out.group(1), told("Please give this.")
    if unknown := UNKNOWN.match(message):
        return unknown.group(1), told("There is no such field here.")
    if message in UPLOADS:
        return "", UPLOADS[message]
    text, _, path = message.partition(" - at `$")
    return re.split(r"[.\[`]", path.removeprefix("."))[0], sentence(text)


def sentence(text: str) -> str:
    """The complaint alone, its place left out."""
    if found := LENGTH.search(text):
        if found.groups() == (">=", "1"):
            return EMPTY
        return of_length(found.group(1), int(found.group(2)), is_text="`str`" in text)
    if found := RANGE.search(text):
        return in_range(found.group(1), spoken(found.group(2)))
    if "Invalid enum value" in text:
        return told("Choose one of the listed values.")
    if "RFC3339" in text:
        return KINDS["datetime" if "datetime" in text else "date"]
    if "Invalid UUID" in text:
        return KINDS["uuid"]
    wanted = WANTED.match(text)
    return KINDS.get(wanted.group(1).split(" | ")[0], UNREADABLE) if wanted and "matching" not in text else UNREADABLE


def of_length(bound: str, number: int, *, is_text: bool) -> str:
    """How long a text or a list may be."""
    length = spoken(str(number))
    if is_text and bound == ">=":
        return counted("Use at least %(number)s character.", "Use at least %(number)s characters.", number, number=length)
    if is_text:
        return counted("Use at most %(number)s character.", "Use at most %(number)s characters.", number, number=length)
    if bound == ">=":
        return counted("Use at least %(number)s entry.", "Use at least %(number)s entries.", number, number=length)
    return counted("Use at most %(number)s entry.", "Use at most %(number)s entries.", number, number=length)


def in_range(bound: str, number: str) -> str:
    """How large a number may be."""
    if bound == ">=":
        return told("Use at least %(number)s.", number=number)
    if bound == "<=":
        return told("Use at most %(number)s.", number=number)
    if bound == ">":
        return told("Use more than %(number)s.", number=number)
    return told("Use less than %(number)s.", number=number)


def spoken(number: str) -> str:
    """A long number as people write it."""
    return f"{int(number):,}" if number.isdecimal() and len(number) > 4 else number
