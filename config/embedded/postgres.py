"""Describe our own PostgreSQL: one cluster per data folder, reached through a socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from config.embedded.account import Account, own, postgres_account
from config.embedded.binaries import postgres_binary
from config.embedded.errors import LocalError
from config.embedded.leftovers import end_leftovers
from config.embedded.process import Process
from config.local import DATABASE_NAME, DATABASE_USER, POSTGRES_PORT, postgres_socket_dir

_MAJOR: Final = "18"
_ENV: Final = {"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C"}
_ROOT: Final = Path("/")  # where any user may be
_SETTINGS: Final = {
    "port": POSTGRES_PORT,
    "listen_addresses": "",
    "max_connections": "120",
    "max_locks_per_transaction": "256",  # a tenant's schema is dropped in one transaction
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    # After a crash all that was written must be on the disk before anything else: file by file that
    # took 40 seconds with the schemas of ten tenants, and grows with each of them.
    "recovery_init_sync_method": "syncfs",
    "random_page_cost": "1.1",  # no head to move: by the default, tables are read whole too early
    # Failing statements carry message texts: neither they nor the rows they met may be logged.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_FORGETFUL: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """The PostgreSQL of one data folder; `durable=False` trades safety for speed in tests."""

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self._data = data
        self._home = data / "pg"
        self._draft = data / "pg.new"
        self._sockets = postgres_socket_dir(data)
        self._durable = durable
        self._account: Account = postgres_account(self._home, program=postgres_binary("postgres"))

    def initdb(self) -> Process | None:
        """Return the process that creates the cluster, None when there is one.

        It works in a draft folder: one killed half-way is never taken for a cluster.
        """
        if (self._home / "PG_VERSION").exists():
            self._check_version()
            return None
        shutil.rmtree(self._draft, ignore_errors=True)
        own(self._draft, self._account)
        options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        if not self._durable:
            options.append("--no-sync")
        return Process(
            name="initdb",
            argv=[
                str(postgres_binary("initdb")),
                "-D",
                str(self._draft),
                f"--username={DATABASE_USER}",
                "--builtin-locale=C.UTF-8",
                "--auth=reject",  # our own rules come with each start
                *options,
            ],
            env=_ENV,
            cwd=_ROOT,
            setpriv=self._account.setpriv,
        )

    def adopt(self) -> None:
        """Make the finished draft the cluster."""
        self._draft.rename(self._home)

    def process(self) -> Process:
        """Return the server; ready once it answers and has our database."""
        settings = {
            **_SETTINGS,
            **({} if self._durable else _FORGETFUL),
            "unix_socket_directories": str(self._sockets),
            "hba_file": str(self._home / "trunkline_hba.conf"),
            "ident_file": str(self._home / "trunkline_ident.conf"),
        }
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        return Process(
            name="postgres",
            argv=[str(postgres_binary("postgres")), "-D", str(self._home), *options],
            env=_ENV,
            cwd=_ROOT,
            ready=self._answers,
            prepare=self._prepare,
            stop_signal=signal.SIGINT,
            hurry_signal=signal.SIGQUIT,
            patience=60.0,
            setpriv=self._account.setpriv,
        )

    def _prepare(self) -> None:
        """Remove what a crash left: to PostgreSQL any living process in a pid file is itself."""
        end_leftovers(self._data, only_postgres=True)
        own(self._sockets, self._account)
        (self._home / "postmaster.pid").unlink(missing_ok=True)
        for stale in self._sockets.glob(".s.PGSQL.*"):
            stale.unlink(missing_ok=True)
        self._write("trunkline_hba.conf", "local all all peer map=trunkline\n")
        self._write("trunkline_ident.conf", f'trunkline "{_our_name()}" {DATABASE_USER}\n')

    def _write(self, name: str, content: str) -> None:
        path = self._home / name
        path.write_text(content, encoding="utf-8")
        if os.geteuid() == 0:
            os.chown(path, self._account.uid, self._account.gid)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(
                host=str(self._sockets),
                port=POSTGRES_PORT,
                user=DATABASE_USER,
                dbname="postgres",
                connect_timeout=3,
                autocommit=True,
            ) as connection:
                row = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME]
                ).fetchone()
                if row is None:
                    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE_NAME))
                    connection.execute(create)
        except psycopg.OperationalError:
            return False
        return True

    def _check_version(self) -> None:
        found = (self._home / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != _MAJOR:
            message = (
                f"{self._home} was written by PostgreSQL {found}, this is {_MAJOR}: "
                "set DATA_DIR to a new folder, or dump it with the old release first"
            )
            raise LocalError(message)


def _our_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError as error:
        message = f"user {os.geteuid()} has no name on this machine, PostgreSQL needs one"
        raise LocalError(message) from error
