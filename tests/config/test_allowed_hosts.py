"""A forged Host header gets no page, and so no link in any mail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SHOW = "from django.conf import settings; print(','.join(settings.ALLOWED_HOSTS))"


@pytest.mark.parametrize(
    ("variables", "hosts"),
    [
        ({"PUBLIC_URL": ""}, "*"),
        ({"PUBLIC_URL": "https://a.example"}, "a.example,localhost,127.0.0.1,[::1]"),
        ({"PUBLIC_URL": "https://a.example", "ALLOWED_HOSTS": "b.example"}, "b.example"),
    ],
    ids=["trial", "public address", "list"],
)
def test_hosts_follow_from_the_public_address(variables: dict[str, str], hosts: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=REPOSITORY,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **variables},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert shown.strip() == hosts
