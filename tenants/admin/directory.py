"""Trunks and phone numbers of the whole platform."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from tenants.admin.allotment import allot_page
from tenants.admin.audit_list import HistoryInTrail
from tenants.admin.confirmation import ask_first
from tenants.allotment import StillUsed, take_back
from tenants.deletion import InUse, delete_unused, is_in_use
from tenants.models import PhoneNumber, Tenant, Trunk
from tenants.numbers import NotAPhoneNumber, for_people, kind_of, to_e164
from tenants.registration import advice, mark_all, note_by_hand
from tenants.sites import system_site


class DeletesUnused(HistoryInTrail, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Page whose rows can be deleted one by one, as long as nothing uses them."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        try:
            delete_unused(obj)
        except InUse:
            request.kept_in_use = True  # type: ignore[attr-defined]

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> Any:
        if not getattr(request, "kept_in_use", False):
            return super().response_delete(request, obj_display, obj_id)
        messages.error(request, f"{obj_display} is in use and was not deleted.")
        return self._response_post_save(request, None)


def _carriers() -> list[tuple[str, str]]:
    return [(slug, slug.capitalize()) for slug in settings.PROVIDERS]


class TrunkForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Connection to a carrier."""

    provider = forms.ChoiceField(choices=_carriers, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Trunk
        fields: ClassVar[list[str]] = ["name", "provider", "hostname", "tenant", "enabled"]

    def clean(self) -> dict[str, Any]:
        """Keep a trunk with its tenant while anything hangs on it."""
        cleaned = super().clean() or {}
        if self.instance.pk and "tenant" in self.changed_data and is_in_use(self.instance):
            self.add_error("tenant", "The trunk is in use; it cannot change hands.")
        return cleaned


@admin.register(Trunk, site=system_site)
class TrunkAdmin(DeletesUnused):
    """Trunks of the platform and of tenants."""

    form = TrunkForm
    list_display = ["name", "carrier", "hostname", "owner", "numbers", "enabled"]
    list_filter = ["provider", "tenant", "enabled"]
    search_fields = ["name", "hostname"]
    search_help_text = "Search by name or host"
    autocomplete_fields = ["tenant"]
    empty_title = "No trunk yet"
    empty_text = "Numbers hang on a trunk. Add the platform's first, then its numbers."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trunk]:
        trunks: QuerySet[Trunk] = super().get_queryset(request)
        return trunks.select_related("tenant").annotate(numbers_count=Count("phone_numbers"))

    @display(description="Provider", ordering="provider")
    def carrier(self, trunk: Trunk) -> str:
        return trunk.provider.capitalize()

    @display(ordering="tenant__name")
    def owner(self, trunk: Trunk) -> str:
        return str(trunk.tenant or "The platform")

    @display(ordering="numbers_count")
    def numbers(self, trunk: Any) -> int:
        return int(trunk.numbers_count)


class PhoneNumberForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A number in any usual form, and whose it is."""

    typed = forms.CharField(
        label="Phone number",
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "tel"}),
        help_text="Any usual form, such as (919) 555-0101; or a short code.",
    )

    class Meta:
        model = PhoneNumber
        fields: ClassVar[list[str]] = [
            "trunk",
            "tenant",
            "registration",
            "registration_note",
            "campaign_id",
            "segments_per_second",
            "is_main",
        ]
        labels: ClassVar[dict[str, str]] = {
            "is_main": "Main number",
            "registration_note": "Note on the registration",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "tenant": "Empty = nobody has the number yet.",
            "registration_note": "Why it is as it is. A carrier's error is written here too.",
        }

    def clean(self) -> dict[str, Any]:
        """Read the number as people of the tenant's country write it."""
        cleaned = super().clean() or {}
        tenant: Tenant | None = cleaned.get("tenant")
        trunk: Trunk | None = cleaned.get("trunk")
        if trunk and trunk.tenant_id and (tenant is None or trunk.tenant_id != tenant.pk):
            self.add_error("trunk", f"This trunk belongs to {trunk.tenant}.")
        if "typed" in cleaned:
            self._read_number(cleaned["typed"], tenant)
        if self.instance.pk and "tenant" in self.changed_data and is_in_use(self.instance):
            self.add_error("tenant", "A message setting of its tenant uses this number.")
        return cleaned

    def _read_number(self, typed: str, tenant: Tenant | None) -> None:
        country = tenant.country if tenant else "US"
        try:
            number = to_e164(typed, country=country, short_codes=True)
        except NotAPhoneNumber as error:
            self.add_error("typed", str(error))
            return
        if PhoneNumber.objects.filter(number=number).exists():
            self.add_error("typed", "This number is already in use in this system.")
            return
        self.instance.number = number
        self.instance.kind = kind_of(number)


class OwnerFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """Free numbers, or those that a tenant has."""

    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("free", "Free"), ("tenant", "With a tenant")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("free", "tenant"):
            return queryset
        return queryset.filter(tenant__isnull=self.value() == "free")


class CarrierFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """By the carrier of the number's trunk."""

    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return _carriers()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(trunk__provider=self.value()) if self.value() else queryset


_REGISTRATION = {
    "unknown": "",
    "pending": "warning",
    "registered": "success",
    "rejected": "danger",
}


