"""Rows of a list without what unfold works out, or renders by a template, for each of them anew.

It makes all column headings once per row, the box that ticks them all included, and a template of
its own for each row's box and badge: half the time of a page.
"""

from __future__ import annotations

from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.contrib.admin import helpers
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ChangeList
from django.utils.safestring import SafeString, mark_safe
from unfold import admin
from unfold.templatetags import unfold_list

_KEY = "RowKey"  # no slug has capitals
_headers = unfold_list.result_headers
_label = unfold_list.display_for_label
_filtered = unfold_list.add_preserved_filters
_box = admin.checkbox
_url = ChangeList.url_for_result


def install() -> None:
    """Put the quick ways in the place of unfold's own."""
    unfold_list.result_headers = _headers_once
    unfold_list.display_for_label = _label_once
    unfold_list.add_preserved_filters = _filtered_once
    admin.checkbox = _Box()
    admin.ChangeList.url_for_result = _url_by_pattern


def _headers_once(changelist: Any) -> list[dict[str, Any]]:
    known: dict[str, Any] = changelist.__dict__
    if "row_headers" not in known:
        known["row_headers"] = list(_headers(changelist))
    return known["row_headers"]  # type: ignore[no-any-return]


def _label_once(value: Any, empty: str, label: Any) -> Any:
    words = value if isinstance(value, tuple) else (value,)
    if isinstance(label, dict) and all(type(word) is str for word in words):
        return _known_label(value, empty, tuple(label.items()))
    return _label(value, empty, label)


@lru_cache(maxsize=256)
def _known_label(value: Any, empty: str, kinds: tuple[tuple[str, str], ...]) -> Any:
    return _label(value, empty, dict(kinds))


class _Box:
    """The box that ticks a row."""

    def render(self, name: str, value: object) -> SafeString:
        """Write the box; keys that could hold more than letters and digits go the long way."""
        key = str(value)
        if name != helpers.ACTION_CHECKBOX_NAME or not key.replace("-", "").isalnum():
            return _box.render(name, value)  # type: ignore[no-any-return]
        return mark_safe(_pattern_of_box().replace(_KEY, key))  # noqa: S308  # a key, see above


@cache
def _pattern_of_box() -> str:
    return str(_box.render(helpers.ACTION_CHECKBOX_NAME, _KEY))


def _url_by_pattern(changelist: Any, row: Any) -> str:
    key = getattr(row, changelist.pk_attname)
    if not isinstance(key, (int, UUID)):
        return _url(changelist, row)
    known: dict[str, Any] = changelist.__dict__
    if "row_url" not in known:
        # With the filters to come back to, which it takes resolving the address to add.
        context = {"preserved_filters": changelist.preserved_filters, "opts": changelist.opts}
        row_of_key: Any = SimpleNamespace(**{changelist.pk_attname: _KEY})
        known["row_url"] = _filtered(context, _url(changelist, row_of_key))
    return known["row_url"].replace(_KEY, quote(str(key)), 1)  # type: ignore[no-any-return]


def _filtered_once(context: dict[str, Any], url: str) -> str:
    return url if "?" in url else str(_filtered(context, url))
