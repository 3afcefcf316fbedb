"""Sending policy: what the company has decided about all it sends."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from messaging.admin.one_row import OneRowAdmin
from messaging.admin.tenant_form import TenantForm, select, text_input
from messaging.models import SendingPolicy


def _clock() -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget(attrs={"type": "time"})


class SendingPolicyForm(TenantForm):
    """All of the policy, in plain words."""

    unregistered = forms.ChoiceField(
        label="Texts from unregistered numbers",
        choices=SendingPolicy.Unregistered.choices,
        widget=select(),
        help_text="US carriers block most texts from local numbers that are on no 10DLC campaign,"
        " and from toll-free numbers that are not verified.",
    )
    quiet_hours = forms.BooleanField(
        label="Keep quiet hours",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="New texts wait until the recipient's morning. Answers to somebody who texted"
        " within the last six hours, auto-replies and answers to STOP, START and HELP do not.",
    )
    quiet_from = forms.TimeField(
        label="Quiet from",
        widget=_clock(),
        help_text="By the recipient's clock, told by the area code; where it tells nothing, by"
        " the company's.",
    )
    quiet_until = forms.TimeField(
        label="Quiet until", widget=_clock(), help_text="What waited leaves then."
    )
    expire_hours = forms.IntegerField(
        label="Give up after",
        min_value=1,
        max_value=168,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="Hours, 1 to 168. A text that could not be sent for so long fails as too late."
        " Waiting for quiet hours does not count.",
    )
    sender_name = forms.CharField(
        label="Name of the sender",
        max_length=60,
        required=False,
        widget=text_input(placeholder="Acme Dental"),
        help_text="The name people know the company by. Texts that do not say it get a hint, and"
        " answers to consent words begin with it.",
    )

    class Meta:
        model = SendingPolicy
        fields = [
            "unregistered",
            "quiet_hours",
            "quiet_from",
            "quiet_until",
            "expire_hours",
            "sender_name",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("quiet_from", "quiet_until"):
            self.initial[name] = f"{getattr(self.instance, name):%H:%M}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("quiet_hours") and cleaned.get("quiet_from") == cleaned.get("quiet_until"):
            self.add_error("quiet_until", "Quiet hours need an end that is not their beginning.")
        return cleaned


class SendingPolicyAdmin(OneRowAdmin):
    """What holds for all texts."""

    page_title = "Sending policy"
    row_title = "All texts"

    form = SendingPolicyForm
    fieldsets = [
        ("Quiet hours", {"fields": ["quiet_hours", "quiet_from", "quiet_until"]}),
        ("Time", {"fields": ["expire_hours"]}),
        ("Sender", {"fields": ["sender_name", "unregistered"]}),
    ]
