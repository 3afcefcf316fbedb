"""The box that asks where a text would go, and its answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from messaging.admin.base import ScreenRequest, national
from messaging.admin.tenant_form import text_input
from messaging.inbound.rules.caller_masks import sender_key
from messaging.inbound.rules.ranges import DidRange
from messaging.inbound.where import NO_SUCH_TIME, YEARS, Answer, NotOurs, where_would_it_go
from messaging.models import MessageSetting
from messaging.outbound.sender_ids import NotASender, parse_sender
from tenants.models import Tenant
from tenants.numbers import NotAPhoneNumber, to_e164

_MINUTES = "%Y-%m-%dT%H:%M"


class WhereForm(forms.Form):
    """A text that might come in."""

    number = forms.CharField(
        label="Text to (your number)",
        max_length=40,
        widget=text_input(placeholder="(919) 555-0101", inputmode="tel", autocomplete="off"),
    )
    caller = forms.CharField(
        label="From",
        max_length=40,
        widget=text_input(placeholder="(512) 555-0300", autocomplete="off"),
    )
    at = forms.DateTimeField(
        label="At",
        required=False,
        widget=text_input(type="datetime-local"),
        error_messages={"invalid": "Choose a day and a time."},
    )

    def __init__(self, data: Any = None, *, tenant: Tenant) -> None:
        super().__init__(data, auto_id="where_%s")
        self.tenant = tenant
        self.fields["at"].label = f"At ({tenant.timezone})"
        self.fields["at"].help_text = "Empty = now."
        self.initial.setdefault("at", f"{timezone.localtime():{_MINUTES}}")

    def clean_number(self) -> str:
        try:
            return to_e164(
                self.cleaned_data["number"], country=self.tenant.country, short_codes=True
            )
        except NotAPhoneNumber as error:
            raise forms.ValidationError(str(error)) from error

    def clean_caller(self) -> str:
        try:
            return parse_sender(self.cleaned_data["caller"], country=self.tenant.country)
        except NotASender as error:
            raise forms.ValidationError(str(error)) from error

    def clean_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and at.year not in YEARS:
            raise forms.ValidationError(NO_SUCH_TIME)
        return at


def where_context(request: ScreenRequest) -> dict[str, Any]:
    """Return what the page shows: the form, and the answer when it was asked for."""
    form = WhereForm(request.GET or None, tenant=request.tenant)
    if not form.is_valid():
        return {"where_form": form}
    at = form.cleaned_data["at"] or timezone.now()
    number, caller = form.cleaned_data["number"], form.cleaned_data["caller"]
    try:
        answer = where_would_it_go(request.tenant, number, caller=caller, at=at)
    except NotOurs as error:
        form.add_error("number", str(error))
        return {"where_form": form}
    return {
        "where_form": form,
        "answer": answer,
        "at": at,
        "to": national(number),
        "sender": national(caller) if sender_key(caller).isdecimal() else caller,
        "lines": _lines(answer),
        "lost": _lost(answer),
        "setting": answer.setting if isinstance(answer.setting, MessageSetting) else None,
    }


def _lines(answer: Answer) -> list[tuple[str, str]]:
    """Name the places, each with the kind of thing it is."""
    route = answer.route
    lines = [("Extension", str(each)) for each in route.extensions]
    lines += [("Ring group", str(each)) for each in route.ring_groups]
    if not lines:
        lines = [("Inbox", "Unassigned: the admins' list")]
    return lines + [("E-mail", each) for each in route.emails]


def _lost(answer: Answer) -> list[dict[str, Any]]:
    if answer.decision is None:
        return []
    return [
        {
            "rule": match.rule,
            "numbers": str(DidRange(first=match.rule.did_first, last=match.rule.did_last)),
            "why": why,
        }
        for match, why in answer.decision.others
    ]
