"""What can be changed in many Message Settings at once."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelect2MultipleWidget

from messaging.admin.bulk import BulkField
from messaging.admin.setting_form import PLATFORM, PLATFORM_LABEL
from messaging.admin.tenant_form import select, text_input
from messaging.models import Extension, RingGroup, SmsConfiguration
from messaging.number_settings import platform_account_is_offered


class ProviderChoice(forms.TypedChoiceField):
    """An SMS/MMS configuration, or the platform's account, which is None."""

    def __init__(self) -> None:
        self._configurations = {
            str(configuration.pk): configuration
            for configuration in SmsConfiguration.objects.select_related("trunk")
        }
        choices = [("", "Select a provider")]
        if platform_account_is_offered():
            choices.append((PLATFORM, PLATFORM_LABEL))
        choices += [(key, f"{c.name} ({c.trunk.name})") for key, c in self._configurations.items()]
        super().__init__(label="Provider", choices=choices, widget=select())

    def clean(self, value: Any) -> Any:
        """Return the key as it is: `bulk_value` makes the row of it."""
        return forms.ChoiceField.clean(self, value)

    def bulk_value(self, value: str) -> SmsConfiguration | None:
        """Return what is stored for a choice."""
        return None if value == PLATFORM else self._configurations[value]


class OnOff(forms.ChoiceField):
    """On or off, as an answer that can be left out."""

    def __init__(self, label: str = "Enabled") -> None:
        super().__init__(label=label, choices=[("on", "On"), ("off", "Off")], widget=select())

    def bulk_value(self, value: str) -> bool:
        """Return what is stored for a choice."""
        return value == "on"


def _extension() -> forms.Field:
    return forms.ModelChoiceField(
        label="Extension",
        queryset=Extension.objects.all(),
        widget=select(),
        empty_label="Select an extension",
    )


def _other_extensions() -> forms.Field:
    return forms.ModelMultipleChoiceField(
        label="Other extensions",
        queryset=Extension.objects.all(),
        widget=UnfoldAdminSelect2MultipleWidget(),
    )


def _ring_group() -> forms.Field:
    return forms.ModelChoiceField(
        label="Ring group",
        queryset=RingGroup.objects.all(),
        widget=select(),
        empty_label="Select a ring group",
    )


def _email() -> forms.Field:
    return forms.EmailField(label="E-mail", widget=UnfoldAdminEmailInputWidget())


def _description() -> forms.Field:
    return forms.CharField(label="Description", max_length=200, widget=text_input())


BULK_FIELDS = {
    "provider": BulkField(make=ProviderChoice, clearable=False),
    "extension": BulkField(make=_extension),
    "other_extensions": BulkField(make=_other_extensions, empty=()),
    "ring_group": BulkField(make=_ring_group),
    "email": BulkField(make=_email, empty=""),
    "description": BulkField(make=_description, empty=""),
    "enabled": BulkField(make=OnOff, clearable=False),
}
