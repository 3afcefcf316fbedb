"""WSGI entry of the web process: webhooks by their short way, all else by Django's."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config import patience
from config.garbage import spare_what_stays

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

portal = get_wsgi_application()

from config import page_bodies  # noqa: E402  # these need the settings
from providers import intake, webhooks  # noqa: E402

patience.limit(settings.WEB_STATEMENT_TIMEOUT)
# The first visitor of each half of the portal would wait for its views to be imported.
for _urls in (settings.ROOT_URLCONF, settings.PUBLIC_SCHEMA_URLCONF):
    get_resolver(_urls).url_patterns  # noqa: B018  # read once is loaded
spare_what_stays()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Hand a carrier's request to the intake before Django makes a request of it."""
    if environ["PATH_INFO"].startswith(intake.PREFIX):
        return webhooks.dispatch(environ, start_response)
    return page_bodies.answer(portal, environ, start_response)
