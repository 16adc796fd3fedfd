"""Nigerian phone numbers in any usual spelling, stored as E.164."""

import phonenumbers

from nollycrewhub.kit.told import told

MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})


class NotAPhone(ValueError):
    """The text is no Nigerian mobile number."""


def e164(text: str) -> str:
    """`+2348031234567` from 0803…, 234803…, +234 803…, 00234 803…, tel:+234803… or 803…; NotAPhone otherwise."""
    wanted = text.strip()
    if wanted[:4].lower() == "tel:":
        wanted = wanted[4:].strip()
    if len(wanted) > 30 or not any(c.isdigit() for c in wanted) or any(c.isalpha() for c in wanted):
        raise NotAPhone(told("Write a Nigerian mobile number, for example 0803 123 4567."))
    if wanted.startswith("00"):
        wanted = f"+{wanted[2:].strip()}"
    elif wanted.startswith("234"):
        wanted = f"+{wanted}"
    try:
        number = phonenumbers.parse(wanted, "NG")
    except phonenumbers.NumberParseException as error:
        raise NotAPhone(told("Write a Nigerian mobile number, for example 0803 123 4567.")) from error
    is_mobile = phonenumbers.number_type(number) in MOBILE
    if number.country_code != 234 or not phonenumbers.is_valid_number(number) or not is_mobile:
        raise NotAPhone(told("Write a Nigerian mobile number, for example 0803 123 4567."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
