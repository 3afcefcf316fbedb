"""One distinct value in the place of each secret, and every place a value might turn up in."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.cache import caches
from django.db import connection
from psycopg import sql

SETTINGS = {
    "SECRET_KEY": "canary-of-the-secret-key-0123456789-0123456789-abcdef",
    "BANDWIDTH_ACCOUNT_ID": "9900007",
    "BANDWIDTH_APPLICATION_ID": "93de2206",
    "BANDWIDTH_CLIENT_ID": "platform-client",
    "BANDWIDTH_CLIENT_SECRET": "canary-of-the-client-secret",
    "BANDWIDTH_API_SECRET": "canary-of-the-api-secret",
    "BANDWIDTH_WEBHOOK_USERNAME": "platform",
    "BANDWIDTH_WEBHOOK_PASSWORD": "canary-of-the-webhook-password",
    "METRICS_TOKEN": "canary-of-the-metrics-token",
    "EMAIL_HOST_PASSWORD": "canary-of-the-mail-password",
}


@dataclass(slots=True)
class Found:
    """Everything that was said, by where it was said."""

    said: list[tuple[str, str]] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        """Keep what a place held."""
        self.said.append((where, what))

    def leaks(self, secrets: dict[str, str], excused: dict[str, tuple[str, ...]]) -> list[str]:
        """Name each secret that turned up where nothing excuses it."""
        leaks = set()
        for where, what in self.said:
            for name, secret in secrets.items():
                if secret in what and not where.startswith(excused.get(name, ())):
                    leaks.add(f"{name} in {where}")
        return sorted(leaks)


class _Listener(logging.Handler):
    def __init__(self, found: Found) -> None:
        super().__init__(logging.DEBUG)
        self._found = found
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._found.add(f"log of {record.name}", self.format(record))


@contextmanager
def listening(found: Found) -> Iterator[None]:
    """Keep what is logged, traces too, at whatever level the settings let pass."""
    root, listener = logging.getLogger(), _Listener(found)
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(listener)
        root.setLevel(level)


def read(found: Found, where: str, answer: Any) -> Any:
    """Keep an answer, cookies left out, and hand it on."""
    body = answer.getvalue() if answer.streaming else answer.content
    headers = {k: v for k, v in answer.headers.items() if k != "Set-Cookie"}
    found.add(
        where, f"{answer.status_code} {json.dumps(headers)} {body.decode('utf-8', 'replace')}"
    )
    return answer


def basic(username: str, password: str) -> str:
    """Write credentials as they travel."""
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def read_tables(found: Found, schemas: Iterable[str]) -> None:
    """Keep every row of every table."""
    with connection.cursor() as cursor:
        for schema in schemas:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
            for (table,) in cursor.fetchall():
                rows = sql.SQL("SELECT string_agg(t::text, ' ') FROM {} AS t")
                cursor.execute(rows.format(sql.Identifier(schema, table)).as_string(None))
                [(text,)] = cursor.fetchall()
                found.add(f"table {table}", text or "")


def read_cache(found: Found) -> None:
    """Keep what the cache holds, keys and all."""
    for key, value in vars(caches["default"])["_cache"].items():
        found.add("cache", f"{key} {value!r}")


def read_files(found: Found, folder: Path) -> int:
    """Keep every file; returns how many there are."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        found.add(f"file {path.name}", path.read_text(encoding="utf-8", errors="replace"))
    return len(files)
