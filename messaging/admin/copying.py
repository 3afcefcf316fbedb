"""Cells with a button that copies."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from messaging.admin.base import national


def number_with_copy(number: str) -> SafeString:
    """Show a number as people write it, with a button that copies it as machines do."""
    shown = national(number)
    return format_html(
        '<span class="tl-number">{} <button type="button" class="tl-icon-button" data-copy="{}"'
        ' data-copy-name="Number" aria-label="Copy {}" title="Copy {}">'
        '<span class="material-symbols-outlined" aria-hidden="true" data-copy-icon>content_copy'
        "</span></button></span>",
        shown,
        number,
        shown,
        number,
    )


def warning(text: str) -> SafeString:
    """Show a warning with a sign that is not told by its color alone."""
    return format_html(
        '<span class="tl-warning"><span class="material-symbols-outlined" aria-hidden="true">'
        "warning</span> {}</span>",
        text,
    )
