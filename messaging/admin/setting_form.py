"""The form of Message Settings: a number typed freely, and the account it texts through."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from messaging.admin.base import national
from messaging.admin.tenant_form import TenantForm, select, text_input
from messaging.models import Extension, MessageSetting, RingGroup, SmsConfiguration
from messaging.number_settings import NumberProblem, platform_account_is_offered, resolve_number
from messaging.number_sharing import check_sharing

PLATFORM = "platform"
PLATFORM_LABEL = "Bandwidth (platform account)"
# What the shared rules call a field -> what this form calls it: the model's own names would have
# Django assign the typed text to a foreign key.
_FIELDS = {"phone_number": "number", "provider": "account"}


class SettingForm(TenantForm):
    """Message Settings of one number."""

    number = forms.CharField(
        label="Phone number",
        max_length=40,
        widget=text_input(placeholder="(919) 555-0101", inputmode="tel", autocomplete="off"),
        help_text="In any usual form. A number on your own trunk may be new.",
    )
    account = forms.ChoiceField(label="Provider", widget=select())
    extension = forms.ModelChoiceField(
        queryset=Extension.objects.none(),
        required=False,
        widget=select(),
        empty_label="Nobody's",
        help_text="Whose inbox the texts reach. Nobody's = the admins' unassigned list.",
    )
    other_extensions = forms.ModelMultipleChoiceField(
        label="Other extensions",
        queryset=Extension.objects.none(),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget(),
        help_text="They share the inbox of this number: each conversation is given to one of them"
        " or the extension, by turn.",
    )
    ring_group = forms.ModelChoiceField(
        label="Ring group",
        queryset=RingGroup.objects.none(),
        required=False,
        widget=select(),
        empty_label="None",
        help_text="Instead of extensions: its members share the inbox of this number.",
    )

    class Meta:
        model = MessageSetting
        fields = ["extension", "other_extensions", "ring_group", "email", "description", "enabled"]
        labels = {"email": "E-mail"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        extension: Any = self.fields["extension"]
        extension.queryset = Extension.objects.all()
        others: Any = self.fields["other_extensions"]
        others.queryset = Extension.objects.all()
        # Read once for both.
        desks = [(each.pk, str(each)) for each in extension.queryset]
        extension.choices = [("", extension.empty_label), *desks]
        others.choices = desks
        group: Any = self.fields["ring_group"]
        group.queryset = RingGroup.objects.all()
        account: Any = self.fields["account"]
        account.choices = self._accounts()
        if self.instance.pk:
            self.initial["number"] = national(self.instance.phone_number.number)
            self.initial["account"] = self.instance.provider_id or PLATFORM

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        own = cleaned["extension"]
        others = [extension for extension in cleaned["other_extensions"] if extension != own]
        cleaned["other_extensions"] = others
        try:
            check_sharing(own, others, cleaned["ring_group"])
        except NumberProblem as problem:
            self.add_error(problem.field, problem.message)
            return cleaned
        account = cleaned["account"]
        provider = (
            None
            if account == PLATFORM
            else SmsConfiguration.objects.select_related("trunk").get(pk=account)
        )
        try:
            self.instance.phone_number = resolve_number(
                self.tenant, cleaned["number"], provider, setting=self.instance
            )
        except NumberProblem as problem:
            self.add_error(_FIELDS[problem.field], problem.message)
        else:
            self.instance.provider = provider
        return cleaned

    def _accounts(self) -> list[tuple[str, str]]:
        choices = [("", "Select a provider")]
        if platform_account_is_offered(self.instance):
            choices.append((PLATFORM, PLATFORM_LABEL))
        configurations = SmsConfiguration.objects.select_related("trunk")
        choices += [(str(c.pk), f"{c.name} ({c.trunk.name})") for c in configurations]
        return choices
