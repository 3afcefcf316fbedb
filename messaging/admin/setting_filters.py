"""Filters of the Message Settings list."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from messaging.admin.setting_form import PLATFORM, PLATFORM_LABEL
from messaging.models import Extension, MessageSetting, SmsConfiguration


class ProviderFilter(admin.SimpleListFilter):
    """By account; the platform's is the one without a configuration."""

    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        own = SmsConfiguration.objects.values_list("pk", "name")
        return [(PLATFORM, PLATFORM_LABEL), *((str(pk), name) for pk, name in own)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[MessageSetting]
    ) -> QuerySet[MessageSetting]:
        value = self.value()
        if value == PLATFORM:
            return queryset.filter(provider=None)
        return queryset.filter(provider=int(value)) if value and value.isdigit() else queryset


class ExtensionFilter(admin.SimpleListFilter):
    """By extension; unassigned numbers land on the admins' list."""

    title = "extension"
    parameter_name = "extension"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        extensions = [(extension.number, str(extension)) for extension in Extension.objects.all()]
        return [
            ("none", "No extension"),
            ("nobody", "Neither extension nor e-mail"),
            *extensions,
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[MessageSetting]
    ) -> QuerySet[MessageSetting]:
        value = self.value()
        if value == "none":
            return queryset.filter(extension=None, ring_group=None)
        if value == "nobody":
            return queryset.filter(extension=None, ring_group=None, email="")
        if not value:
            return queryset
        shared = MessageSetting.objects.filter(other_extensions__number=value).values("pk")
        return queryset.filter(Q(extension__number=value) | Q(pk__in=shared))
