"""Drop-downs whose options are written at once.

Django renders two templates for each option: a rule with sixty routes took a second of that.
"""

from __future__ import annotations

from typing import Any, Final

from django.forms.renderers import DjangoTemplates
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

_OPTION: Final = "django/forms/widgets/select_option.html"


class _Written:
    """Stands where a template includes that of its next option."""

    def __init__(self, html: SafeString) -> None:
        self._html = html

    def render(self, _context: Any) -> SafeString:
        return self._html


class Renderer(DjangoTemplates):
    """Django's own, but for the options of drop-downs."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        widget = context.get("widget")
        if widget and (groups := widget.get("optgroups")) and _are_usual(groups):
            written = [(name, [_options(options)], index) for name, options, index in groups]
            context = {**context, "widget": {**widget, "optgroups": written}}
        rendered: str = super().render(template_name, context, request)
        return rendered


def _are_usual(groups: list[Any]) -> bool:
    return all(option["template_name"] == _OPTION for _, options, _ in groups for option in options)


def _options(options: list[dict[str, Any]]) -> dict[str, Any]:
    lines = "\n  ".join(_option(option) for option in options)
    return {"template_name": _Written(mark_safe(lines))}  # noqa: S308  # each part is escaped


def _option(option: dict[str, Any]) -> str:
    label = conditional_escape(localize(option["label"]))
    return (
        f'<option value="{_text(option["value"])}"{_attributes(option["attrs"])}>{label}</option>'
    )


def _attributes(attributes: dict[str, Any]) -> str:
    return "".join(
        f" {conditional_escape(name)}" + ("" if value is True else f'="{_text(value)}"')
        for name, value in attributes.items()
        if value is not False
    )


def _text(value: Any) -> str:
    return conditional_escape(value if isinstance(value, str) else str(value))
