"""Turning a number into what a route's carrier is given: strip first, then prepend."""

from __future__ import annotations

import re

from tenants.numbers import NotAPhoneNumber, to_e164

MOST_STRIPPED = 9
_PREPEND = re.compile(r"[0-9]{0,15}")


class CannotDial(ValueError):
    """What would be dialed is no number that takes texts; the message says what it is."""


def tidy_prepend(typed: str) -> str:
    """Return the digits to put in front as they are kept; the plus of E.164 may be typed.

    Raises CannotDial.
    """
    digits = re.sub(r"[\s().-]", "", typed).removeprefix("+")
    if not _PREPEND.fullmatch(digits):
        raise CannotDial(f"“{typed[:20]}” is not a beginning: use up to 15 digits, such as 1212.")
    return digits


def dialed(number: str, *, strip: int, prepend: str) -> str:
    """Return the number without its first `strip` digits and with `prepend` in front.

    The result is read with its country code, or as a short code. Raises CannotDial.
    """
    if not strip and not prepend:
        return number
    digits = prepend + number.removeprefix("+")[strip:]
    is_short = not number.startswith("+") or len(digits) <= 6  # of short codes
    try:
        return to_e164(digits if is_short else f"+{digits}", country="", short_codes=is_short)
    except NotAPhoneNumber as error:
        raise CannotDial(
            f"It would dial {digits or 'nothing'}, which is neither a number with its country"
            " code nor a short code."
        ) from error
