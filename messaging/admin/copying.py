"""Cells with a button that copies."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from messaging.admin.base import national


def copy_button(number: str) -> SafeString:
    """Button that copies a number as machines write it; beside a link, never inside."""
    return format_html(
        '<button type="button" class="tl-icon-button" data-copy="{}" data-copy-name="Number"'
        ' aria-label="Copy {}" title="Copy the number">'
        '<span class="material-symbols-outlined" aria-hidden="true" data-copy-icon>content_copy'
        "</span></button>",
        number,
        national(number),
    )


def number_with_copy(number: str) -> SafeString:
    """Show a number as people write it, with a button that copies it; in cells without a link."""
    return format_html(
        '<span class="tl-number">{} {}</span>', national(number), copy_button(number)
    )


def warning(text: str) -> SafeString:
    """Show a warning with a sign that is not told by its color alone."""
    return format_html(
        '<span class="tl-warning"><span class="material-symbols-outlined" aria-hidden="true">'
        "warning</span> {}</span>",
        text,
    )
