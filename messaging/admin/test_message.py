"""The dialog that sends a test message: refusals are shown in it, in words."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from messaging.admin.tenant_form import text_input
from messaging.models import Message, MessageSetting
from messaging.outbound.refusals import SendRefused
from messaging.outbound.send import send_message

_TEXT = "This is a test message from {tenant}."


class TestMessageForm(BaseDialogForm):  # type: ignore[misc]  # unfold has no types
    """Whom to text, and what."""

    __test__ = False  # not pytest's

    to = forms.CharField(
        label="Send to",
        max_length=40,
        widget=text_input(placeholder="(512) 555-0300", inputmode="tel", autocomplete="tel"),
    )
    text = forms.CharField(
        max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "cols": 40})
    )
    message: Message

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].initial = _TEXT.format(tenant=self.request.tenant.name)

    def clean(self) -> dict[str, Any]:
        """Send it here: a refusal belongs beside the fields."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        setting = (
            MessageSetting.objects.select_related("phone_number").filter(pk=self.object_id).first()
        )
        if setting is None:
            raise forms.ValidationError("This number is not in Message Settings any more.")
        try:
            self.message = send_message(
                user=self.request.user,
                role=self.request.role,
                tenant=self.request.tenant,
                sender=setting.phone_number.number,
                recipients=[cleaned["to"]],
                text=cleaned["text"],
            )
        except SendRefused as refusal:
            self.add_error("to", refusal.text)
        return cleaned
