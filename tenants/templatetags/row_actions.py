"""Which of a list's actions a row offers."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.simple_tag
def offered_actions(screen: Any, actions: list[dict[str, Any]], row: Any) -> list[dict[str, Any]]:
    """Keep the actions that the screen offers for this row; a screen that says nothing offers all.

    A screen says it by `row_action_applies(name, row)`.
    """
    judge = getattr(screen, "row_action_applies", None)
    if judge is None:
        return list(actions or [])
    prefix = f"{screen.admin_site.name}:{screen.opts.app_label}_{screen.opts.model_name}_"
    return [one for one in actions or [] if judge(one["raw_path"].removeprefix(prefix), row)]
