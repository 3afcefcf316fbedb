"""Answering in time although the database does not: work is done by another thread and left there.

A carrier that waits for ten seconds has to be told in two that it should come again; a connection
to a machine that went silent tells us nothing for minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from functools import lru_cache
from typing import TypeVar

from django.db import close_old_connections

Result = TypeVar("Result")

_THREADS = 4


class TooSlow(TimeoutError):
    """The work was not done in time; it may be done yet."""


def within(seconds: float | None, work: Callable[[], Result]) -> Result:
    """Return the work's result; None = wait for it in this thread, as long as it takes.

    Raises TooSlow, and whatever the work raises.
    """
    if seconds is None:
        return work()
    future = _threads().submit(_with_live_connection, work)
    try:
        return future.result(seconds)
    except FutureTimeout as error:
        # What has not begun will not: a hung database must not leave a backlog of posts behind.
        future.cancel()
        raise TooSlow from error


def _with_live_connection(work: Callable[[], Result]) -> Result:
    # Requests do this by signal; these threads see no requests.
    close_old_connections()
    return work()


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="intake")
