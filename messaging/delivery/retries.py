"""When to try again at a carrier that could not take a message."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import SystemRandom

TRIES = 10
AGE = timedelta(hours=24)

_BASE = 5.0  # seconds
_CAP = 900.0
_SHORTEST = 1.0
_random = SystemRandom()


def pause_after(attempts: int, *, retry_after: float | None) -> float:
    """Return the seconds to wait: exponential with full jitter, and what the carrier asked for.

    Jitter over the whole span: messages that failed together must not come back together.
    """
    longest = min(_CAP, _BASE * 2.0 ** (attempts - 1))
    return max(_SHORTEST, _random.uniform(0, longest), retry_after or 0)


def is_over(*, attempts: int, wanted_since: datetime, next_try: datetime) -> bool:
    """Tell whether enough was tried, or the text would come too late to be of use."""
    return attempts >= TRIES or next_try > wanted_since + AGE
