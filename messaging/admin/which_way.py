"""The box that asks which way a text would go, and its answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from messaging.admin.base import ScreenRequest, national
from messaging.admin.tenant_form import select, text_input
from messaging.models import Extension, OutboundRule
from messaging.outbound.refusals import SendRefused
from messaging.outbound.rules.forecast import Forecast, default_number, forecast
from messaging.outbound.rules.words import in_words
from messaging.outbound.sender_ids import NotASender, parse_sender
from tenants.models import Tenant
from tenants.numbers import NotAPhoneNumber, to_e164


class WhichForm(forms.Form):
    """A text that might be sent."""

    extension = forms.ModelChoiceField(
        label="Written by",
        queryset=Extension.objects.all(),
        required=False,
        widget=select(),
        empty_label="An admin without an extension",
    )
    to = forms.CharField(
        label="To",
        max_length=40,
        widget=text_input(placeholder="(512) 555-0300", inputmode="tel", autocomplete="off"),
    )
    sender = forms.CharField(
        label="From (your number)",
        required=False,
        max_length=40,
        widget=text_input(placeholder="The usual one", autocomplete="off"),
    )

    def __init__(self, data: Any = None, *, tenant: Tenant) -> None:
        super().__init__(data, auto_id="which_%s")
        self.tenant = tenant

    def clean_to(self) -> str:
        try:
            return to_e164(self.cleaned_data["to"], country=self.tenant.country, short_codes=True)
        except NotAPhoneNumber as error:
            raise forms.ValidationError(str(error)) from error

    def clean_sender(self) -> str:
        typed: str = self.cleaned_data["sender"]
        try:
            return parse_sender(typed, country=self.tenant.country) if typed.strip() else ""
        except NotASender as error:
            raise forms.ValidationError(str(error)) from error


def which_context(request: ScreenRequest) -> dict[str, Any]:
    """Return what the page shows: the form, and the answer when it was asked for."""
    form = WhichForm(request.GET or None, tenant=request.tenant)
    if not form.is_valid():
        return {"which_form": form}
    extension = form.cleaned_data["extension"]
    try:
        sender = form.cleaned_data["sender"] or default_number(extension, request.tenant)
    except SendRefused as refusal:
        form.add_error("sender", refusal.text)
        return {"which_form": form}
    found = forecast(
        tenant=request.tenant,
        extension=extension,
        number=form.cleaned_data["to"],
        sender=sender,
        at=timezone.now(),
    )
    return {
        "which_form": form,
        "found": found,
        "to": national(form.cleaned_data["to"]),
        "sender": national(sender),
        "holds": in_words(found.rule) if found.rule else "",
        "is_random": found.rule is not None and found.rule.strategy == OutboundRule.Strategy.RANDOM,
        "steps": _steps(found),
        "lost": [verdict for verdict in found.verdicts if verdict.why_not],
    }


def _steps(found: Forecast) -> list[dict[str, Any]]:
    return [
        {
            "position": step.position,
            "account": step.account,
            "sender": national(step.sender),
            "dialed": national(step.dialed),
            "problem": step.problem,
        }
        for step in found.steps
    ]
