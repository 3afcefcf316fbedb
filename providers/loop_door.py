"""The webhook's door for an event loop: a request costs neither a thread nor a wait for one.

Says what the others say, to the letter. What needs the database to be judged, or is large, is
left to a thread and `intake.receive`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from providers import intake
from providers.doors import NotRemembered, remembered_door
from providers.inbox_connection import NotStored
from providers.intake import Answer
from providers.loop_answers import FAILED, HEALTHY, NOT_FOUND
from providers.loop_committer import LoopCommitter
from providers.loop_requests import Request
from providers.rows import MOST_ROWS, Row

logger = logging.getLogger(__name__)

Tell = Callable[[Answer], None]

# Reading more than this would keep all others waiting.
_LARGE = 64 * 1024
_THREADS = 8
_HEALTH = f"{intake.PREFIX}health"


class LoopDoor:
    """Answers the webhooks of one event loop; `patience` None = by threads alone."""

    def __init__(self, *, patience: float | None) -> None:
        self._committer = None if patience is None else LoopCommitter(patience=patience)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook")

    def take(self, request: Request, tell: Tell) -> Answer | None:
        """Return the answer, or None: `tell` is called with it later."""
        if not request.path.startswith(intake.PREFIX):
            return NOT_FOUND
        if request.path == _HEALTH:
            return HEALTHY
        judged = self._judged(request)
        if isinstance(judged, Answer):
            return judged
        if self._committer is None or judged is None:
            self._leave_to_a_thread(request, tell)
        else:
            self._committer.hand_over(judged, partial(_tell_of_storing, tell))
        return None

    async def stop(self) -> None:
        """Store what is queued, and let go of the database."""
        if self._committer is not None:
            await self._committer.stop()
        self._threads.shutdown(wait=False)

    def _judged(self, request: Request) -> Answer | list[Row] | None:
        """Do as `intake.receive` does, None where it takes long."""
        if self._committer is None or len(request.body) > _LARGE:
            return None
        try:
            judged = intake.judge(
                request.method, request.path, request.headers, request.body, find=remembered_door
            )
        except NotRemembered:
            return None
        return judged if isinstance(judged, Answer) or len(judged) <= MOST_ROWS else None

    def _leave_to_a_thread(self, request: Request, tell: Tell) -> None:
        ask = partial(intake.receive, request.method, request.path, request.headers, request.body)
        asked = asyncio.get_running_loop().run_in_executor(self._threads, ask)
        asked.add_done_callback(partial(_tell_of_thread, tell))


def _tell_of_storing(tell: Tell, error: NotStored | None) -> None:
    tell(intake.ACCEPTED if error is None else intake.unavailable(error))


def _tell_of_thread(tell: Tell, asked: asyncio.Future[Answer]) -> None:
    error = asked.exception()
    if error is not None:
        logger.error("a webhook request failed", exc_info=error)
    tell(FAILED if error is not None else asked.result())
