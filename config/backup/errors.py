"""What makes a backup or its restoration impossible."""

from __future__ import annotations


class BackupError(Exception):
    """Nothing was done, or it was taken back; the message says why to whoever runs the command."""
