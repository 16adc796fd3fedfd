"""Money is integer kobo with a currency; naira are written as people write them."""

import re

from nollycrewhub.kit.told import Told, retold, told, told_about

# Each unit as a price says it, and as a choice beside an amount.
BY_UNIT = {
    "hour": "%(sum)s an hour",
    "day": "%(sum)s a day",
    "week": "%(sum)s a week",
    "month": "%(sum)s a month",
    "project": "%(sum)s for the project",
    "scene": "%(sum)s a scene",
}
UNITS = {
    "hour": told_about("money", "an hour"),
    "day": told_about("money", "a day"),
    "week": told_about("money", "a week"),
    "month": told_about("money", "a month"),
    "project": told_about("money", "the project"),
    "scene": told_about("money", "a scene"),
}
UNPAID = told_about("money", "Unpaid")
DEFERRED = told_about("money", "Unpaid (deferred)")
PAYS = (UNPAID, DEFERRED, *(Told(form, {"sum": ""}, context="money") for form in BY_UNIT.values()))
MOST_KOBO = 10**14
AMOUNT = re.compile(r"^(?:NGN|₦|N|#)?\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?\s*(k|m)?$", re.IGNORECASE)
SCALE = {"": 1, "k": 1_000, "m": 1_000_000}


class NotAnAmount(ValueError):
    """The text is no amount of naira."""


def naira(kobo: int) -> str:
    """`₦150,000`, with kobo only where there are any."""
    whole, rest = divmod(abs(kobo), 100)
    sign = "-" if kobo < 0 else ""
    return f"{sign}₦{whole:,}" + (f".{rest:02d}" if rest else "")


def parse_naira(text: str) -> int:
    """Kobo from `150,000`, `₦150000`, `N150k`, `1.5m`; NotAnAmount for anything else, negative or absurd."""
    found = AMOUNT.match(text.strip())
    if found is None:
        raise NotAnAmount(told("Write an amount in naira, for example 150,000."))
    whole, fraction, scale = (
        found.group(1).replace(",", ""),
        found.group(2) or "",
        (found.group(3) or "").lower(),
    )
    if len(whole) > 12:
        raise NotAnAmount(told("That amount is too large."))
    kobo = (int(whole) * 100 + int(fraction.ljust(2, "0") or 0)) * SCALE[scale]
    if kobo > MOST_KOBO:
        raise NotAnAmount(told("That amount is too large."))
    return kobo


def spoken_pay(amount: int | None, *, currency: str = "NGN", unit: str = "day", terms: str = "paid") -> Told:
    """`₦150,000 a day`, `Unpaid`; deferred pay counts as unpaid and says so."""
    if terms == "deferred":
        return DEFERRED
    if terms == "unpaid" or amount is None:
        return UNPAID
    sum_ = naira(amount) if currency == "NGN" else f"{currency} {amount / 100:,.2f}"
    return Told(BY_UNIT.get(unit, f"%(sum)s {unit}"), {"sum": sum_}, context="money")


def pay_of(text: str) -> str:
    """Pay that was stored in English, as something that can be said in other languages too."""
    return retold(text, PAYS)
