"""Fill the portal with two demo companies."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from messaging import demo
from tenants.schema import tenant_connection


class Command(BaseCommand):
    """May be repeated: what is there stays as it is."""

    help = "Make two demo companies with people, numbers and accounts at the stand-in Bandwidth."

    def handle(self, *args: Any, **options: Any) -> None:
        tenant_connection.set_schema_to_public()
        demo.seed()
        self.stdout.write(f"Sign-ins, all with the password {demo.PASSWORD}")
        self._line(demo.SYSTEM_ADMIN, "system admin")
        for company in demo.COMPANIES:
            self._line(company.admin[1], f"admin of {company.name}")
            for desk in company.desks:
                self._line(desk.email, f"extension {desk.extension} of {company.name}")

    def _line(self, email: str, what: str) -> None:
        self.stdout.write(f"  {email:<24} {what}")
