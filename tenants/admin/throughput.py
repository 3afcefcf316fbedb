"""Directory > Throughput: how much numbers of each kind may send."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from tenants.admin.audit_list import HistoryInTrail
from tenants.models import ThroughputPreset
from tenants.sites import system_site
from tenants.throughput import USUAL, figures, forget_rates


class PresetForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A kind of number and its figure."""

    class Meta:
        model = ThroughputPreset
        fields: ClassVar[list[str]] = ["kind", "segments_per_second"]
        help_texts: ClassVar[dict[str, str]] = {
            "segments_per_second": "What carriers let such a number send. A number with a figure of"
            " its own does not follow this one, and the account's limit always comes first."
        }
        error_messages: ClassVar[dict[str, dict[str, str]]] = {
            "kind": {"unique": "This kind of number has a figure already: change that one."}
        }


@admin.register(ThroughputPreset, site=system_site)
class ThroughputPresetAdmin(HistoryInTrail, ModelAdmin):  # type: ignore[misc]  # no types
    """Figures that differ from the usual ones; all of them are above the list."""

    form = PresetForm
    list_display = ["shown", "rate", "usual"]
    list_before_template = "system/throughput.html"
    empty_title = "The usual figures hold for all numbers"
    empty_text = "Add a figure for a kind of number that your carrier treats in another way."

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["kind"] if obj else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Asked for the menu of each page: only this list is worth a look at the figures.
        allowed: bool = super().has_add_permission(request)
        if not allowed or "/throughputpreset/" not in request.path:
            return allowed
        return any(figure.is_usual for figure in figures())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        extra = {"figures": figures(), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        forget_rates()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        forget_rates()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @display(description="Kind of number", ordering="kind")
    def shown(self, preset: ThroughputPreset) -> str:
        return str(preset)

    @display(description="Segments per second", ordering="segments_per_second")
    def rate(self, preset: ThroughputPreset) -> str:
        return f"{preset.segments_per_second:g}"

    @display(description="Usual")
    def usual(self, preset: ThroughputPreset) -> str:
        return f"{USUAL[preset.kind]:g}"
