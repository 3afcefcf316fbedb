"""The threads that ask carriers, and the one that writes down what they answer.

Those that ask never touch the database: their number is that of requests under way, not that of
connections. Answers that come in shortly after each other are written together.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import Empty, SimpleQueue

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django_tenants.utils import tenant_context

from messaging import queue
from messaging.delivery import claim, settling
from messaging.delivery.lane import IN_FLIGHT, Job
from messaging.delivery.settling import Answer
from providers.errors import ProviderError
from providers.exchanges import recording
from tenants.models import Tenant

logger = logging.getLogger(__name__)

_GATHERING = 0.03  # seconds in which further answers join a group; a lone one waits for nobody
_MOST_TOGETHER = 100
# Less room is not worth a look at the database.
_LEAST_ROOM = 32
# A smaller share is not worth one either.
_LEAST_SHARE = 8
_LATE = 60.0  # no request takes longer


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
                connection.close()  # the next statement opens another
        for answer in left:
            try:
                settling.settle(answer)
            except Exception:  # the outermost edge of a message's work: the sweep settles it
                logger.exception("message %s: its answer was not written", answer.message.pk)
        settling.ring_for_next(answer.message.conversation_id for answer in answers)


class Crew:
    """Threads of one process; it takes no more messages than may leave at once.

    One tenant gets at most two thirds of what the others leave: its carrier may hang, and so may
    another's.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken: Counter[str] = Counter()
        self._waiting: dict[tuple[str, str], int] = {}
        self._room = threading.Condition()
        self._asking = ThreadPoolExecutor(size, thread_name_prefix="carrier")
        self._answers: SimpleQueue[tuple[Tenant, Answer]] = SimpleQueue()
        self._writer = threading.Thread(target=self._write_forever, name="answers", daemon=True)
        self._writer.start()

    def reserve(self, schema: str, most: int, *, task: str, at_once: int | None = None) -> int:
        """Keep room for some of a tenant's messages; 0 = its task is rung for later."""
        limit = at_once or self._size
        with self._room:
            room = self._room_for(schema, limit, most)
            if room:
                self._taken[schema] += room
            else:
                self._waiting[task, schema] = limit
            return room

    def release(self, schema: str, room: int) -> None:
        """Give back what was reserved, and ring for who waits for it."""
        with self._room:
            self._taken -= Counter({schema: room})
            self._room.notify_all()
            some = -(-(self._size - self._taken.total()) // _LEAST_ROOM)
            rung = [
                (task, waiting)
                for (task, waiting), limit in self._waiting.items()
                if self._room_for(waiting, limit, _LEAST_ROOM)
            ][:some]
            for each in rung:
                del self._waiting[each]
        for task, waiting in rung:
            queue.ring(task, waiting)

    def _room_for(self, schema: str, limit: int, most: int) -> int:
        """Return for how many messages there is room, 0 when it is not worth a look."""
        mine, free = self._taken[schema], self._size - self._taken.total()
        share = min(limit, _share_of(free + mine))
        if share < min(limit, _share_of(self._size), _LEAST_SHARE):
            return 0
        room = min(most, free, share - mine)
        return room if room >= min(most, share, _LEAST_ROOM) else 0

    def hand_over(self, jobs: Sequence[Job]) -> None:
        """Ask the carriers; the room of each is given back when its answer is written."""
        for job in jobs:
            self._asking.submit(self._ask, job)

    def finish(self) -> None:
        """Wait until all answers are written."""
        with self._room:
            self._room.wait_for(lambda: not self._taken.total(), timeout=_LATE)

    def _ask(self, job: Job) -> None:
        self._answers.put((job.tenant, ask(job)))

    def _write_forever(self) -> None:
        while True:
            group = self._next_group()
            by_tenant: dict[Tenant, list[Answer]] = {}
            for tenant, answer in group:
                by_tenant.setdefault(tenant, []).append(answer)
            for tenant, answers in by_tenant.items():
                try:
                    close_old_connections()
                    write(tenant, answers)
                except Exception:  # the outermost edge: this thread must live
                    logger.exception("answers were not written")
                finally:
                    self.release(tenant.schema_name, len(answers))

    def _next_group(self) -> list[tuple[Tenant, Answer]]:
        group = [self._answers.get()]
        ends = time.monotonic() + _GATHERING
        while len(group) < min(_MOST_TOGETHER, self._taken.total()):
            left = ends - time.monotonic()
            try:
                group.append(self._answers.get(timeout=max(0.0, left)))
            except Empty:
                break
        return group


def _share_of(room: int) -> int:
    return max(1, room * 2 // 3)
