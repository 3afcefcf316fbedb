"""Bring one tenant back from its backup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup.errors import BackupError
from config.backup.restoring import restore


class Command(BaseCommand):
    """The tenant must be suspended, or gone; it comes back suspended."""

    help = "Bring one tenant back as it was when backup_tenant wrote the file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            tenant = restore(file, say=self.stderr.write)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{tenant} is back. Look at its people and keys, then resume it.")
