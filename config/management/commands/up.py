"""`manage.py up`: the whole portal on this machine, until Ctrl-C."""

from __future__ import annotations

import os
import socket
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.db import connection

from config import processes
from config.embedded import (
    LocalError,
    PortInUse,
    Process,
    Supervisor,
    require_free_port,
    start_local_servers,
)
from config.local import is_on
from config.welcome import introduce_demo, welcome
from messaging import demo
from tenants.migration import TenantsLeftBehind, migrate_all


class Command(BaseCommand):
    """Start what is missing, migrate, start every process, stop all on Ctrl-C or SIGTERM."""

    help = "Start the portal with everything it needs, until Ctrl-C."
    requires_system_checks: list[str] = []  # several need the database, which is not up yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-demo", action="store_true", help="an empty platform without stand-in Bandwidth"
        )
        parser.add_argument(
            "--verbose-logs", action="store_true", help="show the processes' output here"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._began = time.monotonic()
        with_demo = not options["no_demo"]
        host = os.environ.get("HOST", "127.0.0.1")
        env = self._environment(with_demo=with_demo)
        supervisor = Supervisor(
            settings.DATA_DIR, progress=self._say, verbose=options["verbose_logs"]
        )
        try:
            with supervisor:
                # Inside: what a killed run left on our ports is gone by now.
                self._claim_ports(env, host=host, with_demo=with_demo)
                self._run(supervisor, env=env, host=host, with_demo=with_demo)
                supervisor.wait()
                self._say("stopping")
        except (LocalError, TenantsLeftBehind) as error:
            raise CommandError(str(error)) from None

    def _claim_ports(self, env: dict[str, str], *, host: str, with_demo: bool) -> None:
        require_free_port(settings.PORT, "PORT", host=host)
        if with_demo:
            require_free_port(settings.SIMULATOR_PORT, "SIMULATOR_PORT", host=host)
        env["EVENTS_PORT"] = str(self._events_port(host))

    def _environment(self, *, with_demo: bool) -> dict[str, str]:
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
        if with_demo:
            stand_in = f"http://127.0.0.1:{settings.SIMULATOR_PORT}"
            for name, path in (
                ("BANDWIDTH_MESSAGE_BASE_URL", "/api/v2"),
                ("BANDWIDTH_TOKEN_URL", "/api/v1/oauth2/token"),
            ):
                env[name] = env.get(name) or f"{stand_in}{path}"
            # Nobody fetches a phone to look at a demo whose password is public.
            env["REQUIRE_SYSTEM_ADMIN_MFA"] = env.get("REQUIRE_SYSTEM_ADMIN_MFA") or "false"
        return env

    def _events_port(self, host: str) -> int:
        if "EVENTS_PORT" in os.environ:
            require_free_port(settings.EVENTS_PORT, "EVENTS_PORT", host=host)
            return int(settings.EVENTS_PORT)
        try:
            require_free_port(settings.EVENTS_PORT, "EVENTS_PORT", host=host)
        except PortInUse:
            # Nobody chose it and pages carry it: any free port does.
            with socket.socket() as probe:
                probe.bind((host, 0))
                return int(probe.getsockname()[1])
        return int(settings.EVENTS_PORT)

    def _run(
        self, supervisor: Supervisor, *, env: dict[str, str], host: str, with_demo: bool
    ) -> None:
        if settings.EMBEDDED_DATABASE or settings.EMBEDDED_REDIS:
            self._say("starting the database and the queue")
        start_local_servers(supervisor)
        # An empty database asks nothing of those who wait for tasks, so they start meanwhile. In
        # any other the tasks that wait, too, are for the tables as they are going to be.
        waiting = self._those_who_wait(env=env, host=host, with_demo=with_demo)
        is_new = _is_empty_database()
        group = supervisor.launch(*(waiting if is_new else []))
        self._say("bringing the database up to date")

        def report(line: str) -> None:
            self._say(line)
            supervisor.check()

        migrate_all(report)
        supervisor.check()
        # Where mails go without a mail server: they hold people's texts.
        (settings.DATA_DIR / "mail").mkdir(mode=0o700, exist_ok=True)
        self._say("starting the portal")
        web = processes.web(host=host, port=settings.PORT, env=env)
        supervisor.launch(web, *([] if is_new else waiting), joining=group)
        if with_demo:
            demo.seed()
        connection.close()
        # It may ask for the schema of a demo tenant that is being made.
        supervisor.launch(processes.beat(data=settings.DATA_DIR, env=env), joining=group)
        supervisor.await_ready(group)
        simulator_url = f"http://127.0.0.1:{settings.SIMULATOR_PORT}"
        if with_demo:
            introduce_demo(simulator_url)
        self._say("ready" if with_demo else f"ready: {settings.PUBLIC_URL}")
        if with_demo:
            self.stdout.write(
                welcome(simulator_url, two_step=is_on(env["REQUIRE_SYSTEM_ADMIN_MFA"]))
            )
            if host not in ("127.0.0.1", "localhost", "::1"):
                self.stdout.write(
                    "  Others can reach this address, and the demo's password is public: "
                    "use --no-demo for more than a trial.\n\n"
                )
        self.stdout.write("Ctrl-C stops everything.\n")
        self.stdout.flush()

    def _those_who_wait(self, *, env: dict[str, str], host: str, with_demo: bool) -> list[Process]:
        waiting = [
            processes.worker("worker", queue="messages", env=env),
            # Broadcasts ride along: a worker of their own would cost small machines its memory.
            processes.worker("worker-slow", queue="slow,bulk", env=env),
            processes.events(host=host, port=int(env["EVENTS_PORT"]), env=env),
        ]
        if with_demo:
            waiting.append(processes.simulator(host=host, port=settings.SIMULATOR_PORT, env=env))
        return waiting

    def _say(self, line: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self._began:5.1f} s] {line}\n")
        self.stdout.flush()


def _is_empty_database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.django_migrations') IS NULL")
        [(is_empty,)] = cursor.fetchall()
        return bool(is_empty)
