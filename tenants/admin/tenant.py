"""Tenants: open one, switch into it, suspend and resume it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from tenants.admin.audit_list import HistoryInTrail
from tenants.admin.forms import RemovalDialog, TenantAddForm, TenantForm
from tenants.admin.invitations import say_sent
from tenants.admin.labels import STATUS_COLOURS, manage_button, moment, refreshed, status_of
from tenants.audit import change
from tenants.invitations import invite
from tenants.links import tenant_path
from tenants.models import Membership, PhoneNumber, Tenant, UsageDay
from tenants.provisioning import open_tenant, request_schema
from tenants.removal import StillOpen, begin_removal
from tenants.schema import PortalRequest
from tenants.sites import system_site


class Members(TabularInline):  # type: ignore[misc]  # unfold has no types
    """Who is in the tenant, beside its other data."""

    model = Membership
    tab = True
    hide_title = True
    per_page = 25
    fields = ["user", "email", "role", "extension", "is_active", "last_sign_in"]
    readonly_fields = ["email", "last_sign_in"]
    verbose_name_plural = "Members"
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        queryset: QuerySet[Membership] = super().get_queryset(request)
        return queryset.select_related("user")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="E-mail")
    def email(self, membership: Membership) -> str:
        return membership.user.email

    @admin.display(description="Last sign-in")
    def last_sign_in(self, membership: Membership) -> str:
        return moment(membership.user.last_login)


@admin.register(Tenant, site=system_site)
class TenantAdmin(HistoryInTrail, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Companies on this platform. One that is suspended can be removed, with all it has."""

    form = TenantForm
    add_form = TenantAddForm
    list_display = [
        "name",
        "slug",
        "status",
        "channels",
        "members",
        "numbers",
        "last_activity",
        "manage_link",
    ]
    list_filter = ["is_active", "state"]
    search_fields = ["name", "slug"]
    search_help_text = "Search by name or slug"
    empty_title = "No tenant yet"
    empty_text = "A tenant is a company with its own people, numbers and messages."
    readonly_fields = ["slug", "status_text", "created_at"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "status_text", "created_at"]}),
        ("Region", {"fields": ["timezone", "country"]}),
        ("Features", {"fields": ["messaging_enabled"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["name", "slug"]}),
        ("Region", {"fields": ["timezone", "country"]}),
        (
            "First admin",
            {
                "fields": ["admin_email"],
                "description": "May be left empty: a system admin can switch into the tenant.",
            },
        ),
    ]
    actions_row = ["suspend", "resume"]
    actions_detail = ["manage", "invite_people", "suspend", "resume", "set_up_again", "remove"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        counted: QuerySet[Tenant] = (
            super()
            .get_queryset(request)
            .annotate(
                # Subqueries: joined, members times numbers would be counted.
                members_count=_counted(Membership.objects.filter(is_active=True)),
                numbers_count=_counted(PhoneNumber.objects.all()),
                last_day=Subquery(
                    UsageDay.objects.filter(tenant=OuterRef("pk"))
                    .filter(Q(received__gt=0) | Q(sent__gt=0))
                    .order_by("-day")
                    .values("day")[:1]
                ),
            )
        )
        return counted

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = self.add_form
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [Members] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else {"slug": ["name"]}

    def save_model(self, request: PortalRequest, obj: Tenant, form: Any, change: bool) -> None:  # noqa: FBT001
        if change:
            super().save_model(request, obj, form, change)
            return
        open_tenant(obj)
        if email := form.cleaned_data["admin_email"]:
            invited = invite(email, tenant=obj, by=request.user, role=Membership.Role.ADMIN)
            say_sent(request, invited)

    @display(label=STATUS_COLOURS)
    def status(self, tenant: Tenant) -> tuple[str, str]:
        return status_of(tenant)

    @display(description="Status")
    def status_text(self, tenant: Tenant) -> str:
        return status_of(tenant)[1]

    @display(description="Message Channels", boolean=True, ordering="messaging_enabled")
    def channels(self, tenant: Tenant) -> bool:
        return tenant.messaging_enabled

    @display(description="Last activity", ordering="last_day", empty_value="No texts yet")
    def last_activity(self, tenant: Any) -> Any:
        return tenant.last_day

    @display(ordering="members_count")
    def members(self, tenant: Any) -> SafeString:
        return _count_link("membership", tenant, tenant.members_count)

    @display(ordering="numbers_count")
    def numbers(self, tenant: Any) -> SafeString:
        return _count_link("phonenumber", tenant, tenant.numbers_count)

    @display(description="")
    def manage_link(self, tenant: Tenant) -> SafeString | str:
        return manage_button(tenant)

    @action(description="Manage", icon="login", variant="primary")
    def manage(self, request: HttpRequest, object_id: str) -> HttpResponse:
        tenant = Tenant.objects.get(pk=object_id)
        if not tenant.is_open:
            messages.warning(request, "This tenant is suspended or still being set up.")
            return redirect("admin:tenants_tenant_change", object_id)
        return redirect(tenant_path(tenant))

    @action(description="Invite", icon="person_add")
    def invite_people(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(f"{reverse('admin:tenants_invitation_add')}?tenant={int(object_id)}")

    @action(
        description="Suspend",
        icon="pause",
        dialog={
            "title": "Suspend this tenant?",
            "description": "Nobody can enter it and nothing is sent until it is resumed. "
            "Its data stays, and texts that come in meanwhile are held.",
            "form_submit_text": "Suspend",
        },
    )
    def suspend(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        if change(Tenant.objects.filter(pk=object_id, is_active=True), is_active=False):
            messages.success(request, "The tenant is suspended.")
        return refreshed()

    @action(
        description="Resume",
        icon="play_arrow",
        dialog={
            "title": "Resume this tenant?",
            "description": "Its people can enter again, and messages flow.",
            "form_submit_text": "Resume",
        },
    )
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        if change(Tenant.objects.filter(pk=object_id, is_active=False), is_active=True):
            messages.success(request, "The tenant is active again.")
        return refreshed()

    @action(
        description="Set up again",
        icon="build",
        dialog={
            "title": "Set this tenant up again?",
            "description": "Makes what is missing of its tables. Harmless when nothing is.",
            "form_submit_text": "Set up",
        },
    )
    def set_up_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        failed = Tenant.objects.filter(pk=object_id, state=Tenant.State.FAILED)
        if failed.update(state=Tenant.State.PROVISIONING):
            request_schema(Tenant.objects.get(pk=object_id).schema_name)
            messages.success(request, "The set-up runs again.")
        return refreshed()

    @action(
        description="Remove for good",
        icon="delete_forever",
        dialog={
            "title": "Remove this tenant for good?",
            "description": "Its messages, files, people, keys, settings and own trunks are deleted,"
            " and its numbers on the platform's trunks become free. Nothing can be brought back"
            " but from a backup.",
            "form_class": RemovalDialog,
            "form_submit_text": "Remove for good",
        },
    )
    def remove(self, request: PortalRequest, form: RemovalDialog, object_id: str) -> HttpResponse:
        tenant = get_object_or_404(Tenant, pk=object_id)
        if form.cleaned_data["slug"] != tenant.slug:
            messages.error(request, "Not removed: that was not this tenant's slug.")
            return refreshed()
        try:
            begin_removal(tenant, by=request.user, ip=request.META.get("REMOTE_ADDR") or None)
            messages.success(request, "The tenant is being removed. The access log keeps that.")
        except StillOpen as error:
            messages.error(request, str(error))
        return refreshed()

    def row_action_applies(self, name: str, tenant: Tenant) -> bool:
        """Offer Suspend or Resume, not both."""
        return _applies(name, tenant)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        tenant = Tenant.objects.filter(pk=object_id).first()
        return [
            one
            for one in super().get_actions_detail(request, object_id)
            if tenant and _applies(one.action_name, tenant)
        ]


def _applies(action_name: str, tenant: Tenant) -> bool:
    is_going = tenant.state == Tenant.State.REMOVING
    fits = {
        "manage": tenant.is_open,
        "suspend": tenant.is_active and not is_going,
        "resume": not tenant.is_active and not is_going,
        "remove": not tenant.is_active and not is_going,
        "set_up_again": tenant.state == Tenant.State.FAILED,
    }
    return fits.get(action_name.removeprefix("tenants_tenant_"), True)


def _counted(rows: QuerySet[Any]) -> Coalesce:
    mine = rows.filter(tenant=OuterRef("pk")).order_by().values("tenant")
    return Coalesce(Subquery(mine.annotate(n=Count("pk")).values("n")), 0)


def _count_link(model: str, tenant: Tenant, count: int) -> SafeString:
    url = reverse(f"admin:tenants_{model}_changelist")
    return format_html('<a href="{}?tenant__id__exact={}">{}</a>', url, tenant.pk, count)
