"""Advanced > Message Settings: what happens with each number's texts."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet

from messaging.admin.base import ScreenRequest, TenantAdmin, national
from messaging.admin.setting_filters import ExtensionFilter, ProviderFilter
from messaging.admin.setting_form import PLATFORM_LABEL, SettingForm
from messaging.models import MessageSetting


class MessageSettingAdmin(TenantAdmin):
    """Message Settings, one row a number."""

    form = SettingForm
    list_display = ["phone", "provider_name", "extension", "mail", "description", "enabled"]
    list_select_related = ["phone_number", "provider", "extension"]
    list_filter = [ProviderFilter, ExtensionFilter, "enabled"]
    search_fields = [
        "phone_number__number",
        "description",
        "email",
        "extension__number",
        "extension__name",
    ]
    actions = ["switch_on", "switch_off"]
    fieldsets = [
        (
            None,
            {"fields": ["number", "account", "extension", "email", "description", "enabled"]},
        )
    ]

    @admin.display(description="Phone number", ordering="phone_number__number")
    def phone(self, obj: MessageSetting) -> str:
        return national(obj.phone_number.number)

    @admin.display(description="Provider", ordering="provider__name")
    def provider_name(self, obj: MessageSetting) -> str:
        return obj.provider.name if obj.provider else PLATFORM_LABEL

    @admin.display(description="E-mail", ordering="email")
    def mail(self, obj: MessageSetting) -> str:
        return obj.email or "-"

    @admin.action(description="Switch on")
    def switch_on(self, request: ScreenRequest, queryset: QuerySet[MessageSetting]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Switch off")
    def switch_off(self, request: ScreenRequest, queryset: QuerySet[MessageSetting]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(
        self, request: ScreenRequest, queryset: QuerySet[MessageSetting], *, enabled: bool
    ) -> None:
        word = "on" if enabled else "off"
        # Row by row, not update(): each change belongs into the history.
        for setting in queryset.filter(enabled=not enabled):
            setting.enabled = enabled
            setting.save(update_fields=["enabled"])
            self.log_change(request, setting, f"Switched {word}.")
        self.message_user(request, f"Switched {word}.", messages.SUCCESS)
