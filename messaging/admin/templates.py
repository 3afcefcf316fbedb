"""Templates: texts kept for use again, of the tenant or of one's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.utils.text import Truncator
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from messaging.admin.base import ScreenRequest
from messaging.admin.bulk import BulkAdmin
from messaging.admin.tenant_form import TenantForm, select
from messaging.models import Template
from messaging.segments import measure

SHARED, OWN = "shared", "own"


class TemplateForm(TenantForm):
    """A text, and who finds it."""

    whose = forms.ChoiceField(
        label="For",
        choices=[(SHARED, "Everybody in the company"), (OWN, "Only me")],
        widget=select(),
    )

    class Meta:
        model = Template
        fields = ["title", "text"]
        widgets = {"text": UnfoldAdminTextareaWidget(attrs={"rows": 6, "data-segments": ""})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.instance.pk is not None and self.instance.owner_id is not None
        self.initial["whose"] = OWN if own else SHARED

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        if not text:
            raise forms.ValidationError("A template needs a text.")
        return text.replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.instance.owner = self.user if cleaned.get("whose") == OWN else None
        others = Template.objects.filter(
            owner=self.instance.owner, title=cleaned.get("title", "")
        ).exclude(pk=self.instance.pk or 0)
        if others.exists():
            self.add_error("title", "There is a template of this title already.")
        return cleaned


class TemplateAdmin(BulkAdmin):
    """The tenant's templates, and the person's own."""

    form = TemplateForm
    list_display = ["title", "start", "segments", "whose"]
    search_fields = ["title", "text"]
    search_help_text = "Search by title or text"
    fields = ["title", "text", "whose"]

    class Media:
        js = ["inbox/segments.js", "messaging/segments.js"]

    empty_title = "No template yet"
    empty_text = (
        "A template is a text you send often, such as opening hours: it is a click away in every"
        " conversation."
    )

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Template]:
        queryset: QuerySet[Template] = super().get_queryset(request)
        return queryset.filter(Q(owner=None) | Q(owner=request.user))

    def may_change(self, request: ScreenRequest, obj: Any) -> bool:
        return obj.owner_id in (None, request.user.pk)

    @admin.display(description="Text", ordering="text")
    def start(self, obj: Template) -> str:
        return Truncator(obj.text).chars(80)

    @admin.display(description="Segments")
    def segments(self, obj: Template) -> int:
        return measure(obj.text).count

    @display(description="For", ordering="owner", label={"Everybody": "info", "Only me": ""})  # type: ignore[untyped-decorator]
    def whose(self, obj: Template) -> str:
        """Badge: shared or own."""
        return "Everybody" if obj.owner_id is None else "Only me"
