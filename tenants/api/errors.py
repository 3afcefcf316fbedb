"""How the API says no."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception into an answer; two writers who met at a constraint get a 409."""
    if isinstance(error, IntegrityError):
        detail = "This collides with what is stored: it is in use, or a name or number is taken."
        return Response({"detail": detail}, status=status.HTTP_409_CONFLICT)
    return exception_handler(error, context)
