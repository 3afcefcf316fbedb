"""The answers of the tenant's API that DRF has no exception for."""

from __future__ import annotations

from rest_framework import status
from rest_framework.exceptions import APIException


class Refused(APIException):
    """A send, retry or cancel that the rules forbid; nothing was stored."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY

    def __init__(self, code: str, text: str) -> None:
        super().__init__(detail={"code": code, "detail": text})


class InUse(APIException):
    """Something cannot go while other rows need it."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "in_use"


class TooLarge(APIException):
    """The body is over the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The body of the request is too large."
