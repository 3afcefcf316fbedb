"""Phone numbers of the tenant: added on own trunks only, the platform's are given out."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet

from messaging.admin.badges import registration_badge
from messaging.admin.base import ScreenRequest, national
from messaging.admin.bulk import BulkAdmin, BulkField, NotChanged
from messaging.admin.copying import copy_button
from messaging.admin.tenant_form import TenantForm, select, text_input
from messaging.models import MessageSetting
from messaging.number_settings import ALREADY_IN_USE
from tenants import audit
from tenants.models import PhoneNumber, Trunk
from tenants.numbers import kind_of
from tenants.registration import advice, note_by_hand

# What only the system admin may change of a number on a trunk of the platform.
KEPT_BY_PLATFORM = ["registration", "registration_note", "campaign_id", "segments_per_second"]


class PhoneNumberForm(TenantForm):
    """A number of the tenant's; number and trunk are settled when it is added."""

    number = forms.CharField(
        label="Phone number",
        max_length=40,
        widget=text_input(placeholder="(919) 555-0101", inputmode="tel"),
        help_text="In any usual form.",
    )
    trunk = forms.ModelChoiceField(
        queryset=Trunk.objects.none(),
        widget=select(),
        empty_label="Select a trunk",
        help_text="One of your own. Numbers on the platform's trunk come from the system admin.",
    )

    class Meta:
        model = PhoneNumber
        fields = ["number", "trunk", *KEPT_BY_PLATFORM, "is_main"]
        labels = {"registration_note": "Note on the registration"}
        help_texts = {
            "registration_note": "Why it is as it is. A carrier's error is written here too."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            trunk: Any = self.fields["trunk"]
            trunk.queryset = Trunk.objects.filter(tenant=self.tenant, enabled=True)
            self.instance.tenant = self.tenant
        else:
            self.fields.pop("number", None)

    def clean_number(self) -> str:
        number = self.to_number(self.cleaned_data["number"], short_codes=True)
        if PhoneNumber.objects.filter(number=number).exists():
            raise forms.ValidationError(ALREADY_IN_USE)
        self.instance.kind = kind_of(number)
        return number


def _state() -> forms.Field:
    return forms.ChoiceField(
        label="Registration", choices=PhoneNumber.Registration.choices, widget=select()
    )


def _campaign() -> forms.Field:
    return forms.CharField(label="Campaign ID", max_length=40, widget=text_input())


class PhoneNumberAdmin(BulkAdmin):
    """The tenant's part of the number directory."""

    form = PhoneNumberForm
    list_display = ["phone", "copy", "trunk", "kind", "registered", "in_use", "main"]
    list_select_related = ["trunk"]
    bulk_fields = {
        "registration": BulkField(make=_state, clearable=False),
        "campaign_id": BulkField(make=_campaign, empty=""),
    }
    bulk_delete = False
    list_filter = ["kind", "registration"]
    search_fields = ["number", "trunk__name"]
    search_help_text = "Search by number or trunk"
    empty_title = "No phone number yet"
    empty_text = (
        "Add the numbers of a trunk of your own here. Numbers on the platform's trunk appear when"
        " the system admin gives them to you."
    )
    empty_links = (("Trunks", "admin:tenants_trunk_changelist"),)

    class Media:
        css = {"all": ["messaging/log.css"]}

    def get_queryset(self, request: ScreenRequest) -> QuerySet[PhoneNumber]:
        queryset: QuerySet[PhoneNumber] = super().get_queryset(request)
        used = MessageSetting.objects.filter(phone_number=OuterRef("pk"))
        return (
            queryset.filter(tenant=request.tenant)
            .select_related("trunk")
            .annotate(has_setting=Exists(used))
        )

    @admin.display(description="Phone number", ordering="number")
    def phone(self, obj: PhoneNumber) -> str:
        return national(obj.number)

    @admin.display(description="Copy")
    def copy(self, obj: PhoneNumber) -> str:
        return copy_button(obj.number)

    @admin.display(description="Main number of the trunk", ordering="is_main")
    def main(self, obj: PhoneNumber) -> str:
        return "Yes" if obj.is_main else "-"

    @admin.display(description="Registration", ordering="registration")
    def registered(self, obj: PhoneNumber) -> str:
        return registration_badge(obj.registration)

    @admin.display(description="Registration is so since")
    def known_since(self, obj: PhoneNumber) -> Any:
        return obj.registration_at

    @admin.display(description="What to do")
    def what_to_do(self, obj: PhoneNumber) -> str:
        """The way to a registration, and who has to note it here."""
        todo = advice(obj)
        if not todo:
            return "Nothing: the number is registered, or need not be."
        if obj.trunk.tenant_id == obj.tenant_id:
            return todo
        return f"{todo} This number is on a trunk of the platform: its system admin does that."

    @admin.display(description="In Message Settings", boolean=True)
    def in_use(self, obj: PhoneNumber) -> bool:
        return bool(getattr(obj, "has_setting", False))

    def get_fields(self, request: ScreenRequest, obj: PhoneNumber | None = None) -> list[str]:
        if obj is None:
            return ["number", "trunk", *KEPT_BY_PLATFORM, "is_main"]
        state, *others = KEPT_BY_PLATFORM
        since = ["known_since", "what_to_do"]
        return ["phone", "trunk", "kind", state, *since, *others, "is_main"]

    def get_readonly_fields(
        self, request: ScreenRequest, obj: PhoneNumber | None = None
    ) -> list[str]:
        if obj is None:
            return []
        own = obj.trunk.tenant_id == request.tenant.pk
        settled = ["phone", "trunk", "kind", "known_since", "what_to_do"]
        return settled if own else [*settled, *KEPT_BY_PLATFORM]

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        if isinstance(obj, PhoneNumber) and obj.trunk.tenant_id != request.tenant.pk:
            return False
        return super().has_delete_permission(request, obj)

    def may_change(self, request: ScreenRequest, obj: Any) -> bool:
        return bool(obj.tenant_id == request.tenant.pk)

    def change_row(self, request: ScreenRequest, obj: Any, values: dict[str, Any]) -> None:
        if obj.trunk.tenant_id != request.tenant.pk:
            raise NotChanged(
                f"{national(obj.number)} is on a trunk of the platform: the system admin keeps its"
                " registration."
            )
        before = copy(obj)
        for name, value in values.items():
            setattr(obj, name, value)
        note_by_hand(obj, before=before)
        obj.save()

    def save_model(
        self, request: ScreenRequest, obj: PhoneNumber, form: TenantForm, change: Any
    ) -> None:
        note_by_hand(obj, before=PhoneNumber.objects.filter(pk=obj.pk).first() if change else None)
        if obj.is_main:
            mains = PhoneNumber.objects.filter(
                tenant=request.tenant, trunk_id=obj.trunk_id, is_main=True
            )
            audit.change(mains.exclude(pk=obj.pk or 0), is_main=False)
        super().save_model(request, obj, form, change)

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        if MessageSetting.objects.filter(phone_number=obj).exists():
            return f"{national(obj.number)} is in Message Settings: delete it there first."
        return ""
