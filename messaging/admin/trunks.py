"""Trunks: the tenant's own to edit, the platform's to look at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Q, QuerySet

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.admin.tenant_form import TenantForm, select
from messaging.inbound.rules.in_use import rule_on_trunk
from messaging.models import SmsConfiguration
from tenants.models import PhoneNumber, Trunk


class TrunkForm(TenantForm):
    """A trunk of the tenant's own."""

    provider = forms.ChoiceField(widget=select(), initial="bandwidth")

    class Meta:
        model = Trunk
        fields = ["name", "provider", "hostname", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider: Any = self.fields["provider"]
        provider.choices = [(slug, slug.capitalize()) for slug in settings.PROVIDERS]
        if not self.instance.pk:
            self.instance.tenant = self.tenant

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Trunk.objects.filter(tenant=self.tenant, name=name).exclude(
            pk=self.instance.pk or 0
        )
        if others.exists():
            raise forms.ValidationError("There is a trunk of this name already.")
        return name


class TrunkAdmin(TenantAdmin):
    """Trunks this tenant may use."""

    form = TrunkForm
    list_display = ["name", "carrier", "hostname", "owner", "numbers", "enabled"]
    search_fields = ["name", "hostname"]
    search_help_text = "Search by name or host"
    fields = ["name", "provider", "hostname", "enabled"]
    empty_title = "No trunk yet"
    empty_text = (
        "A trunk is the line your numbers are on. Add your own Bandwidth trunk, or ask the system"
        " admin for numbers on the platform's."
    )

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Trunk]:
        queryset: QuerySet[Trunk] = super().get_queryset(request)
        return (
            queryset.filter(Q(tenant=request.tenant) | Q(tenant=None))
            .annotate(
                number_count=Count("phone_numbers", filter=Q(phone_numbers__tenant=request.tenant))
            )
            .order_by("name")
        )  # said anew, for counting forgets the model's order

    def may_change(self, request: ScreenRequest, obj: Any) -> bool:
        return bool(obj.tenant_id == request.tenant.pk)

    @admin.display(description="Provider", ordering="provider")
    def carrier(self, obj: Trunk) -> str:
        return obj.provider.capitalize()

    @admin.display(description="Owner")
    def owner(self, obj: Trunk) -> str:
        return "Platform" if obj.tenant_id is None else "Own"

    @admin.display(description="Your numbers")
    def numbers(self, obj: Trunk) -> int:
        return int(getattr(obj, "number_count", 0))

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        if SmsConfiguration.objects.filter(trunk=obj).exists():
            return f"“{obj.name}” cannot be deleted while an SMS/MMS configuration uses it."
        if PhoneNumber.objects.filter(trunk=obj).exists():
            return f"“{obj.name}” cannot be deleted while phone numbers are on it."
        return rule_on_trunk(obj)
