"""Accounts of everybody who signs in."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from tenants.admin.forms import UserForm
from tenants.models import Membership, User
from tenants.sites import system_site


class Places(TabularInline):  # type: ignore[misc]  # unfold has no types
    """Where the person is a member."""

    model = Membership
    fields = ["tenant", "role", "extension", "is_active"]
    readonly_fields = ["tenant"]
    extra = 0
    can_delete = False
    verbose_name_plural = "Memberships"
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User, site=system_site)
class UserAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """People; who has left is switched off, not deleted, as messages name their author."""

    form = UserForm
    list_display = ["email", "name", "is_system_admin", "is_active", "last_login"]
    list_filter = ["is_system_admin", "is_active"]
    search_fields = ["email", "name"]
    readonly_fields = ["last_login", "date_joined"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        rights = {"fields": ["is_system_admin", "is_active"]}
        times = [("Times", {"fields": ["last_login", "date_joined"]})] if obj else []
        return [
            (None, {"fields": ["email", "name", "new_password"]}),
            ("Rights", rights),
            *times,
        ]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [Places] if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Nobody can lock the own door from the inside.
        own = ["is_system_admin", "is_active"] if obj and obj.pk == request.user.pk else []
        return [*self.readonly_fields, *own]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001
        password = form.cleaned_data["new_password"]
        if password:
            obj.set_password(password)
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            # allauth keeps a copy, which would go on opening the door.
            EmailAddress.objects.filter(user=obj).delete()
        if password and obj.pk == request.user.pk:
            update_session_auth_hash(request, obj)
        if password and change:
            messages.info(request, "The password is changed; the person's sessions have ended.")
