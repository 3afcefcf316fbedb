"""The answer of the tenant's API to what the rules of messaging forbid."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, inline_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import APIException

REFUSAL: Final = OpenApiResponse(
    inline_serializer(
        "Refusal", {"code": serializers.CharField(), "detail": serializers.CharField()}
    ),
    description="The rules forbid it, or its state does; nothing was stored.",
    examples=[
        OpenApiExample(
            "Opted out",
            {"code": "opted_out", "detail": "This person said STOP and must not be texted."},
        )
    ],
)


class Refused(APIException):
    """A send, retry or cancel that the rules forbid; nothing was stored."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY

    def __init__(self, code: str, text: str) -> None:
        super().__init__(detail={"code": code, "detail": text})
