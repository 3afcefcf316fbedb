"""What every API view stands on: nothing that a caller sends becomes a 5xx."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request
from rest_framework.views import APIView

from tenants.api.parsing import StrictJson
from tenants.api.permissions import IsSystemAdmin
from tenants.api.refusals import TooLarge

NOTHING_HERE = "There is nothing at this address. Addresses end with a slash."


class GuardedView(APIView):
    """View that turns away what its parsers and PostgreSQL could not take."""

    parser_classes = [StrictJson]
    # Of a primary key in the path; the longest that is surely a bigint.
    lookup_value_regex = r"[0-9]{1,18}"
    # Of a body; None = what Django allows for forms.
    most_bytes: int | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Judge the caller first, then the size, then the query."""
        super().initial(request, *args, **kwargs)
        length = request.META.get("CONTENT_LENGTH") or "0"
        # Django's own check answers with a page.
        most = self.most_bytes or settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        if not length.isdecimal() or int(length) > most:
            raise TooLarge
        query = request.query_params
        if any("\0" in text for key in query for text in (key, *query.getlist(key))):
            raise ParseError("The query holds a NUL character.")


class NoSuchAddress(GuardedView):
    """Every other address under the platform's API: a program reads JSON, not a page."""

    permission_classes = [IsSystemAdmin]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Answer 404 to whoever may call the API at all."""
        super().initial(request, *args, **kwargs)
        raise NotFound(NOTHING_HERE)
