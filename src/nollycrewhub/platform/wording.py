"""What msgspec says of a wrong value, as a plain sentence that tells what to give instead."""

import re

LENGTH = re.compile(r"length (>=|<=) (\d+)")
RANGE = re.compile(r"(>=|<=|>|<) (-?[\d.]+)")
ABSENT = re.compile(r"Object missing required field `([^`]+)`")
# The framework's own sentence ends with the whole address, and so with whatever secrets were written into it.
LEFT_OUT = re.compile(r"Missing required \w+ parameter '([\w-]+)' for path")
UNKNOWN = re.compile(r"Object contains unknown field `([^`]+)`")
WANTED = re.compile(r"Expected `([^`]+)`")
BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
KINDS = {
    "str": "Write text.", "bool": "Give true or false.", "array": "Give a list.", "object": "Give an object.",
    "int": "Write a number.", "float": "Write a number.", "date": "Write a date, for example 2026-12-24.",
    "datetime": "Write a moment, for example 2026-12-24T09:00:00Z.", "uuid": "This is not an id.",
}  # fmt: skip
# A field of an upload that holds no file, or several; the framework does not say which field.
UPLOADS = {
    "Unsupported type: <class 'list'>": "Send one file in a field, not several.",
    "Unsupported type: <class 'str'>": "Send a file in this form, not text.",
}
EMPTY = "Please fill this in."
UNREADABLE = "This cannot be read. Please check it."


def sentence_of(message: str) -> tuple[str, str]:
    """msgspec's message as a field (empty when it names none) and a sentence."""
    if absent := ABSENT.match(message):
        return absent.group(1), EMPTY
    if left_out := LEFT_OUT.match(message):
        return left_out.group(1), "Please give this."
    if unknown := UNKNOWN.match(message):
        return unknown.group(1), "There is no such field here."
    if message in UPLOADS:
        return "", UPLOADS[message]
    text, _, path = message.partition(" - at `$")
    return re.split(r"[.\[`]", path.removeprefix("."))[0], sentence(text)


def sentence(text: str) -> str:
    """The complaint alone, its place left out."""
    if found := LENGTH.search(text):
        if found.groups() == (">=", "1"):
            return EMPTY
        many = "characters" if "`str`" in text else "entries"
        return f"Use {BOUNDS[found.group(1)]} {spoken(found.group(2))} {many}."
    if found := RANGE.search(text):
        return f"Use {BOUNDS[found.group(1)]} {spoken(found.group(2))}."
    if "Invalid enum value" in text:
        return "Choose one of the listed values."
    if "RFC3339" in text:
        return KINDS["datetime" if "datetime" in text else "date"]
    if "Invalid UUID" in text:
        return KINDS["uuid"]
    wanted = WANTED.match(text)
    return KINDS.get(wanted.group(1).split(" | ")[0], UNREADABLE) if wanted and "matching" not in text else UNREADABLE


def spoken(number: str) -> str:
    """A long number as people write it."""
    return f"{int(number):,}" if number.isdecimal() and len(number) > 4 else number
