"""A database of the bench's own beside the kept one: made at the start, dropped at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import environ
import psycopg
from psycopg import sql

from config import local

NAME = "trunkline_bench_scratch"


@contextmanager
def scratch() -> Iterator[str]:
    """Make an empty database and yield its URL; what a killed run left is dropped first."""
    server = _server()
    with psycopg.connect(**_connecting(server), autocommit=True) as connection:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME))
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        try:
            yield _url(server)
        finally:
            connection.execute(drop)


def libpq(settings: dict[str, Any]) -> dict[str, str]:
    """Return how PostgreSQL's own programs find a Django database, as their environment."""
    named = {
        "PGHOST": settings["HOST"],
        "PGPORT": settings["PORT"],
        "PGUSER": settings["USER"],
        "PGPASSWORD": settings["PASSWORD"],
        "PGDATABASE": settings["NAME"],
    }
    return {name: str(value) for name, value in named.items() if value}


def _server() -> dict[str, Any]:
    if os.environ.get("DATABASE_URL"):
        return dict(environ.Env().db_url("DATABASE_URL"))
    return dict(local.database_config(local.data_dir()))


def _connecting(server: dict[str, Any]) -> dict[str, Any]:
    named = {
        "host": server["HOST"],
        "port": server["PORT"],
        "user": server["USER"],
        "password": server["PASSWORD"],
        "dbname": server["NAME"],
    }
    return {name: value for name, value in named.items() if value}


def _url(server: dict[str, Any]) -> str:
    password = f":{quote(server['PASSWORD'], safe='')}" if server["PASSWORD"] else ""
    user = f"{quote(server['USER'], safe='')}{password}@"
    host, port = server["HOST"], f":{server['PORT']}" if server["PORT"] else ""
    if host.startswith("/"):  # the folder of a socket
        return f"postgres://{user}{port}/{host}/{NAME}"
    return f"postgres://{user}{host}{port}/{NAME}"
