"""Destinations that make the simulator misbehave: +1 999 555 and four digits.

0000 never gets a receipt. 0429, 0500 and 0401 answer the request with that HTTP status. 0408 takes
the message but holds its answer back, and 0499 drops the connection; 0498 does so too and never
reports anything, though the list shows the message as delivered; 0497 drops the connection before
it takes the message. Any other four digits fail the message with that delivery code: 4406, 4470,
4775, 5600, 9902, or those of the sender's registration: 4476, 4773, 4774, 4795, 5229 ...
"""

from __future__ import annotations

from collections.abc import Iterable

from providers.simulator.web import Response, error

PREFIX = "+1999555"
NEVER = "0000"
HOLD = "0408"
DROP = "0499"
MUTE = "0498"
LOST = "0497"

_REFUSALS = {
    "0401": error(401, "unauthorized", "Authentication Failed"),
    "0429": Response(
        status=429,
        body=error(429, "max-message-queue-size-exceeded", "The message queue is full.").body,
        headers={"Retry-After": "2"},
    ),
    "0500": error(500, "internal-server-error", "Something went wrong."),
}

# What may also befall a message to any number, see behaviour.
FATES = (*_REFUSALS, HOLD, DROP, MUTE, LOST)


def suffix(number: str) -> str:
    """Return the four digits of a magic number, "" for any other."""
    is_magic = number.startswith(PREFIX) and len(number) == len(PREFIX) + 4
    return number.removeprefix(PREFIX) if is_magic else ""


def refusal(fates: Iterable[str]) -> Response | None:
    """Return the answer that refuses the whole request, if a fate is one."""
    return next((_REFUSALS[fate] for fate in fates if fate in _REFUSALS), None)


def fates(recipients: Iterable[str]) -> set[str]:
    """Return what the recipients ask for, by their last four digits."""
    return {suffix(number) for number in recipients} - {""}


def delivery_code(number: str) -> int | None:
    """Return the delivery code a number fails with: 0 none, None for no receipt at all."""
    digits = suffix(number)
    if digits == NEVER:
        return None
    return int(digits) if digits and not digits.startswith("0") else 0
