"""`manage.py rotate_encryption_keys`: before an old key is thrown away."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.key_rotation import Tally, rotate, told
from tenants.schema import tenant_connection


class Command(BaseCommand):
    """May be broken off and repeated; exit code 1 while a key but the first is still needed."""

    help = "Encrypt every stored credential with the first key of FIELD_ENCRYPTION_KEYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing, and tell what there is to do"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        tenant_connection.set_schema_to_public()
        tally = rotate(only_look=check, say=self._say)
        self.stdout.write(told(tally))
        if not tally.is_done:
            raise CommandError(_reasons(tally))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _reasons(tally: Tally) -> str:
    lines = []
    if tally.waiting:
        lines.append(f"{tally.waiting} values still need an older key: keep it, and run this again")
    if tally.lost:
        lines.append(
            f"{tally.lost} values cannot be decrypted by any key: put the key back that wrote"
            " them, or enter them anew in the portal"
        )
        lines += [f"  {row}" for row in tally.lost_rows]
        if tally.lost > len(tally.lost_rows):
            lines.append(f"  and {tally.lost - len(tally.lost_rows)} more")
    return "\n".join(lines)
