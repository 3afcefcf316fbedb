"""Pages of the API's lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param
from rest_framework.views import APIView

_SIZE = 50
_LARGEST = 200
# Of a long list nobody waits for the rest to be counted, or turns to its two hundredth page.
_MOST = 10_000
_LONGEST_NUMBER = 9  # digits; whoever asks for more means harm


class Pages(PageNumberPagination):
    """`{count, next, previous, results}`, up to 200 rows a page by `page_size`."""

    page_size = _SIZE
    page_size_query_param = "page_size"
    max_page_size = _LARGEST


class CursorPages(CursorPagination):
    """The same by a place in the list, which new rows do not move; each list names its order.

    `count` ends at 10,000, which means that or more.
    """

    page_size = _SIZE
    page_size_query_param = "page_size"
    max_page_size = _LARGEST
    # Rows of one moment are passed over by number. An import writes thousands at once, and a client
    # would be led in a circle from DRF's thousandth on.
    offset_cutoff = 1_000_000
    count: int

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """Take one page.

        Raises NotFound for a cursor that was made up.
        """
        assert isinstance(queryset, QuerySet)  # noqa: S101  # rows, never a list
        self.count = _counted(queryset)
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError) as error:
            raise NotFound(self.invalid_cursor_message) from error

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "count": self.count,
                "next": self.get_next_link(),
                "previous": self.get_previous_link(),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the answer, with the count that DRF's own pages by cursor lack."""
        described = super().get_paginated_response_schema(schema)
        described["properties"]["count"] = {
            "type": "integer",
            "description": "10000 means that or more.",
        }
        return described


class LongPages(CursorPages):
    """Pages that `page` finds too, as far as rows are counted; the links lead on to the end."""

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """Take one page, by `page` where it is given.

        Raises NotFound.
        """
        number = request.query_params.get("page")
        if number is None or self.cursor_query_param in request.query_params:
            return super().paginate_queryset(queryset, request, view)
        assert isinstance(queryset, QuerySet)  # noqa: S101  # rows, never a list
        self.count = _counted(queryset)
        return self._numbered(queryset, request, number)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe `page` too."""
        page = {
            "name": "page",
            "required": False,
            "in": "query",
            "description": "A page by its number, within the first 10,000 rows.",
            "schema": {"type": "integer"},
        }
        return [*super().get_schema_operation_parameters(view), page]

    def _numbered(self, rows: QuerySet[Any], request: Request, number: str) -> list[Any]:
        size = self.get_page_size(request) or _SIZE
        is_number = number.isascii() and number.isdigit() and len(number) < _LONGEST_NUMBER
        start = (int(number) - 1) * size if is_number else -1
        if start < 0 or start >= max(self.count, 1):
            raise NotFound("Invalid page.")
        found = list(rows.order_by(*self.ordering)[start : start + size + 1])
        # What the links are made of.
        self.base_url = remove_query_param(request.build_absolute_uri(), "page")
        self.cursor = Cursor(offset=start, reverse=False, position=None)
        self.page_size, self.page = size, found[:size]
        self.has_previous, self.previous_position = start > 0, None
        self.has_next = len(found) > size
        if self.has_next:
            self.next_position = self._get_position_from_instance(found[-1], self.ordering)
        return self.page


def _counted(rows: QuerySet[Any]) -> int:
    return rows.order_by().values("pk")[:_MOST].count()
