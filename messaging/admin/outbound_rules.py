"""Message Channel > Outbound rules: which account and sender texts leave by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from unfold.admin import TabularInline
from unfold.decorators import display

from messaging.admin.base import ScreenRequest
from messaging.admin.bulk import BulkAdmin, BulkField
from messaging.admin.outbound_rule_form import (
    OutboundRouteForm,
    OutboundRouteFormSet,
    OutboundRuleForm,
)
from messaging.admin.setting_bulk import OnOff
from messaging.admin.which_way import WhichForm, which_context
from messaging.models import OutboundRoute, OutboundRule
from messaging.outbound.rules.judging import MOST_ROUTES
from messaging.outbound.rules.words import in_words, route_in_words
from tenants.schema import tenant_connection

_ENABLED = {"On": "success", "Off": ""}
_RULES_ON_TOP = (
    "A rule comes before Message Settings. All conditions you give must hold; for a group text,"
    " for each of its numbers. Where no rule holds, the text goes as Message Settings say."
)


class Routes(TabularInline):  # type: ignore[misc]  # unfold has no types
    """A rule's routes, below it."""

    model = OutboundRoute
    form = OutboundRouteForm
    formset = OutboundRouteFormSet
    max_num = MOST_ROUTES
    verbose_name = "route"
    verbose_name_plural = (
        "Routes: the next one is tried when the carrier or the account of one fails"
    )
    fields: ClassVar = ["position", "account", "sender", "strip", "prepend", "enabled"]

    def get_extra(self, request: Any, obj: Any = None, **kwargs: Any) -> int:
        """Show one empty row where there is none yet."""
        return 0 if obj else 1

    def get_formset(self, request: ScreenRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.tenant = request.tenant
        return formset

    def get_queryset(self, request: ScreenRequest) -> QuerySet[OutboundRoute]:
        queryset: QuerySet[OutboundRoute] = super().get_queryset(request)
        return queryset.select_related("configuration")

    def has_view_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return True  # who may see the rule

    def has_add_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return True

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return True


class OutboundRuleAdmin(BulkAdmin):
    """Outbound rules, and the box that tells which way a text would go."""

    form = OutboundRuleForm
    inlines: ClassVar = [Routes]
    bulk_fields: ClassVar = {"enabled": BulkField(make=OnOff, clearable=False)}
    list_before_template = "admin/messaging/outbound_rules_head.html"
    list_display = ["name", "holds_when", "goes_by", "priority", "order", "state"]
    list_select_related = ["hours"]
    list_filter = ["enabled"]
    search_fields = ["name", "number_prefixes", "extensions"]
    search_help_text = "Search by name, beginning or extension"
    empty_title = "No outbound rule yet"
    empty_text = (
        "Without rules each text leaves by the account that Message Settings give its number. Add"
        " a rule to send some by another account or from another number, and to have a second"
        " account ready when the first fails."
    )
    empty_links = (("Message Settings", "admin:messaging_messagesetting_changelist"),)
    fieldsets: ClassVar = [
        (None, {"fields": ["name", ("enabled", "priority")]}),
        (
            "Which texts",
            {
                "fields": [("number_prefixes", "lengths"), ("extensions", "user_groups"), "hours"],
                "description": _RULES_ON_TOP,
            },
        ),
        ("How they leave", {"fields": ["strategy"]}),
    ]

    class Media:
        css = {"all": ["messaging/rules.css"]}

    def get_urls(self) -> list[URLPattern]:
        which = self.admin_site.admin_view(self.which_view)
        own = [path("which/", which, name="messaging_outboundrule_which")]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: ScreenRequest) -> QuerySet[OutboundRule]:
        queryset: QuerySet[OutboundRule] = super().get_queryset(request)
        match = request.resolver_match
        if match is not None and str(match.url_name).endswith(("_change", "_delete")):
            return queryset  # both ask for the routes themselves
        routes = OutboundRoute.objects.select_related("configuration")
        return queryset.prefetch_related("user_groups", Prefetch("routes", routes))

    @admin.display(description="Holds when")
    def holds_when(self, obj: OutboundRule) -> str:
        return in_words(obj)

    @admin.display(description="Routes")
    def goes_by(self, obj: OutboundRule) -> str:
        country = tenant_connection.tenant.country
        rows = [
            (position, route_in_words(route, country=country))
            for position, route in enumerate(obj.routes.all(), start=1)
        ]
        routes = format_html_join("", '<span class="tl-route">{}. {}</span>', rows)
        return format_html('<span class="tl-route-list">{}</span>', routes or "None")

    @admin.display(description="Order", ordering="strategy")
    def order(self, obj: OutboundRule) -> str:
        return obj.get_strategy_display()

    @display(description="Enabled", ordering="enabled", label=_ENABLED)  # type: ignore[untyped-decorator]
    def state(self, obj: OutboundRule) -> str:
        """Badge: on or off."""
        return "On" if obj.enabled else "Off"

    def changelist_view(
        self, request: ScreenRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Show the list below the box that answers which way a text would go."""
        context = {"which_form": WhichForm(tenant=request.tenant), **(extra_context or {})}
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    def which_view(self, request: ScreenRequest) -> HttpResponseBase:
        """Answer which way a text would go; asks only, so by GET."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Which way would this text go?",
            "opts": self.opts,
            "media": self.media,
            **which_context(request),
        }
        return TemplateResponse(request, "admin/messaging/which.html", context)
