"""Pages by cursor, of threads and of a thread: messages arrive while somebody reads."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response

from tenants.api.pagination import CursorPages, LongPages


class ListPages(CursorPages):
    """The conversations, the latest first."""

    ordering = ("-last_at", "-id")


class ThreadPages(CursorPages):
    """The messages of one: the latest page first, each page newest last."""

    ordering = ("-created_at", "-id")

    def get_paginated_response(self, data: Any) -> Response:
        return super().get_paginated_response(data[::-1])


class LogPages(LongPages):
    """The messages of all, the latest first."""

    ordering = ("-created_at", "-id")
