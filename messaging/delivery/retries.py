"""When to try again at a carrier that could not take a message."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import SystemRandom

TRIES = 10
LONGEST_PAUSE = timedelta(days=15)

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


def rounds(attempts: int, *, routes: int) -> int:
    """Return how often all routes were tried; without a rule there is one."""
    return -(-attempts // max(1, routes))


def is_over(*, attempts: int, ends_at: datetime | None, next_try: datetime) -> bool:
    """Tell whether enough was tried, or the text would come too late to be of use."""
    return attempts >= TRIES or (ends_at is not None and next_try > ends_at)
