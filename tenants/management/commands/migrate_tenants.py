"""`manage.py migrate_tenants`: run before new code starts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tenants.migration import migrate_all


class Command(BaseCommand):
    """Migrate the public schema and every tenant's."""

    help = "Bring the public schema and every tenant's schema up to date."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_all(self.stdout.write)
