"""`manage.py migrate_tenants`: run before new code starts."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from contextlib import redirect_stdout
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.migration import TenantsLeftBehind, migrate_all
from tenants.migration_workers import serve


class Command(BaseCommand):
    """Migrate the public schema, the template of new tenants and every tenant's schema."""

    help = "Bring the public schema and every tenant's schema up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--jobs",
            type=int,
            choices=range(1, 65),
            metavar="N",
            help="tenants migrated at the same time (as many as processors, where it takes long)",
        )
        parser.add_argument(
            "--from-stdin",
            action="store_true",
            help="only the schemas named on standard input; this is how the command starts more"
            " of itself",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["from_stdin"]:
            answers = sys.stdout
            with redirect_stdout(sys.stderr):  # whatever a migration prints is no answer
                serve(sys.stdin, answers)
            return
        try:
            migrate_all(self._say, jobs=options["jobs"])
        except TenantsLeftBehind as error:
            raise CommandError(str(error)) from None

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
