"""Make somebody a system admin."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.forms import ValidationError

from tenants.memberships import account_of
from tenants.schema import tenant_connection


class Command(BaseCommand):
    """May be repeated: an account that exists gets the password and the rights."""

    help = "Make a system admin, or give an account that exists the password and the rights."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--password", required=True)

    def handle(self, *args: Any, email: str, password: str, **options: Any) -> None:
        tenant_connection.set_schema_to_public()
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email!r} is not an e-mail address.") from error
        user = account_of(email)
        user.set_password(password)
        user.is_system_admin = True
        user.is_active = True
        user.save()
        self.stdout.write(f"{user.email} is a system admin.")
