"""Pages of a long list, without counting all of it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Counts so far and no further: nobody turns ten thousand rows over page by page."""

    template_name = "admin/messaging/capped_pages.html"
    most = 10_000

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: self.most + 1].count())

    @cached_property
    def count(self) -> int:
        """Rows that can be turned to."""
        return min(self._counted, self.most)

    @property
    def has_more(self) -> bool:
        """Whether there are rows beyond those that were counted."""
        return self._counted > self.most
