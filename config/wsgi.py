"""WSGI entry of the web process: webhooks by their short way, all else by Django's."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

portal = get_wsgi_application()

from providers import intake, webhooks  # noqa: E402  # they need the settings


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Hand a carrier's request to the intake before Django makes a request of it."""
    if environ["PATH_INFO"].startswith(intake.PREFIX):
        return webhooks.dispatch(environ, start_response)
    return portal(environ, start_response)
