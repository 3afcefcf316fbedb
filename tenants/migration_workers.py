"""Migrating many schemas, here or in several processes that are told one schema after another.

The processes are started anew, not forked, and end when whoever started them does, however that
went: their standard input ends then.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, cast

from django.conf import settings
from django.db import DatabaseError, OperationalError
from django.db.migrations.exceptions import InconsistentMigrationHistory
from psycopg.errors import DeadlockDetected, LockNotAvailable

from tenants.schema_migration import Migrator, SchemaMissing

_TRIES = 5
_LOOK_UP = 0.5  # seconds between two signs of life while nothing is finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one schema; no reason = it is up to date."""

    schema_name: str
    reason: str = ""


def migrate_here(schema_names: Iterable[str]) -> Iterator[Outcome]:
    """Migrate one schema after another in this process."""
    migrator = Migrator()
    for schema_name in schema_names:
        yield Outcome(schema_name=schema_name, reason=_reason(migrator, schema_name))


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Migrate each schema named on a line of `requests`, and answer a line to each."""
    for outcome in migrate_here(line.strip() for line in requests):
        answers.write(json.dumps(outcome.reason) + "\n")
        answers.flush()


def migrate_beside(schema_names: list[str], *, jobs: int) -> Iterator[Outcome | None]:
    """Migrate the schemas in so many processes; None says that nothing was finished lately."""
    waiting = deque(schema_names)
    workers: list[_Worker] = []
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or workers:
                while waiting and len(workers) < jobs:
                    workers.append(_Worker(selector))
                    workers[-1].ask(waiting.popleft())
                ready = selector.select(_LOOK_UP)
                if not ready:
                    yield None
                for key, _ in ready:
                    worker: _Worker = key.data
                    yield worker.outcome()
                    if worker.is_alive and waiting:
                        worker.ask(waiting.popleft())
                    else:
                        workers.remove(worker)
                        worker.end()
        finally:
            for worker in workers:
                worker.process.terminate()
                worker.end()


class _Worker:
    def __init__(self, selector: selectors.BaseSelector) -> None:
        # In a session of its own: Ctrl-C is for the one who knows what to do about it.
        self.process = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, settings.BASE_DIR / "manage.py", "migrate_tenants", "--from-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._requests = cast("IO[str]", self.process.stdin)
        self._answers = cast("IO[str]", self.process.stdout)
        self._selector = selector
        self._schema_name = ""
        self.is_alive = True
        selector.register(self._answers, selectors.EVENT_READ, self)

    def ask(self, schema_name: str) -> None:
        self._schema_name = schema_name
        try:
            self._requests.write(schema_name + "\n")
            self._requests.flush()
        except BrokenPipeError:
            return  # its answers have ended too, which is seen there

    def outcome(self) -> Outcome:
        answer = self._answers.readline()
        self.is_alive = bool(answer)
        reason = json.loads(answer) if answer else "its process ended"
        return Outcome(schema_name=self._schema_name, reason=reason)

    def end(self) -> None:
        self._selector.unregister(self._answers)
        with contextlib.suppress(BrokenPipeError):
            self._requests.close()
        self._answers.close()
        self.process.wait()


def _reason(migrator: Migrator, schema_name: str) -> str:
    for tries_left in reversed(range(_TRIES)):
        try:
            migrator.migrate(schema_name)
        except OperationalError as error:
            # Tenants migrated at the same time meet at the public tables that theirs refer to.
            met = isinstance(error.__cause__, DeadlockDetected | LockNotAvailable)
            if not met or not tries_left:
                return _told(error)
            time.sleep(0.1 * (_TRIES - tries_left))
        except (DatabaseError, SchemaMissing, InconsistentMigrationHistory) as error:
            return _told(error)
        else:
            break
    return ""


def _told(error: Exception) -> str:
    if isinstance(error, SchemaMissing):
        return "the schema does not exist"
    return " ".join(str(error).split()) or type(error).__name__
