"""What stands above a page and on its tab: the menu's words, then the row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

register = template.Library()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One step of the way to the page; the last has no link."""

    title: str
    link: str = ""


@register.simple_tag(takes_context=True)
def page_heading(context: Context) -> list[Part]:
    """Return the way to the page, the list first."""
    title = str(context.get("title") or "")
    opts = context.get("opts")
    if opts is None:
        return [Part(title=title)] if title else []
    cl = context.get("cl")
    link = _reversed(context, opts, "changelist")
    listed = _menu_title(context, link)
    if cl is not None:
        own = title if title != str(cl.title) else ""
        return [Part(title=listed or own or _plural(opts))]
    above = Part(title=listed or _plural(opts), link=link)
    row = context.get("original") or context.get("object")
    if row is None or isinstance(row, str):
        return [above, Part(title=title)] if title else [above]
    if "deleted_objects" not in context:
        return [above, Part(title=str(context.get("row_title") or row))]
    page = _reversed(context, opts, "change", row.pk)
    return [above, Part(title=str(row), link=page), Part(title="Delete")]


@register.simple_tag(takes_context=True)
def page_title(context: Context) -> str:
    """Return the words of the browser's tab, the most telling first."""
    return " · ".join(part.title for part in reversed(page_heading(context)))


def _plural(opts: Any) -> str:
    return str(capfirst(opts.verbose_name_plural))


def _reversed(context: Context, opts: Any, page: str, *args: Any) -> str:
    site = getattr(context.get("request"), "current_app", None) or "admin"
    try:
        return reverse(f"{site}:{opts.app_label}_{opts.model_name}_{page}", args=args)
    except NoReverseMatch:
        return ""


def _menu_title(context: Context, link: str) -> str:
    for group in context.get("sidebar_navigation") or []:
        for item in group.get("items", []):
            if link and str(item.get("link")) == link:
                return str(item["title"])
    return ""
