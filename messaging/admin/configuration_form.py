"""The form of an SMS/MMS configuration: one pair of sign-in fields per method."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q

from messaging.admin.tenant_form import TenantForm, secret_input, select, text_input
from messaging.models import SmsConfiguration
from messaging.number_settings import NumberProblem, check_trunk_change, normalize_sender_id
from tenants.models import Trunk

Auth = SmsConfiguration.Auth
# Sign-in method -> its fields; both pairs end in the columns `username` and `password`.
SIGN_IN_FIELDS: dict[str, tuple[str, str]] = {
    Auth.OAUTH2: ("client_id", "client_secret"),
    Auth.BASIC: ("login_name", "login_secret"),
}
_REQUIRED = "This field is required."
_KEPT_IF_EMPTY = ("segments_per_second", "queue_seconds")
_HINT_LENGTH = 12  # a shorter secret would be half told by its last four characters


def saved_hint(secret: str) -> str:
    """Say that a secret is stored without telling it."""
    if not secret:
        return ""
    ending = f", ends in …{secret[-4:]}" if len(secret) >= _HINT_LENGTH else ""
    return f"Saved{ending}. Leave empty to keep it."


class ConfigurationForm(TenantForm):
    """SMS/MMS configuration with its write-only secrets."""

    trunk = forms.ModelChoiceField(
        queryset=Trunk.objects.none(),
        widget=select(),
        empty_label="Select a trunk",
        help_text="Your Bandwidth trunk.",
    )
    sender_id = forms.CharField(
        label="Sender ID",
        required=False,
        max_length=30,
        widget=text_input(placeholder="+1 919 555 0101"),
        help_text="Leave empty to use the DID of the trunk.",
    )
    client_id = forms.CharField(
        label="Client ID", required=False, max_length=200, widget=text_input(autocomplete="off")
    )
    client_secret = forms.CharField(
        label="Client secret", required=False, max_length=500, widget=secret_input()
    )
    login_name = forms.CharField(
        label="Username or API token",
        required=False,
        max_length=200,
        widget=text_input(autocomplete="off"),
    )
    login_secret = forms.CharField(
        label="Password or API secret", required=False, max_length=500, widget=secret_input()
    )
    callback_username = forms.CharField(
        label="Callback username",
        required=False,
        max_length=100,
        widget=text_input(autocomplete="off"),
    )
    callback_password = forms.CharField(
        label="Callback password", required=False, max_length=200, widget=secret_input()
    )

    class Meta:
        model = SmsConfiguration
        fields = [
            "name",
            "trunk",
            "sender_id",
            "account_id",
            "application_id",
            "auth_method",
            "enabled",
            "segments_per_second",
            "queue_seconds",
        ]
        labels = {"queue_seconds": "Queue (seconds)"}

    credentials_changed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved = self.instance
        mine = Q(tenant=None) | Q(tenant=self.tenant)
        offered = mine & Q(enabled=True)
        if saved.pk:
            offered |= mine & Q(pk=saved.trunk_id)
        self._field("trunk").queryset = Trunk.objects.filter(offered)
        for name in _KEPT_IF_EMPTY:
            self._field(name).required = False
        self._saved_method = saved.auth_method if saved.pk else ""
        self._saved_account = (saved.account_id, saved.application_id)
        if not saved.pk:
            return
        name_field, secret_field = SIGN_IN_FIELDS[saved.auth_method]
        self.initial[name_field] = saved.username
        self._field(secret_field).help_text = saved_hint(saved.password)
        self.initial["callback_username"] = saved.endpoint.callback_username
        self._field("callback_password").help_text = saved_hint(saved.endpoint.callback_password)

    def clean_sender_id(self) -> str:
        try:
            return normalize_sender_id(self.tenant, self.cleaned_data["sender_id"])
        except NumberProblem as problem:
            raise forms.ValidationError(problem.message) from problem

    def clean_trunk(self) -> Trunk:
        trunk: Trunk = self.cleaned_data["trunk"]
        try:
            check_trunk_change(self.instance, trunk)
        except NumberProblem as problem:
            raise forms.ValidationError(problem.message) from problem
        return trunk

    def clean_callback_username(self) -> str:
        username: str = self.cleaned_data["callback_username"]
        if ":" in username:
            raise forms.ValidationError("A colon cannot be part of a username.")
        return username

    def clean_segments_per_second(self) -> float:
        value: float | None = self.cleaned_data["segments_per_second"]
        return self.instance.segments_per_second if value is None else value

    def clean_queue_seconds(self) -> int:
        value: int | None = self.cleaned_data["queue_seconds"]
        return self.instance.queue_seconds if value is None else value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._take_sign_in(cleaned)
        self._check_callback(cleaned)
        return cleaned

    def callback(self) -> tuple[str, str | None]:
        """Return the callback credentials to store; a password of None stays as it is."""
        username: str = self.cleaned_data["callback_username"]
        if not username:
            return "", ""
        return username, self.cleaned_data["callback_password"] or None

    def _take_sign_in(self, cleaned: dict[str, Any]) -> None:
        method = cleaned.get("auth_method")
        if method not in SIGN_IN_FIELDS:
            return
        name_field, secret_field = SIGN_IN_FIELDS[method]
        name, secret = cleaned.get(name_field, ""), cleaned.get(secret_field, "")
        kept = self.instance.password if method == self._saved_method else ""
        if not name and name_field not in self.errors:
            self.add_error(name_field, _REQUIRED)
        if not secret and not kept and secret_field not in self.errors:
            self.add_error(secret_field, _REQUIRED)
        account = (cleaned.get("account_id"), cleaned.get("application_id"))
        self.credentials_changed = (
            bool(secret)
            or method != self._saved_method
            or name != self.instance.username
            or account != self._saved_account
        )
        self.instance.username = name
        self.instance.password = secret or kept

    def _check_callback(self, cleaned: dict[str, Any]) -> None:
        username = cleaned.get("callback_username", "")
        password = cleaned.get("callback_password", "")
        saved = self.instance.endpoint.callback_password if self.instance.pk else ""
        if password and not username and "callback_username" not in self.errors:
            self.add_error("callback_username", "Give both a username and a password, or neither.")
        if username and not password and not saved:
            self.add_error("callback_password", "Give both a username and a password, or neither.")

    def _field(self, name: str) -> Any:
        return self.fields[name]
