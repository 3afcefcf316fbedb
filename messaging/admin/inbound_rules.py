"""Message Channel > Inbound rules: where texts go that a rule says more of than their number."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.admin import StackedInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from messaging.admin.base import ScreenRequest, national
from messaging.admin.bulk import BulkAdmin, BulkField
from messaging.admin.inbound_rule_form import (
    AdvancedRouteForm,
    AdvancedRouteFormSet,
    InboundRuleForm,
    own_targets,
)
from messaging.admin.rule_targets import Places
from messaging.admin.setting_bulk import OnOff
from messaging.admin.sheet_pages import SheetAdmin
from messaging.admin.where import WhereForm, where_context
from messaging.inbound.rules.ranges import shown_did
from messaging.inbound.rules.saving import TIMES, When, store_targets
from messaging.inbound.rules.wording import listed
from messaging.models import AdvancedRoute, InboundRule, InboundTarget
from messaging.spreadsheets.inbound_rules import InboundRuleSheet

_ENABLED = {"On": "success", "Off": ""}
_RULES_ON_TOP = (
    "A rule comes before the Message Settings of its numbers. Of several that fit, the one for the"
    " fewest callers wins, then the one for the fewest numbers, then the oldest."
)


def _places(request: ScreenRequest) -> Places:
    """Return who can be chosen, read once for the form and its routes."""
    kept: Any = request
    if not hasattr(kept, "rule_places"):
        kept.rule_places = Places(request.tenant)
    found: Places = kept.rule_places
    return found


class AdvancedRoutes(StackedInline):  # type: ignore[misc]  # unfold has no types
    """A rule's advanced routes, below it."""

    model = AdvancedRoute
    form = AdvancedRouteForm
    formset = AdvancedRouteFormSet
    extra = 0
    verbose_name = "advanced route"
    verbose_name_plural = "Advanced routing: at these times the texts go elsewhere"
    fields: ClassVar = [
        ("name", "priority"),
        ("years", "months", "days"),
        ("weekdays", "times"),
        "places",
        ("range", "emails"),
    ]

    def has_view_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return True  # who may see the rule

    def has_add_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return True

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return True

    def get_formset(self, request: ScreenRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Let the routes know who can be chosen."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.places = _places(request)
        return formset

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Keep the priority in its bounds in the browser, too."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "priority" and field is not None:
            field.widget = UnfoldAdminIntegerFieldWidget(attrs={"min": 0, "max": 1000})
        return field


class InboundRuleAdmin(BulkAdmin, SheetAdmin):
    """Inbound rules, and the box that tells which would win."""

    form = InboundRuleForm
    sheet = InboundRuleSheet
    inlines: ClassVar = [AdvancedRoutes]
    bulk_fields: ClassVar = {"enabled": BulkField(make=OnOff, clearable=False)}
    list_before_template = "admin/messaging/inbound_rules_head.html"
    list_display = ["name", "trunk", "numbers", "callers", "goes_to", "state"]
    list_select_related = ["trunk", "hours"]
    list_filter = ["enabled"]
    search_fields = ["name", "caller_mask"]
    search_help_text = "Search by name or callers"
    empty_title = "No inbound rule yet"
    empty_text = (
        "Without rules each number's texts go where Message Settings say. Add a rule to send them"
        " elsewhere by who writes, by the time, or for a whole range of numbers at once."
    )
    empty_links = (("Message Settings", "admin:messaging_messagesetting_changelist"),)
    fieldsets: ClassVar = [
        (None, {"fields": ["name", "enabled"]}),
        (
            "Which texts",
            {"fields": ["trunk", "did_numbers", "caller_mask"], "description": _RULES_ON_TOP},
        ),
        ("When", {"fields": ["hours", "chosen_holidays"]}),
        ("In office hours they go to", {"fields": ["open_places", ("open_range", "open_emails")]}),
        (
            "Out of office they go to",
            {"fields": ["closed_places", ("closed_range", "closed_emails")]},
        ),
        (
            "On holidays they go to",
            {"fields": ["holiday_places", ("holiday_range", "holiday_emails")]},
        ),
    ]

    class Media:
        js = ["messaging/rules.js"]
        css = {"all": ["messaging/rules.css"]}

    def get_urls(self) -> list[URLPattern]:
        where = self.admin_site.admin_view(self.where_view)
        own = [path("where/", where, name="messaging_inboundrule_where")]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: ScreenRequest) -> QuerySet[InboundRule]:
        queryset: QuerySet[InboundRule] = super().get_queryset(request)
        match = request.resolver_match
        if match is not None and str(match.url_name).endswith("_delete"):
            return queryset  # which asks for what hangs on the rule itself
        targets = InboundTarget.objects.select_related("extension", "ring_group")
        return queryset.prefetch_related(Prefetch("targets", targets))

    def get_form(
        self, request: ScreenRequest, obj: Any = None, change: Any = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.places = _places(request)
        return form

    @admin.display(description="Numbers", ordering="did_first")
    def numbers(self, obj: InboundRule) -> str:
        """Write the numbers as the other lists do."""
        shown = [national(shown_did(key)) for key in (obj.did_first, obj.did_last)]
        return " - ".join(dict.fromkeys(shown))

    @admin.display(description="Callers", ordering="caller_mask")
    def callers(self, obj: InboundRule) -> str:
        return obj.caller_mask or "Everybody"

    @admin.display(description="Goes to")
    def goes_to(self, obj: InboundRule) -> str:
        return listed(own_targets(obj, When.OPEN))

    @display(description="Enabled", ordering="enabled", label=_ENABLED)  # type: ignore[untyped-decorator]
    def state(self, obj: InboundRule) -> str:
        """Badge: on or off."""
        return "On" if obj.enabled else "Off"

    def changelist_view(
        self, request: ScreenRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Show the list below the box that answers where a text would go."""
        context = {"where_form": WhereForm(tenant=request.tenant), **(extra_context or {})}
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    def where_view(self, request: ScreenRequest) -> HttpResponseBase:
        """Answer where a text would go; asks only, so by GET."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Where would this text go?",
            "opts": self.opts,
            "media": self.media,
            **where_context(request),
        }
        return TemplateResponse(request, "admin/messaging/where.html", context)

    def save_related(
        self, request: ScreenRequest, form: Any, formsets: list[Any], change: Any
    ) -> None:
        super().save_related(request, form, formsets, change)
        rule: InboundRule = form.instance
        rule.holidays.set(form.cleaned_data["chosen_holidays"])
        for when in TIMES:
            store_targets(rule, when, form.targets.get(when, []))
        for route in (each for formset in formsets for each in formset.forms):
            gone = route.cleaned_data.get("DELETE")
            if route.instance.pk is not None and not gone:
                store_targets(rule, When.ADVANCED, route.targets, advanced=route.instance)
        self._tell_of_ties(request, rule)

    def _tell_of_ties(self, request: ScreenRequest, rule: InboundRule) -> None:
        same = InboundRule.objects.filter(
            trunk=rule.trunk_id,
            did_first=rule.did_first,
            did_last=rule.did_last,
            caller_mask=rule.caller_mask,
            enabled=True,
        )
        first = same.order_by("created_at", "pk").first() if rule.enabled else None
        if first is not None and first.pk != rule.pk:
            text = f"“{first}” is for the same numbers and callers, and older: it wins."
            self.message_user(request, text, messages.WARNING)
