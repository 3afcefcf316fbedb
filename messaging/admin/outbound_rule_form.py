"""The form of an outbound rule, and the rows of its routes."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldBooleanSwitchWidget,
)

from messaging.admin.inbound_rule_form import HoursChoice
from messaging.admin.setting_form import PLATFORM, PLATFORM_LABEL
from messaging.admin.tenant_form import TenantForm, select, text_input
from messaging.models import (
    BusinessHours,
    OutboundRoute,
    OutboundRule,
    RingGroup,
    SmsConfiguration,
)
from messaging.outbound.rules import judging
from messaging.outbound.rules.judging import RuleProblem
from providers.registry import platform_account
from tenants.models import Tenant

_LISTS = ("number_prefixes", "extensions", "lengths")


class OutboundRuleForm(TenantForm):
    """When a rule holds, and in which order its routes are tried."""

    user_groups = forms.ModelMultipleChoiceField(
        label="Ring groups",
        queryset=RingGroup.objects.all(),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget(),
        help_text="The sender's extension is in one of these.",
    )
    hours = HoursChoice(
        label="Business hours",
        queryset=None,
        required=False,
        widget=select(),
        empty_label="Always",
        help_text="Outside these hours and on holidays the next rule is asked.",
    )

    class Meta:
        model = OutboundRule
        fields = [
            "name",
            "enabled",
            "priority",
            "number_prefixes",
            "lengths",
            "extensions",
            "user_groups",
            "hours",
            "strategy",
        ]
        labels = {
            "number_prefixes": "Number begins with",
            "lengths": "Digits of the number",
            "extensions": "Sender's extension",
        }
        widgets = {
            "number_prefixes": text_input(placeholder="1212;44", autocomplete="off"),
            "lengths": text_input(placeholder="11", autocomplete="off"),
            "extensions": text_input(placeholder="100-200;301", autocomplete="off"),
        }
        help_texts = {
            "priority": "Of the rules that hold, the lowest wins; of equals the older.",
            "number_prefixes": "With the country code, joined by semicolons.",
            "lengths": "With the country code: 11 in the USA and Canada. Joined by semicolons.",
            "extensions": "Extensions and ranges, joined by semicolons.",
            "strategy": "In their order: the first, and the next when it fails. In random order:"
            " texts are spread over all of them, and the others wait for a failure.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["hours"].queryset = BusinessHours.objects.all()

    def clean_number_prefixes(self) -> str:
        return self._list("number_prefixes")

    def clean_lengths(self) -> str:
        return self._list("lengths")

    def clean_extensions(self) -> str:
        return self._list("extensions")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if any(name in self.errors for name in _LISTS):
            return cleaned
        try:
            judging.check_conditions(cleaned, has_groups=bool(cleaned.get("user_groups")))
        except RuleProblem as problem:
            self.add_error(problem.field, problem.message)
        return cleaned

    def _list(self, field: str) -> str:
        try:
            return judging.judge_list(field, self.cleaned_data[field])
        except RuleProblem as problem:
            raise forms.ValidationError(problem.message) from problem


class OutboundRouteForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """One way out."""

    position = forms.IntegerField(
        label="Order",
        min_value=1,
        max_value=99,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"min": 1, "max": 99}),
    )
    account = forms.ChoiceField(label="Account", widget=select())
    sender = forms.CharField(
        label="Send from",
        required=False,
        max_length=40,
        widget=text_input(placeholder="The text's own number", autocomplete="off"),
    )
    strip = forms.IntegerField(
        label="Strip digits",
        min_value=0,
        max_value=9,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"min": 0, "max": 9}),
    )
    prepend = forms.CharField(
        label="Then prepend",
        required=False,
        max_length=40,
        widget=text_input(placeholder="None", inputmode="tel", autocomplete="off"),
    )

    class Meta:
        model = OutboundRoute
        fields = ["position", "sender", "strip", "prepend", "enabled"]
        widgets = {"enabled": UnfoldBooleanSwitchWidget()}
        labels = {"enabled": "Enabled"}

    def __init__(
        self, *args: Any, tenant: Tenant, accounts: dict[str, SmsConfiguration], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._tenant = tenant
        self._accounts = accounts
        saved = self.instance.pk is not None
        choices = [("", "Select an account")]
        if platform_account() is not None or (saved and self.instance.configuration_id is None):
            choices.append((PLATFORM, PLATFORM_LABEL))
        choices += [(key, f"{each.name} ({each.trunk.name})") for key, each in accounts.items()]
        account: Any = self.fields["account"]
        account.choices = choices
        for field in self.fields.values():  # a table's heads are no labels
            field.widget.attrs["aria-label"] = str(field.label)
        if saved:
            self.initial["account"] = str(self.instance.configuration_id or PLATFORM)
            self.initial["position"] = self.instance.position + 1

    def clean_prepend(self) -> str:
        try:
            return judging.judge_prepend(self.cleaned_data["prepend"])
        except RuleProblem as problem:
            raise forms.ValidationError(problem.message) from problem

    def clean_strip(self) -> int:
        return self.cleaned_data["strip"] or 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "account" not in cleaned or "sender" not in cleaned:
            return cleaned
        # The platform's is no key of an account.
        configuration = self._accounts.get(cleaned["account"])
        self.instance.configuration = configuration
        try:
            cleaned["sender"] = judging.judge_sender(self._tenant, configuration, cleaned["sender"])
        except RuleProblem as problem:
            self.add_error("sender", problem.message)
        return cleaned


class OutboundRouteFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # as above
    """A rule's routes, kept in the order of their numbers."""

    tenant: Tenant

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Hand on the accounts, read once."""
        if not hasattr(self, "_accounts"):
            rows = SmsConfiguration.objects.select_related("trunk", "endpoint__tenant")
            self._accounts = {str(each.pk): each for each in rows}
        kwargs = super().get_form_kwargs(index)
        return {**kwargs, "tenant": self.tenant, "accounts": self._accounts}

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        kept = self._kept()
        if not kept:
            raise forms.ValidationError(judging.NO_ROUTE)
        if len(kept) > judging.MOST_ROUTES:
            raise forms.ValidationError(judging.TOO_MANY_ROUTES)
        # Equal and empty numbers stay in the order of the page.
        kept.sort(key=lambda form: form.cleaned_data.get("position") or 99)
        for position, form in enumerate(kept):
            form.instance.position = position

    def _kept(self) -> list[Any]:
        return [
            form
            for form in self.forms
            if form.cleaned_data.get("account") and not form.cleaned_data.get("DELETE")
        ]
