"""Money is integer kobo with a currency; naira are written as people write them."""

import re

UNITS = {
    "hour": "an hour",
    "day": "a day",
    "week": "a week",
    "month": "a month",
    "project": "for the project",
    "scene": "a scene",
}
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
        raise NotAnAmount("Write an amount in naira, for example 150,000.")
    whole, fraction, scale = (
        found.group(1).replace(",", ""),
        found.group(2) or "",
        (found.group(3) or "").lower(),
    )
    if len(whole) > 12:
        raise NotAnAmount("That amount is too large.")
    kobo = (int(whole) * 100 + int(fraction.ljust(2, "0") or 0)) * SCALE[scale]
    if kobo > MOST_KOBO:
        raise NotAnAmount("That amount is too large.")
    return kobo


def spoken_pay(amount: int | None, *, currency: str = "NGN", unit: str = "day", terms: str = "paid") -> str:
    """`₦150,000 a day`, `Unpaid`; deferred pay counts as unpaid and says so."""
    if terms == "deferred":
        return "Unpaid (deferred)"
    if terms == "unpaid" or amount is None:
        return "Unpaid"
    sum_ = naira(amount) if currency == "NGN" else f"{currency} {amount / 100:,.2f}"
    return f"{sum_} {UNITS.get(unit, unit)}"
