"""The answer of the tenant's API to what the rules of messaging forbid."""

from __future__ import annotations

from rest_framework import status
from rest_framework.exceptions import APIException


class Refused(APIException):
    """A send, retry or cancel that the rules forbid; nothing was stored."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY

    def __init__(self, code: str, text: str) -> None:
        super().__init__(detail={"code": code, "detail": text})
