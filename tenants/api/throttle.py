"""How many requests a minute one API key may make: a program gone wild slows nobody else down."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from tenants.models import ApiKey

if TYPE_CHECKING:  # rest_framework.views imports this module for its defaults
    from rest_framework.views import APIView

_WINDOW = 60


class KeyThrottle(BaseThrottle):
    """Count by key, never by address: many customers may share one. Sessions are not counted."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Tell whether the key has requests left in this minute."""
        most: int = settings.API_REQUESTS_PER_MINUTE
        if not most or not isinstance(request.auth, ApiKey):
            return True
        self._now = time.time()
        place = f"api-requests:{request.auth.pk}:{int(self._now // _WINDOW)}"
        # Most requests are not the minute's first.
        try:
            return bool(cache.incr(place) <= most)
        except ValueError:
            return bool(cache.add(place, 1, timeout=2 * _WINDOW) or cache.incr(place) <= most)

    def wait(self) -> float:
        """Return the seconds until the next minute, for `Retry-After`."""
        return _WINDOW - self._now % _WINDOW
