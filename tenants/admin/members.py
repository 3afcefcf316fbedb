"""Memberships: who is what in which tenant."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from tenants.admin.audit_list import HistoryInTrail
from tenants.admin.forms import MembershipForm
from tenants.models import Membership
from tenants.sites import system_site


@admin.register(Membership, site=system_site)
class MembershipAdmin(HistoryInTrail, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Members of all tenants."""

    list_display = ["user", "email", "tenant", "role", "extension", "active"]
    list_filter = ["tenant", "role", "is_active"]
    list_select_related = ["user", "tenant"]
    search_fields = ["user__email", "user__name", "tenant__name", "extension"]
    search_help_text = "Search by person, tenant or extension"
    empty_title = "Nobody is a member yet"
    empty_text = "Invite people to a tenant; who has an account can be added at once."
    autocomplete_fields = ["tenant"]
    list_before_template = "admin/tenants/invite_toolbar.html"

    @admin.display(ordering="user__email", description="E-mail")
    def email(self, membership: Membership) -> str:
        return membership.user.email

    @display(description="Active", ordering="is_active", label={"active": "success"})
    def active(self, membership: Membership) -> tuple[str, str]:
        return ("active", "Active") if membership.is_active else ("off", "Off")

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = MembershipForm
        else:
            kwargs["labels"] = {"is_active": "Active"}
        return super().get_form(request, obj, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        person = ["user"] if obj else ["email"]
        return ["tenant", *person, "role", "extension", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["tenant", "user"] if obj else []

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001
        if not change:
            obj.user = form.person()
        super().save_model(request, obj, form, change)
