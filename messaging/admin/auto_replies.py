"""Advanced > Auto-replies: answers out of hours and to somebody new."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.utils.text import Truncator
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from messaging.admin.base import ScreenRequest, national
from messaging.admin.bulk import BulkAdmin, BulkField
from messaging.admin.setting_bulk import OnOff
from messaging.admin.tenant_form import TenantForm, select
from messaging.consent.keywords import why_no_answer
from messaging.hours.opening import company_hours
from messaging.models import AutoReply, BusinessHours
from tenants.models import PhoneNumber

LONGEST_WINDOW = 720  # hours
_ALWAYS_OPEN = (
    "Your company has no business hours yet, so it counts as always open: this reply goes out on"
    " holidays only. Add hours under Business hours."
)


class AutoReplyForm(TenantForm):
    """When it goes, from which number, and what it says."""

    our_number = forms.ChoiceField(
        label="Your number",
        required=False,
        widget=select(),
        help_text="A number with an auto-reply of its own does not use that of all numbers.",
    )
    hours = forms.ModelChoiceField(
        label="Business hours",
        queryset=BusinessHours.objects.order_by("name"),
        required=False,
        empty_label="The company's hours",
        widget=select(),
        help_text="Only used out of hours. Holidays count as closed.",
    )
    window_hours = forms.IntegerField(
        label="At most once in",
        min_value=1,
        max_value=LONGEST_WINDOW,
        initial=12,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="Hours. The same person does not get it again before.",
    )

    class Meta:
        model = AutoReply
        fields = ["name", "kind", "our_number", "hours", "text", "window_hours", "enabled"]
        labels = {"kind": "When"}
        help_texts = {"text": "Nothing is put in: write it as everybody may read it."}
        widgets = {"text": UnfoldAdminTextareaWidget(attrs={"rows": 5, "data-segments": ""})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        numbers = PhoneNumber.objects.filter(tenant=self.tenant).order_by("number")
        choices = [(n, national(n)) for n in numbers.values_list("number", flat=True)]
        kept = self.instance.our_number
        if kept and kept not in dict(choices):
            choices.append((kept, f"{national(kept)} (no longer yours)"))
        field: Any = self.fields["our_number"]
        field.choices = [("", "All numbers"), *choices]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip().replace("\r\n", "\n")
        if not text:
            raise forms.ValidationError("An auto-reply needs a text.")
        if why := why_no_answer(text):
            raise forms.ValidationError(why)
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == AutoReply.Kind.FIRST_CONTACT:
            cleaned["hours"] = None
        return cleaned


class AutoReplyAdmin(BulkAdmin):
    """The tenant's auto-replies."""

    form = AutoReplyForm
    bulk_fields: ClassVar = {"enabled": BulkField(make=OnOff, clearable=False)}
    list_display = ["name", "when", "number", "start", "window", "state"]
    list_filter = ["kind", "enabled"]
    list_select_related = ["hours"]
    search_fields = ["name", "text"]
    search_help_text = "Search by name or text"
    fields = ["name", "kind", "our_number", "hours", "text", "window_hours", "enabled"]
    empty_title = "No auto-reply yet"
    empty_text = (
        "An auto-reply tells people by itself that you are closed, or welcomes who texts for the"
        " first time. Each text gets one at most, out of hours first; groups, short codes, texts"
        " such as STOP and whoever opted out get none."
    )

    class Media:
        js = ["inbox/segments.js", "messaging/segments.js"]

    def get_queryset(self, request: ScreenRequest) -> QuerySet[AutoReply]:
        queryset: QuerySet[AutoReply] = super().get_queryset(request)
        return queryset.select_related("hours")

    def save_model(
        self, request: ScreenRequest, obj: AutoReply, form: AutoReplyForm, change: Any
    ) -> None:
        super().save_model(request, obj, form, change)
        if obj.kind == AutoReply.Kind.CLOSED and not obj.hours and company_hours() is None:
            self.message_user(request, _ALWAYS_OPEN, messages.WARNING)

    @admin.display(description="When", ordering="kind")
    def when(self, obj: AutoReply) -> str:
        if obj.kind == AutoReply.Kind.FIRST_CONTACT:
            return obj.get_kind_display()
        hours = obj.hours.name if obj.hours else "the company's"
        return f"{obj.get_kind_display()}: {hours}"

    @admin.display(description="Your number", ordering="our_number")
    def number(self, obj: AutoReply) -> str:
        return national(obj.our_number) if obj.our_number else "All numbers"

    @admin.display(description="Text")
    def start(self, obj: AutoReply) -> str:
        return Truncator(obj.text).chars(80)

    @admin.display(description="At most once in", ordering="window_hours")
    def window(self, obj: AutoReply) -> str:
        return f"{obj.window_hours} h"

    @display(description="Enabled", ordering="enabled", label={"On": "success", "Off": ""})  # type: ignore[untyped-decorator]
    def state(self, obj: AutoReply) -> str:
        """Badge: on or off."""
        return "On" if obj.enabled else "Off"
