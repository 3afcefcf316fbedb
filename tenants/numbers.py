"""Phone numbers: typed in any usual form, kept as E.164."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from tenants.models.directory import PhoneNumber

_SHORT_CODE = re.compile(r"[0-9]{5,6}")
_TOLL_FREE = re.compile(r"\+18(00|33|44|55|66|77|88)[0-9]{7}")
_LONGEST_E164 = 16  # with its plus sign


class NotAPhoneNumber(ValueError):
    """The text is not a number anybody could text; the message says so to the person."""


def to_e164(text: str, *, country: str = "US", short_codes: bool = False) -> str:
    """Return the number as E.164, or a short code as its bare digits.

    Raises NotAPhoneNumber.
    """
    typed = text.strip()
    if short_codes and _SHORT_CODE.fullmatch(typed):
        return typed
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException as error:
        raise NotAPhoneNumber(f"“{typed[:40]}” is not a phone number.") from error
    # `possible`, not `valid`: numbering plans grow faster than libraries, and the fictitious
    # 555-01xx numbers of examples and tests are never assigned.
    possible = phonenumbers.is_possible_number_with_reason(number)
    # Without its area code a number is possible too, from next door; nobody can text it.
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE or number.extension:
        raise NotAPhoneNumber(f"“{typed[:40]}” is not a phone number.")
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Some countries number longer, at home: nobody abroad can dial it, and no column holds it.
    if len(written) > _LONGEST_E164:
        raise NotAPhoneNumber(f"“{typed[:40]}” is not a phone number.")
    return written


@lru_cache(maxsize=8_192)  # a page of a list asks for fifty, each a tenth of a millisecond
def for_people(number: str, *, country: str = "US") -> str:
    """Write a number as people of the country do: national at home, international abroad."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    home = phonenumbers.country_code_for_region(country) == parsed.country_code
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if home else style.INTERNATIONAL)


def kind_of(number: str) -> PhoneNumber.Kind:
    """Classify a stored number as local, toll-free or short code."""
    if _SHORT_CODE.fullmatch(number):
        return PhoneNumber.Kind.SHORT_CODE
    if _TOLL_FREE.fullmatch(number):
        return PhoneNumber.Kind.TOLL_FREE
    return PhoneNumber.Kind.LOCAL


def masked(number: str) -> str:
    """Shorten a number for logs: its last four digits."""
    return f"…{number[-4:]}"
