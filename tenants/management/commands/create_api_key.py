"""Issue an API key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.memberships import find_account
from tenants.models import ApiKey, Tenant
from tenants.schema import tenant_connection


class Command(BaseCommand):
    """Prints the key alone, so that a script can take it."""

    help = "Issue an API key that acts for a person, and print it: it is shown this once only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="Whom the key acts for.")
        parser.add_argument("--tenant", metavar="SLUG", help="Open this tenant only.")
        parser.add_argument("--name", default="", help="What the key is for.")

    def handle(self, *args: Any, email: str, tenant: str | None, name: str, **options: Any) -> None:
        tenant_connection.set_schema_to_public()
        user = find_account(email)
        if user is None:
            raise CommandError(f"There is no account of {email}.")
        company = Tenant.objects.filter(slug=tenant).first() if tenant else None
        if tenant and company is None:
            raise CommandError(f"There is no tenant {tenant}.")
        _, secret = ApiKey.issue(user, tenant=company, name=name)
        self.stdout.write(secret)
