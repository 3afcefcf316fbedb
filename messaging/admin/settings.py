"""Company > Settings: what a tenant says about itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelect2Widget

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.admin.tenant_form import TenantForm
from messaging.number_settings import platform_account_is_offered
from messaging.retention.foretelling import foretold, in_words
from tenants.links import absolute
from tenants.models import Tenant
from tenants.models.tenant import EVENTS_KEPT, LONGEST, SHORTEST, SHORTEST_TRAIL
from tenants.regions import countries, time_zones
from tenants.retention import KEPT, second_thoughts


def _days(label: str, help_text: str, *, shortest: int = SHORTEST) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=shortest,
        max_value=LONGEST,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"placeholder": "For ever"}),
        help_text=f"Days, {shortest} to {LONGEST}. {help_text}",
    )


class SettingsForm(TenantForm):
    """The tenant's own row, without what only the platform decides."""

    timezone = forms.ChoiceField(
        label="Time zone",
        choices=time_zones,
        widget=UnfoldAdminSelect2Widget(),
        help_text="By which all pages of this company tell the time. Type to search.",
    )
    country = forms.ChoiceField(
        choices=countries,
        widget=UnfoldAdminSelect2Widget(),
        help_text="How numbers typed without a country code are read.",
    )
    keep_messages_days = _days(
        "Keep messages",
        "Older texts go with their files, notes and timelines, and threads that nothing is left of."
        " Contacts, opt-outs and the consent ledger stay.",
    )
    keep_media_days = _days(
        "Keep pictures and files", "Older ones go; their texts stay, and say so."
    )
    keep_events_days = _days(
        "Keep webhook events",
        f"What the carrier posted, as it came; empty = {EVENTS_KEPT}. Older events are not to be"
        " replayed any more.",
    )
    keep_audit_days = _days(
        "Keep the audit trail",
        "Who changed what. Visits of system admins stay.",
        shortest=SHORTEST_TRAIL,
    )

    class Meta:
        model = Tenant
        fields = [
            "name",
            "timezone",
            "country",
            "hide_notification_text",
            "registration_confirmed",
            *KEPT,
        ]
        labels = {
            "hide_notification_text": "Hide the text in notifications",
            "registration_confirmed": "Registration confirmed",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keep_events_days"].widget.attrs["placeholder"] = str(EVENTS_KEPT)

    def clean_keep_events_days(self) -> int:
        return self.cleaned_data["keep_events_days"] or EVENTS_KEPT


class SettingsAdmin(TenantAdmin):
    """One row: the tenant whose pages these are."""

    form = SettingsForm
    readonly_fields = ["address", "api_docs", "platform_account", "deleted_at_night"]
    fieldsets = [
        ("Company", {"fields": ["name", "address"]}),
        ("Region", {"fields": ["timezone", "country"]}),
        ("Messaging", {"fields": ["hide_notification_text", "registration_confirmed"]}),
        ("How long things are kept", {"fields": ["deleted_at_night", *KEPT]}),
        ("Connections", {"fields": ["api_docs", "platform_account"]}),
    ]

    class Media:
        css = {"all": ["portal/audit.css"]}

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Tenant]:
        queryset: QuerySet[Tenant] = super().get_queryset(request)
        return queryset.filter(pk=request.tenant.pk)

    def may_change(self, request: ScreenRequest, obj: Any) -> bool:
        return bool(obj.pk == request.tenant.pk)

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return False

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: ScreenRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the one row there is."""
        return HttpResponseRedirect(self._change_url(request.tenant.pk))

    def change_view(
        self,
        request: ScreenRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        own = {"title": "Settings", "subtitle": None, "show_save_and_continue": False}
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, own | (extra_context or {})
        )
        return answer

    def save_model(
        self, request: ScreenRequest, obj: Tenant, form: SettingsForm, change: Any
    ) -> None:
        # The named fields only: a suspension in between must not be taken back.
        columns = second_thoughts(obj, form.changed_data)
        if columns:
            obj.save(update_fields=columns)
        if "retention_from" in columns:
            self.message_user(request, foretold(obj), messages.WARNING)

    def response_post_save_change(self, request: ScreenRequest, obj: Tenant) -> HttpResponse:
        return HttpResponseRedirect(self._change_url(obj.pk))

    @admin.display(description="Address of these pages")
    def address(self, obj: Tenant) -> str:
        return absolute(f"/t/{obj.slug}/")

    @admin.display(description="What holds now")
    def deleted_at_night(self, obj: Tenant) -> SafeString:
        """What is deleted by age, in plain words."""
        return format_html_join("", "{}<br>", ((line,) for line in in_words(obj)))

    @admin.display(description="API")
    def api_docs(self, obj: Tenant) -> SafeString:
        """Link to the description of the tenant's API."""
        path = reverse("api:docs")
        return format_html('<a class="tl-link" href="{}">{}</a>', path, absolute(path))

    @admin.display(description="Platform account")
    def platform_account(self, obj: Tenant) -> str:
        """Where texts of numbers on the platform's account come in."""
        if not platform_account_is_offered(None):
            return "This platform has no Bandwidth account of its own: add yours under SMS/MMS."
        return (
            f"Texts of numbers on the platform's Bandwidth account come in at"
            f" {absolute('/webhook/bandwidth/sms')}. There is nothing to set up for you."
        )
