"""Pages by cursor, of threads and of a thread: messages arrive while somebody reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class ListPages(CursorPagination):
    """`{count, next, previous, results}` of the conversations, the latest first."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering: tuple[str, ...] = ("-last_at", "-id")
    count: int

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """Take one page.

        Raises NotFound for a cursor that was made up.
        """
        assert isinstance(queryset, QuerySet)  # noqa: S101  # a thread's rows, never a list
        self.count = queryset.count()
        try:
            return super().paginate_queryset(queryset, request, view)
        except ValidationError as error:
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
        described["properties"]["count"] = {"type": "integer"}
        return described


class ThreadPages(ListPages):
    """The messages of one: the latest page first, each page newest last."""

    ordering = ("-created_at", "-id")

    def get_paginated_response(self, data: Any) -> Response:
        return super().get_paginated_response(data[::-1])
