"""Users: who may enter this tenant, and as what. The accounts themselves belong to the people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from unfold.decorators import action

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.admin.invitations import extension_choices
from messaging.admin.tenant_form import TenantForm, select
from tenants import audit
from tenants.admin.labels import moment, refreshed
from tenants.admin.people import say_reset_link_sent
from tenants.memberships import belongs_here_only
from tenants.models import Membership


class MemberForm(TenantForm):
    """What somebody is in this tenant."""

    extension = forms.ChoiceField(required=False, widget=select())

    class Meta:
        model = Membership
        fields = ["role", "extension", "is_active"]
        labels = {"is_active": "Active"}
        help_texts = {"is_active": "Off = the person cannot enter this company any more, at once."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        extension: Any = self.fields["extension"]
        extension.choices = extension_choices()
        gone = self.instance.extension
        if gone and gone not in dict(extension.choices):
            extension.choices = [*extension.choices, (gone, f"{gone} (no such extension)")]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        needs_extension = cleaned.get("role") == Membership.Role.EXTENSION
        if needs_extension and not cleaned.get("extension") and "extension" not in self.errors:
            self.add_error("extension", "An extension user needs an extension.")
        self._keep_own_access(cleaned)
        return cleaned

    def _keep_own_access(self, cleaned: dict[str, Any]) -> None:
        if self.instance.user_id != self.user.pk:
            return
        if cleaned.get("role") != Membership.Role.ADMIN:
            self.add_error("role", "You cannot take your own admin role away.")
        if not cleaned.get("is_active"):
            self.add_error("is_active", "You cannot close your own access.")


class MemberAdmin(TenantAdmin):
    """Memberships of this tenant."""

    form = MemberForm
    list_display = ["person", "email", "role", "extension", "active", "last_login"]
    list_display_links = ["person"]
    list_select_related = ["user"]
    list_filter = ["role", "is_active"]
    search_fields = ["user__email", "user__name", "extension"]
    search_help_text = "Search by name, e-mail or extension"
    list_before_template = "admin/tenants/invite_toolbar.html"
    fields = ["person", "email", "role", "extension", "is_active", "last_login"]
    readonly_fields = ["person", "email", "last_login"]
    actions_row = ["deactivate", "activate", "send_reset_link"]
    actions_detail = ["deactivate", "activate", "send_reset_link"]

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Membership]:
        queryset: QuerySet[Membership] = super().get_queryset(request)
        return queryset.filter(tenant=request.tenant).select_related("user")

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return False  # people are invited

    def may_change(self, request: ScreenRequest, obj: Any) -> bool:
        return bool(obj.tenant_id == request.tenant.pk)

    @admin.display(description="Person", ordering="user__email")
    def person(self, obj: Membership) -> str:
        return str(obj.user)

    @admin.display(description="E-mail", ordering="user__email")
    def email(self, obj: Membership) -> str:
        return obj.user.email

    @admin.display(description="Active", boolean=True, ordering="is_active")
    def active(self, obj: Membership) -> bool:
        return obj.is_active

    @admin.display(description="Last sign-in", ordering="user__last_login")
    def last_login(self, obj: Membership) -> str:
        return moment(obj.user.last_login)

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Deactivate",
        icon="person_off",
        dialog={
            "title": "Take away the access?",
            "description": "The person cannot enter this company any more, at once. "
            "Messages they wrote stay.",
            "form_submit_text": "Deactivate",
        },
    )
    def deactivate(self, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        membership = self._member(request, object_id)
        if membership.user_id == request.user.pk:
            messages.error(request, "You cannot close your own access.")
        else:
            audit.change(Membership.objects.filter(pk=membership.pk), is_active=False)
            messages.success(request, f"{membership.user} has no access any more.")
        return refreshed()

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Activate",
        icon="person_check",
        dialog={
            "title": "Give the access back?",
            "description": "The person can enter again, in the same role.",
            "form_submit_text": "Activate",
        },
    )
    def activate(self, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        membership = self._member(request, object_id)
        audit.change(Membership.objects.filter(pk=membership.pk), is_active=True)
        messages.success(request, f"{membership.user} has access again.")
        return refreshed()

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Send reset link",
        icon="lock_reset",
        dialog={
            "title": "Send a link to set a new password?",
            "description": "It goes to the person's e-mail address and works once. "
            "Until it is used, the password stays as it is.",
            "form_submit_text": "Send the link",
        },
    )
    def send_reset_link(self, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        membership = self._member(request, object_id)
        if belongs_here_only(membership):
            say_reset_link_sent(request, membership.user)
        else:
            # In words that do not tell where else the person works.
            messages.warning(
                request,
                f"Only {membership.user} can ask for a new password of this account, by "
                "“Forgot your password?” on the sign-in page.",
            )
        return refreshed()

    def row_action_applies(self, name: str, obj: Membership) -> bool:
        """Offer Deactivate or Activate, not both."""
        return {"deactivate": obj.is_active, "activate": not obj.is_active}.get(name, True)

    def get_actions_detail(self, request: ScreenRequest, object_id: Any) -> list[Any]:
        found = self.get_queryset(request).filter(pk=object_id).first()
        return [
            one
            for one in super().get_actions_detail(request, object_id)
            if found and self.row_action_applies(one.path, found)
        ]

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        own = obj.user_id == request.user.pk
        return "You cannot take your own access away." if own else ""

    def _member(self, request: ScreenRequest, object_id: str) -> Membership:
        # By the screen's own queryset: another tenant's member is not there.
        found = self.get_queryset(request).filter(pk=object_id).first()
        if not isinstance(found, Membership):
            raise Http404
        return found
