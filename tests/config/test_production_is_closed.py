"""With a production's settings Django has nothing to complain of, and browsers get it all safe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# On one worker, or each would start a production of its own.
pytestmark = pytest.mark.xdist_group("production")

REPOSITORY = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "PUBLIC_URL": "https://texts.example.com",
    "BEHIND_PROXY": "1",
    "SECRET_KEY": "x7!kQ2@mZ9#pL4$vN8%rT1^wB6&yH3*cJ5(dF0)gS-aE+uI=oPqRsTuVwXyZ",
    "DEBUG": "0",
}
# A process of its own: settings are read once, when it starts.
LOOK = """
import json, django
django.setup()
from django.core import checks
from django.core.management import call_command
from django.test import Client
call_command("check", deploy=True, fail_level="INFO", verbosity=0)
to = {"HTTP_HOST": "texts.example.com", "HTTP_X_FORWARDED_FOR": "192.0.2.7"}
https = Client().get("/accounts/login/", HTTP_X_FORWARDED_PROTO="https", **to)
http = Client().get("/accounts/login/", **to)
forged = Client().get("/accounts/login/", **{**to, "HTTP_HOST": "evil.example"})
cookie = https.cookies["trunkline_csrf"]
from django.conf import settings
print(json.dumps({
    "headers": dict(https.headers),
    "plain": dict(http.headers),
    "forged": [forged.status_code, forged.content.decode()],
    "csrf": [cookie["secure"], cookie["samesite"]],
    "session": [settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,
        settings.SESSION_COOKIE_SAMESITE],
}))
"""


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What a production says of itself, and to browsers."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("ALLOWED_", "SECURE_"))}
    run = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=REPOSITORY,
        env={**variables, "DJANGO_SETTINGS_MODULE": "config.settings", **PRODUCTION},
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr  # django's check for deployment among it
    told: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return told


def test_browsers_are_told_to_insist_on_https(seen: dict[str, Any]) -> None:
    assert seen["headers"]["Strict-Transport-Security"] == "max-age=2592000"
    assert "Strict-Transport-Security" not in seen["plain"]


def test_cookies_pass_by_https_only_and_not_to_other_sites(seen: dict[str, Any]) -> None:
    assert seen["csrf"] == [True, "Lax"]
    assert seen["session"] == [True, True, "Lax"]


def test_pages_are_framed_sniffed_and_referred_to_by_nobody(seen: dict[str, Any]) -> None:
    headers = seen["headers"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_a_forged_host_is_told_nothing(seen: dict[str, Any]) -> None:
    status, page = seen["forged"]
    assert status == 400
    assert "evil.example" not in page
    assert "texts.example.com" not in page
