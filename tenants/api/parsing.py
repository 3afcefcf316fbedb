"""Reading bodies that nobody vouches for: whatever is wrong with one is the sender's 4xx."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import SuspiciousOperation
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser


class StrictJson(JSONParser):
    """JSON that is not too deep and can be written as UTF-8 again."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Parse the body.

        Raises ParseError.
        """
        try:
            data = super().parse(stream, media_type, parser_context)
            _check_text(data)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply.") from error
        except UnicodeEncodeError as error:
            # An error message that quotes a lone surrogate could not be sent.
            raise ParseError("JSON parse error - a string holds half a surrogate pair.") from error
        if not isinstance(data, dict):
            raise ParseError("Send a JSON object.")
        return data


class Upload(MultiPartParser):
    """A form with a file."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> DataAndFiles[Any, Any]:
        """Parse the form.

        Raises ParseError.
        """
        try:
            return super().parse(stream, media_type, parser_context)
        except SuspiciousOperation as error:
            raise ParseError("The form has too many fields or files.") from error


def _check_text(value: Any) -> None:
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, float) and not math.isfinite(value):
        raise ParseError("JSON parse error - a number is too large.")  # 1e400 reads as infinity
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            key.encode()
            _check_text(item)
