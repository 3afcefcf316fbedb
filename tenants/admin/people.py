"""Accounts of everybody who signs in."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from tenants import sessions
from tenants.admin.audit_list import HistoryInTrail
from tenants.admin.forms import UserForm
from tenants.admin.labels import moment, refreshed
from tenants.audit import change
from tenants.invitations import where_mail_goes
from tenants.mails import request_reset_link
from tenants.models import Membership, User
from tenants.models.people import SECOND_FACTORS
from tenants.sites import system_site


class Places(TabularInline):  # type: ignore[misc]  # unfold has no types
    """Where the person is a member."""

    model = Membership
    fields = ["tenant", "role", "extension", "is_active"]
    verbose_name_plural = "Memberships"
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # on the membership's own page

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User, site=system_site)
class UserAdmin(HistoryInTrail, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """People; who has left is switched off, not deleted, as messages name their author."""

    form = UserForm
    list_display = ["address", "name", "rights", "state", "two_step_state", "last_sign_in"]
    list_filter = ["is_system_admin", "is_active"]
    search_fields = ["email", "name"]
    search_help_text = "Search by e-mail or name"
    empty_title = "Nobody has an account yet"
    list_before_template = "admin/tenants/invite_toolbar.html"
    actions_row = ["send_reset_link", "end_sessions", "reset_two_step", "deactivate", "activate"]
    actions_detail = actions_row
    inlines = [Places]
    fieldsets = [
        (None, {"fields": ["email", "name"]}),
        ("Rights", {"fields": ["is_system_admin", "active"]}),
        ("Sign-in", {"fields": ["two_step", "last_sign_in", "date_joined"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
        people: QuerySet[User] = super().get_queryset(request)
        return people.annotate(has_two_step=Exists(factors))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people are invited

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Nobody can lock the own door from the inside.
        own = ["is_system_admin"] if obj and obj.pk == request.user.pk else []
        return ["active", "two_step", "last_sign_in", "date_joined", *own]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            # allauth keeps a copy, which would go on opening the door.
            EmailAddress.objects.filter(user=obj).delete()

    @admin.display(description="E-mail", ordering="email")
    def address(self, user: User) -> str:
        return user.email

    @display(description="Rights", ordering="is_system_admin", label={"system": "info"})
    def rights(self, user: User) -> tuple[str, str] | None:
        return ("system", "System admin") if user.is_system_admin else None

    @display(description="Account", ordering="is_active", label={"active": "success"})
    def state(self, user: User) -> tuple[str, str]:
        return ("active", "Active") if user.is_active else ("off", "Deactivated")

    @display(description="Two-step sign-in", ordering="has_two_step", label={"on": "success"})
    def two_step_state(self, user: Any) -> tuple[str, str]:
        return ("on", "On") if user.has_two_step else ("off", "Off")

    @admin.display(description="Account")
    def active(self, user: User) -> str:
        return "Active" if user.is_active else "Deactivated"

    @admin.display(description="Two-step sign-in")
    def two_step(self, user: Any) -> str:
        return "On" if user.has_two_step else "Off"

    @admin.display(description="Last sign-in", ordering="last_login")
    def last_sign_in(self, user: User) -> str:
        return moment(user.last_login)

    @action(
        description="Send reset link",
        icon="lock_reset",
        dialog={
            "title": "Send a link to set a new password?",
            "description": "It goes to the person's e-mail address and works once. "
            "Until it is used, the password stays as it is.",
            "form_submit_text": "Send the link",
        },
    )
    def send_reset_link(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        user = self._person(request, object_id)
        say_reset_link_sent(request, user)
        return refreshed()

    @action(
        description="End sessions",
        icon="logout",
        dialog={
            "title": "End all sessions of this person?",
            "description": "They are signed out everywhere at once and can sign in again. "
            "API keys go on working.",
            "form_submit_text": "End sessions",
        },
    )
    def end_sessions(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        user = self._person(request, object_id)
        sessions.end_sessions(user)
        messages.success(request, f"{user.email} is signed out everywhere.")
        return refreshed()

    @action(
        description="Reset two-step sign-in",
        icon="phonelink_erase",
        dialog={
            "title": "Reset two-step sign-in?",
            "description": "For somebody who lost the phone: authenticator app, passkeys and "
            "recovery codes are forgotten, and all sessions end. A system admin must set it up "
            "anew at the next sign-in. Make sure that it is really them who ask.",
            "form_submit_text": "Reset",
        },
    )
    def reset_two_step(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        user = self._person(request, object_id)
        sessions.reset_second_factor(user)
        messages.success(request, f"Two-step sign-in of {user.email} is reset.")
        return refreshed()

    @action(
        description="Deactivate",
        icon="person_off",
        dialog={
            "title": "Deactivate this account?",
            "description": "The person is signed out at once and cannot sign in; API keys stop. "
            "Memberships and messages stay.",
            "form_submit_text": "Deactivate",
        },
    )
    def deactivate(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        user = self._person(request, object_id)
        if user.pk == request.user.pk:
            messages.error(request, "You cannot deactivate your own account.")
        else:
            sessions.switch_off(user)
            messages.success(request, f"{user.email} is deactivated.")
        return refreshed()

    @action(
        description="Activate",
        icon="person_check",
        dialog={
            "title": "Activate this account?",
            "description": "The person can sign in again, as what they were before.",
            "form_submit_text": "Activate",
        },
    )
    def activate(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        user = self._person(request, object_id)
        change(User.objects.filter(pk=user.pk), is_active=True)
        messages.success(request, f"{user.email} is active.")
        return refreshed()

    def row_action_applies(self, name: str, user: Any) -> bool:
        """Offer what makes sense for this person."""
        fits = {
            "send_reset_link": user.is_active,
            "end_sessions": user.is_active,
            "reset_two_step": user.has_two_step,
            "deactivate": user.is_active,
            "activate": not user.is_active,
        }
        return bool(fits.get(name, True))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        user = self.get_queryset(request).filter(pk=object_id).first()
        return [
            one
            for one in super().get_actions_detail(request, object_id)
            if user and self.row_action_applies(one.path, user)
        ]

    def _person(self, request: HttpRequest, object_id: str) -> User:
        found = self.get_queryset(request).filter(pk=object_id).first()
        if not isinstance(found, User):
            raise Http404
        return found


def say_reset_link_sent(request: HttpRequest, user: User) -> None:
    """Have the link mailed, and tell how that went."""
    if not user.is_active:
        messages.error(request, "This account is switched off: activate it first.")
    elif request_reset_link(user):
        text = f"A link to set a new password is on its way to {user.email}. {where_mail_goes()}"
        messages.success(request, text.strip())
    else:
        messages.error(request, "Not sent: the queue does not answer. Try again in a minute.")
