"""Pages of the API's lists."""

from __future__ import annotations

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """`{count, next, previous, results}`, up to 200 rows a page by `page_size`."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
