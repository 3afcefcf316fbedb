"""Extensions: the desks that texts go to."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from unfold.decorators import display

from messaging.admin.base import ScreenRequest, national
from messaging.admin.bulk import BulkAdmin, BulkField
from messaging.admin.setting_bulk import OnOff
from messaging.admin.sheet_pages import SheetAdmin
from messaging.admin.tenant_form import TenantForm, select
from messaging.inbound.rules.in_use import rule_to_extension
from messaging.models import Extension, MessageSetting
from messaging.number_settings import NumberProblem
from messaging.number_sharing import check_extension_is_free
from messaging.spreadsheets.extensions import ExtensionSheet
from tenants import audit
from tenants.models import Membership

_NAMED = 3


def _available() -> forms.Field:
    return OnOff("Available")


def _permission() -> forms.Field:
    return forms.ChoiceField(
        label="SMS permission", choices=Extension.SmsPermission.choices, widget=select()
    )


class ExtensionForm(TenantForm):
    """An extension, its number no ring group's."""

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        try:
            check_extension_is_free(number)
        except NumberProblem as problem:
            raise forms.ValidationError(problem.message) from problem
        return number


class ExtensionAdmin(BulkAdmin, SheetAdmin):
    """Extensions and what each may send from."""

    sheet = ExtensionSheet
    form = ExtensionForm
    bulk_fields: ClassVar = {
        "sms_permission": BulkField(make=_permission, clearable=False),
        "is_available": BulkField(make=_available, clearable=False),
    }
    list_display = ["number", "name", "email", "people", "lines", "sms_permission", "presence"]
    list_filter = ["sms_permission", "is_available"]
    search_fields = ["number", "name", "email"]
    search_help_text = "Search by extension, name or e-mail"
    fields = ["number", "name", "email", "sms_permission", "is_available"]
    empty_title = "No extension yet"
    empty_text = (
        "An extension is a desk of your phone system. Add one for each person or group who gets"
        " texts, or import the list from your PBX as CSV."
    )

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Extension]:
        queryset: QuerySet[Extension] = super().get_queryset(request)
        people = Membership.objects.filter(
            tenant=request.tenant, extension=OuterRef("number"), is_active=True
        ).order_by("user__email")
        numbers = MessageSetting.objects.filter(
            Q(extension=OuterRef("pk")) | Q(other_extensions=OuterRef("pk"))
        ).order_by("phone_number__number")
        return queryset.annotate(
            person_names=ArraySubquery(
                people.values_list(
                    Coalesce(
                        NullIf(F("user__name"), Value("")),
                        F("user__email"),
                        output_field=CharField(),
                    )
                )
            ),
            line_numbers=ArraySubquery(numbers.values("phone_number__number").distinct()),
        )

    @admin.display(description="Users")
    def people(self, obj: Extension) -> str:
        return _listed(getattr(obj, "person_names", []))

    @admin.display(description="Numbers")
    def lines(self, obj: Extension) -> str:
        return _listed([national(number) for number in getattr(obj, "line_numbers", [])])

    @display(description="Available", ordering="is_available", label={"Yes": "success", "Away": ""})  # type: ignore[untyped-decorator]
    def presence(self, obj: Extension) -> str:
        """Badge: takes its turn, or is away."""
        return "Yes" if obj.is_available else "Away"

    def save_model(
        self, request: ScreenRequest, obj: Extension, form: TenantForm, change: Any
    ) -> None:
        super().save_model(request, obj, form, change)
        if change and "number" in form.changed_data:
            # Memberships are public rows, which name the extension by its number only.
            members = Membership.objects.filter(tenant=request.tenant)
            audit.change(members.filter(extension=form.initial["number"]), extension=obj.number)

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        member = (
            Membership.objects.filter(tenant=request.tenant, extension=obj.number)
            .select_related("user")
            .first()
        )
        if member is not None:
            return f"{member.user} has extension {obj.number}: give them another in Users first."
        settings = MessageSetting.objects.filter(extension=obj).select_related("phone_number")
        numbers = [national(setting.phone_number.number) for setting in settings[:_NAMED]]
        if not numbers:
            return rule_to_extension(obj)
        return (
            f"The texts of {', '.join(numbers)} reach extension {obj.number}: give the numbers"
            " another in Message Settings first."
        )


def _listed(items: list[str]) -> str:
    shown = ", ".join(items[:_NAMED])
    return f"{shown} +{len(items) - _NAMED}" if len(items) > _NAMED else shown or "-"
