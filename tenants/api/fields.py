"""Serializer fields that both APIs share."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from rest_framework import serializers


class KnownFields:
    """Mixin of serializers: a misspelt field is an error, not silence.

    Read-only fields are let through, so that what was read can be sent back.
    """

    def to_internal_value(self: Any, data: Any) -> Any:
        """Refuse names that are no field, then go on as usual."""
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError(
                {name: ["There is no such field."] for name in sorted(unknown)}
            )
        return super().to_internal_value(data)  # type: ignore[misc]


class RowField(serializers.PrimaryKeyRelatedField[Model]):
    """Reference by id; 1e400 is an id that does not exist, too."""

    def to_internal_value(self, data: Any) -> Model:
        if not isinstance(data, int | str) or isinstance(data, bool):
            self.fail("incorrect_type", data_type=type(data).__name__)
        if not _is_id(data):
            self.fail("does_not_exist", pk_value=str(data)[:40])
        return super().to_internal_value(data)  # type: ignore[arg-type]  # the stubs want a row


def _is_id(data: int | str) -> bool:
    if isinstance(data, int):
        return 0 <= data < 10**18
    return data.isascii() and data.isdecimal() and len(data) < 19
