#!/usr/bin/env python3
"""Run one of the portal's commands; `up` starts everything."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Hand the command line to Django; Ctrl-C ends without a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415

        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
