"""Makes of each language's file what a process reads at its start: only what may be shown, with the calendar of CLDR."""

from pathlib import Path

import msgspec
from babel import Locale
from babel.messages.catalog import Catalog

from nollycrewhub.kit.told import GUARDED, Calendar
from nollycrewhub.platform.languages import LANGUAGES
from nollycrewhub.platform.languages.known import BUILT, LOCALE, Built
from nollycrewhub.web.texts import files
from nollycrewhub.web.texts.judging import is_reviewed

TRANSLATED = tuple(code for code in LANGUAGES if code != "en")
HALVES = {"ig": ("AM", "PM")}
"""Where CLDR's halves of the day would mislead: its Igbo calls two in the afternoon two at night."""


def calendar_of(code: str) -> Calendar:
    """Days, months and halves of the day as CLDR has them, but for `HALVES`."""
    locale = Locale.parse(code)
    days, months, periods = locale.days["format"]["abbreviated"], locale.months["format"]["abbreviated"], locale.day_periods["format"]
    halves = {**periods["abbreviated"], **periods["wide"]}
    am, pm = HALVES.get(code, (str(halves["am"]), str(halves["pm"])))
    return Calendar(tuple(days[day] for day in range(7)), tuple(months[month] for month in range(1, 13)), am, pm)


def built(code: str, catalog: Catalog) -> Built:
    """A catalogue without its drafts about consent, money and safety: these stay English until a speaker has reviewed them.

    One that is not translated, or not reviewed, makes the whole language a draft.
    """
    found = files.entries(catalog)
    shown = [
        (*files.key(message), list(files.forms(message)))
        for message in found
        if all(files.forms(message)) and (message.context not in GUARDED or is_reviewed(message))
    ]
    return Built(not all(files.is_said(message) and is_reviewed(message) for message in found), calendar_of(code), shown)


def build(folder: Path = LOCALE) -> None:
    """Writes all of them."""
    for code in TRANSLATED:
        content = msgspec.json.encode(built(code, files.read(code, folder)))
        part = folder / code / f"{BUILT}.part"
        part.write_bytes(content)
        part.rename(folder / code / BUILT)