@admin.register(PhoneNumber, site=system_site)
class PhoneNumberAdmin(DeletesUnused):
    """Numbers of all tenants."""

    form = PhoneNumberForm
    list_display = ["shown", "owner", "trunk", "carrier", "kind", "registered", "main"]
    list_filter = [
        OwnerFilter,
        ("tenant", AutocompleteSelectFilter),
        ("trunk", AutocompleteSelectFilter),
        CarrierFilter,
        ("kind", ChoicesDropdownFilter),
        ("registration", ChoicesDropdownFilter),
    ]
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ["trunk", "tenant"]
    search_fields = ["number", "tenant__name", "trunk__name"]
    search_help_text = "Search by number in any form, tenant or trunk"
    autocomplete_fields = ["trunk", "tenant"]
    empty_title = "No phone number yet"
    empty_text = "Allot numbers enters many at once, for a tenant or for the free pool."
    actions = ["mark_registered", "mark_pending", "mark_rejected", "take_back_selected"]
    actions_list = ["allot"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        number = ["shown", "kind"] if obj else ["typed"]
        since = ["known_since", "registration_advice"] if obj else []
        registration = ["registration", "registration_note", *since, "campaign_id"]
        return [*number, "trunk", "tenant", *registration, "segments_per_second", "is_main"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["shown", "kind", "known_since", "registration_advice"] if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if obj:
            form.base_fields.pop("typed", None)
        return form

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        number = self.get_object(request, unquote(object_id))
        title = {"row_title": self.shown(number)} if number else {}
        return super().change_view(request, object_id, form_url, {**title, **(extra_context or {})})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find numbers in whatever form they are typed."""
        # Zeros in front are how people dial, not part of the number.
        digits = "".join(c for c in search_term if c.isdecimal()).lstrip("0")
        if len(digits) >= 3 and not any(c.isalpha() for c in search_term):
            search_term = digits
        found: tuple[QuerySet[Any], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found

    @display(description="Phone number", ordering="number")
    def shown(self, number: PhoneNumber) -> str:
        return for_people(number.number, country="")

    @display(description="Tenant", ordering="tenant__name")
    def owner(self, number: PhoneNumber) -> str:
        return str(number.tenant or "Free")

    @display(description="Provider", ordering="trunk__provider")
    def carrier(self, number: PhoneNumber) -> str:
        return number.trunk.provider.capitalize()

    @display(description="Registration", ordering="registration", label=_REGISTRATION)
    def registered(self, number: PhoneNumber) -> tuple[str, str]:
        return number.registration, number.get_registration_display()

    @display(description="Registration is so since")
    def known_since(self, number: PhoneNumber) -> Any:
        return number.registration_at

    @display(description="What to do")
    def registration_advice(self, number: PhoneNumber) -> str:
        return advice(number) or "Nothing: the number is registered, or need not be."

    def save_model(self, request: HttpRequest, obj: PhoneNumber, form: Any, change: Any) -> None:
        before = PhoneNumber.objects.filter(pk=obj.pk).first() if change else None
        note_by_hand(obj, before=before)
        super().save_model(request, obj, form, change)

    @display(description="Main number", ordering="is_main")
    def main(self, number: PhoneNumber) -> str:
        return "Main" if number.is_main else ""

    @action(description="Allot numbers", icon="playlist_add", variant="primary")
    def allot(self, request: HttpRequest) -> HttpResponse:
        return allot_page(self, request)

    @admin.action(description="Mark as registered", permissions=["change"])
    def mark_registered(
        self, request: HttpRequest, numbers: QuerySet[PhoneNumber]
    ) -> HttpResponse | None:
        return self._mark(request, numbers, PhoneNumber.Registration.REGISTERED)

    @admin.action(description="Mark as pending registration", permissions=["change"])
    def mark_pending(
        self, request: HttpRequest, numbers: QuerySet[PhoneNumber]
    ) -> HttpResponse | None:
        return self._mark(request, numbers, PhoneNumber.Registration.PENDING)

    @admin.action(description="Mark as rejected", permissions=["change"])
    def mark_rejected(
        self, request: HttpRequest, numbers: QuerySet[PhoneNumber]
    ) -> HttpResponse | None:
        return self._mark(request, numbers, PhoneNumber.Registration.REJECTED)

    def _mark(
        self,
        request: HttpRequest,
        numbers: QuerySet[PhoneNumber],
        state: PhoneNumber.Registration,
    ) -> HttpResponse | None:
        word = str(state.label).lower()
        question = ask_first(
            self,
            request,
            numbers,
            title=f"Mark these numbers as {word}?",
            text="Their 10DLC campaign or toll-free verification. Whether numbers that are not"
            " registered may send is each tenant's own choice; rejected ones usually may not.",
            button=f"Mark as {word}",
        )
        if question:
            return question
        chosen = PhoneNumber.objects.filter(pk__in=numbers.order_by().values("pk"))
        changed = mark_all(chosen, state)
        messages.success(request, f"Numbers marked as {word}: {changed:,}.")
        return None

    @admin.action(description="Take back into the free pool", permissions=["change"])
    def take_back_selected(
        self, request: HttpRequest, numbers: QuerySet[PhoneNumber]
    ) -> HttpResponse | None:
        question = ask_first(
            self,
            request,
            numbers,
            title="Take these numbers back?",
            text="Their tenants lose them at once and can no longer text from them. Texts that come"
            " in are held under Unrouted texts. Numbers that a tenant has set up are not taken.",
            button="Take back",
        )
        if question:
            return question
        chosen = PhoneNumber.objects.filter(pk__in=numbers.order_by().values("pk"))
        own = chosen.filter(tenant__isnull=False, trunk__tenant__isnull=False).count()
        try:
            taken = take_back(chosen)
        except StillUsed as error:
            messages.error(request, str(error))
            return None
        messages.success(request, f"Numbers taken back into the free pool: {taken:,}.")
        if own:
            messages.warning(
                request, f"{own:,} stay with their tenants: they hang on the tenants' own trunks."
            )
        return None
