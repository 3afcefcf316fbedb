"""The threads that ask carriers, and the one that writes down what they answer.

Those that ask never touch the database: their number is that of requests under way, not that of
connections. A tenant's answers that come in shortly after each other are written together.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import Empty, SimpleQueue

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django_tenants.utils import tenant_context

from messaging.delivery import claim, settling
from messaging.delivery.gathering import Gathered
from messaging.delivery.lane import IN_FLIGHT, Job
from messaging.delivery.room import Room
from messaging.delivery.settling import Answer
from providers.errors import ProviderError
from providers.exchanges import recording
from tenants.models import Tenant

logger = logging.getLogger(__name__)

_LATE = 60.0  # no request takes longer
# Seconds. What a carrier said is nowhere else: while there is no database it is kept, then the
# sweep settles the message.
_KEPT_FOR = 60.0
_ASKED_EVERY = 0.5


def ask(job: Job) -> Answer:
    """Hand one message to its carrier; needs no database."""
    with recording() as exchanges:
        answer = Answer(message=job.message, way=job.way, exchanges=exchanges)
        try:
            claim.check_in_time(job.message, limit=IN_FLIGHT)
            return replace(answer, result=job.provider.send(job.parcel))
        except ProviderError as said:
            return replace(answer, error=said)
        except Exception:  # the outermost edge of a thread's work: the sweep settles it
            logger.exception("message %s: its adapter failed", job.message.pk)
            return answer


def write(tenant: Tenant, answers: Sequence[Answer]) -> None:
    """Note what carriers answered; an answer that cannot be written spoils no other."""
    with tenant_context(tenant):
        left = list(answers)
        try:
            left = settling.accept_all(answers)
        except (DatabaseError, InterfaceError):
            logger.exception("%s answers are written one by one", len(answers))
            if not connection.is_usable():
                await_database()
        for answer in left:
            try:
                settling.settle(answer)
            except Exception:  # the outermost edge of a message's work: the sweep settles it
                logger.exception("message %s: its answer was not written", answer.message.pk)
        settling.ring_for_next(answer.message.conversation_id for answer in answers)


def await_database() -> None:
    """Wait for a database that is away, but not for ever; leaves a connection that works."""
    until = time.monotonic() + _KEPT_FOR
    close_old_connections()
    while True:
        try:
            connection.close_if_health_check_failed()
            connection.ensure_connection()
            return
        except (DatabaseError, InterfaceError):
            connection.close()
            if time.monotonic() > until:
                return
            time.sleep(_ASKED_EVERY)


class Crew:
    """Threads of one process; it takes no more messages than may leave at once."""

    def __init__(self, size: int) -> None:
        self._room = Room(size)
        self.reserve = self._room.reserve
        self.release = self._room.release
        self._asking = ThreadPoolExecutor(size, thread_name_prefix="carrier")
        self._answers: SimpleQueue[tuple[Tenant, Answer]] = SimpleQueue()
        self._writer = threading.Thread(target=self._write_forever, name="answers", daemon=True)
        self._writer.start()

    def hand_over(self, jobs: Sequence[Job]) -> None:
        """Ask the carriers; the room of each is given back when its answer is written."""
        for job in jobs:
            self._asking.submit(self._ask, job)

    def finish(self) -> None:
        """Wait until all answers are written."""
        self._room.wait_until_empty(seconds=_LATE)

    def _ask(self, job: Job) -> None:
        self._answers.put((job.tenant, ask(job)))

    def _write_forever(self) -> None:
        gathered = Gathered(self._room)
        while True:
            try:
                gathered.add(*self._answers.get(timeout=gathered.patience()))
                while True:
                    gathered.add(*self._answers.get_nowait())
            except Empty:
                pass
            for tenant, answers in gathered.complete():
                try:
                    await_database()
                    write(tenant, answers)
                except Exception:  # the outermost edge: this thread must live
                    logger.exception("answers were not written")
                finally:
                    self._room.release(tenant.schema_name, len(answers))
            self._room.ring()
