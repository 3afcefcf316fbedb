"""Pages of a long list, without counting all of it."""

from __future__ import annotations

import json
from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Counts so far and no further: nobody turns ten thousand rows over page by page."""

    template_name = "admin/messaging/capped_pages.html"
    most = 10_000
    # Counting ten thousand costs as much as the rest of a page. Where this is set, PostgreSQL's
    # estimate will do, as long as it is so many times beyond what can be turned to.
    may_estimate = False
    _FAR_BEYOND = 4

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        keys = rows.order_by().values("pk")
        if self.may_estimate:
            (plan,) = json.loads(keys.explain(format="json"))
            if plan["Plan"]["Plan Rows"] >= self._FAR_BEYOND * self.most:
                return self.most + 1
        return int(keys[: self.most + 1].count())

    @cached_property
    def count(self) -> int:
        """Rows that can be turned to."""
        return min(self._counted, self.most)

    @property
    def has_more(self) -> bool:
        """Whether there are rows beyond those that were counted."""
        return self._counted > self.most
