"""What is wrong with a language's entries. Each rule has a test that breaks it."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date

from babel.messages.catalog import Catalog, Message

from nollycrewhub.kit.told import NUMBER, PLACE
from nollycrewhub.platform.languages import LANGUAGES
from nollycrewhub.web.texts.files import DRAFT, entries, forms, is_said, key

TAG = re.compile(r"<[^<>]*>")
NOTE = "note: "
REVIEWED = re.compile(r"reviewed: (?P<who>\S.*), (?P<day>\d{4}-\d\d-\d\d)")


def faults(code: str, catalog: Catalog, source: Catalog, same: set[tuple[str, str]]) -> list[str]:
    """Every fault of a language that is to be offered, as a sentence that names the entry."""
    wanted = {key(message): message for message in entries(source)}
    have = {key(message): message for message in entries(catalog)}
    found = [f"missing: {named(each)}" for each in wanted if each not in have or not is_said(have[each])]
    found += [f"not in the source any more: {named(each)}" for each in have if each not in wanted]
    found += [f"not in the source any more: {named(key(message))}" for message in catalog.obsolete.values()]
    for each, message in have.items():
        if each in wanted and is_said(message):
            found += [f"{fault}: {named(each)}" for fault in of_entry(code, message, wanted[each], same)]
    return [f"{code}: {fault}" for fault in found]


def named(each: tuple[str, str]) -> str:
    """An entry for people to find."""
    context, sentence = each
    return f"{sentence!r} ({context})" if context else repr(sentence)


def of_entry(code: str, message: Message, english: Message, same: set[tuple[str, str]]) -> Iterator[str]:
    """The faults of one entry that is translated."""
    originals = (english.id,) if isinstance(english.id, str) else tuple(english.id)
    if message.fuzzy:
        yield "fuzzy"
    if len(forms(message)) != number_of_forms(code, originals) or not all(forms(message)):
        yield "a form is missing"
    for form in filter(None, forms(message)):
        yield from of_form(form, originals)
    if set(forms(message)) & set(originals):
        if not {(code, originals[0]), ("*", originals[0])} & same:
            yield "equal to English"
    elif (code, originals[0]) in same:
        yield "allowed to equal English, and does not"
    yield from of_marks(message)


def number_of_forms(code: str, originals: tuple[str, ...]) -> int:
    """How many forms an entry has in a language."""
    return 1 if len(originals) == 1 else int(LANGUAGES[code].plurals[len("nplurals=")])


def of_form(form: str, originals: tuple[str, ...]) -> Iterator[str]:
    """What one form lacks, or has too much, beside the English ones."""
    places = [set(PLACE.findall(original)) for original in originals]
    here, all_places, needed = set(PLACE.findall(form)), set.union(*places), set.intersection(*places)
    if not needed - {NUMBER} <= here or not here <= all_places or (len(originals) == 1 and here != all_places):
        yield f"other placeholders ({', '.join(sorted(here ^ all_places))})"
    if all_places and "%" in PLACE.sub("", form).replace("%%", ""):
        yield "a percent sign that is no placeholder"
    if Counter(TAG.findall(form)) not in [Counter(TAG.findall(original)) for original in originals]:
        yield "other tags"
    if form != form.strip() and originals[0] == originals[0].strip():
        yield "a space at an end"
    if form.count("\n") != originals[0].count("\n"):
        yield "other lines"


def of_marks(message: Message) -> Iterator[str]:
    """Each entry says whether a speaker has reviewed it, in one of two ways; notes may stand beside."""
    marks = [comment for comment in message.user_comments if not comment.startswith(NOTE)]
    if len(marks) != 1:
        yield "not marked as draft or reviewed" if not marks else "marked more than once"
    for mark in marks:
        if mark != DRAFT and not is_review(mark):
            yield f"marked with something unknown ({mark})"


def is_review(mark: str) -> bool:
    """Whether a mark says who has reviewed, and when."""
    found = REVIEWED.fullmatch(mark)
    if found is None:
        return False
    try:
        date.fromisoformat(found["day"])
    except ValueError:
        return False
    return True


def is_reviewed(message: Message) -> bool:
    """Whether a speaker has reviewed an entry."""
    return any(map(is_review, message.user_comments))
