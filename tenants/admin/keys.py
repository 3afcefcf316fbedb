"""API keys: made here, shown once, revoked, never read again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from auditlog.models import LogEntry
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import action, display

from tenants.admin.audit_list import HistoryInTrail
from tenants.keys import revoke
from tenants.models import ApiKey, User
from tenants.schema import PortalRequest
from tenants.sites import system_site


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Whose key it is and where it opens doors."""

    class Meta:
        model = ApiKey
        fields: ClassVar[list[str]] = ["user", "tenant", "name"]
        help_texts: ClassVar[dict[str, str]] = {
            "user": "The key may do what this person may do.",
            "tenant": "Empty = everywhere the person may go.",
        }

    asking: ClassVar[User]

    def clean_user(self) -> User:
        """Keep a system admin's rights with that person: the maker of a key knows it."""
        user: User = self.cleaned_data["user"]
        if user.is_system_admin and user.pk != self.asking.pk:
            raise forms.ValidationError("A system admin makes keys for the own account only.")
        return user


class StateFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """Keys that work, or those that do not any more."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("active", "revoked"):
            return queryset
        return queryset.filter(revoked_at__isnull=self.value() == "active")


@admin.register(ApiKey, site=system_site)
class ApiKeyAdmin(HistoryInTrail, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Keys of programs."""

    form = ApiKeyForm
    list_display = ["label", "start", "user", "reach", "state", "created_at", "last_used"]
    list_filter = [
        StateFilter,
        ("tenant", AutocompleteSelectFilter),
        ("user", AutocompleteSelectFilter),
    ]
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ["user", "tenant"]
    search_fields = ["name", "hint", "user__email", "user__name", "tenant__name"]
    search_help_text = "Search by name, first letters of the key, person or tenant"
    autocomplete_fields = ["user", "tenant"]
    empty_title = "No API key yet"
    empty_text = "Programs use a key in place of a sign-in. It is shown once, when it is made."
    readonly_fields = ["start", "state", "created_at", "last_used", "revoked"]
    actions_detail = ["revoke"]
    actions_row = ["revoke"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        # The key is shown once, and nothing of it is edited: there is nowhere to stay.
        context = {
            "title": "New API key",
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
        }
        return super().add_view(request, form_url, {**context, **(extra_context or {})})

    def get_form(self, request: PortalRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.asking = request.user
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        place = "reach" if obj else "tenant"
        return ["name", "user", place, *(self.readonly_fields if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["reach", *self.readonly_fields] if obj else []

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        key = ApiKey.objects.filter(pk=unquote(str(object_id)), revoked_at=None).first()
        return super().get_actions_detail(request, object_id) if key else []

    def row_action_applies(self, name: str, key: ApiKey) -> bool:
        """Tell whether the row offers the action: a key is revoked once."""
        return key.revoked_at is None

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:  # noqa: FBT001
        made, secret = ApiKey.issue(obj.user, tenant=obj.tenant, name=obj.name)
        obj.__dict__.update(made.__dict__)
        request.issued_secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: Any = None
    ) -> HttpResponse:
        # No redirect: the secret would have to be kept somewhere on the way.
        context = {
            **self.admin_site.each_context(request),
            "title": "API key",
            "secret": request.issued_secret,  # type: ignore[attr-defined]
            "key": obj,
        }
        response = TemplateResponse(request, "system/key_issued.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @display(description="Name", ordering="name")
    def label(self, key: ApiKey) -> str:
        return str(key)

    @display(description="Key", ordering="hint")
    def start(self, key: ApiKey) -> str:
        return f"{key.hint}…"

    @display(description="Opens", ordering="tenant__name")
    def reach(self, key: ApiKey) -> str:
        return str(key.tenant or "Everywhere the person may go")

    @display(description="Last used", ordering="last_used_at")
    def last_used(self, key: ApiKey) -> str:
        return _moment(key.last_used_at) if key.last_used_at else "Never"

    @display(label={"Active": "success", "Revoked": "danger"}, ordering="revoked_at")
    def state(self, key: ApiKey) -> str:
        return "Revoked" if key.revoked_at else "Active"

    @display(description="Revoked")
    def revoked(self, key: ApiKey) -> str:
        if key.revoked_at is None:
            return "-"
        trail = LogEntry.objects.get_for_object(key).filter(changes__has_key="revoked_at")
        # A key that a tenant's own admin revoked has its trail in the tenant.
        entry = trail.select_related("actor").order_by("-timestamp").first()
        who = f" by {entry.actor}" if entry and entry.actor else ""
        return f"{_moment(key.revoked_at)}{who}"

    @action(
        description="Revoke",
        icon="block",
        dialog={
            "title": "Revoke this key?",
            "description": "Programs that use it are shut out at once and for good.",
            "form_submit_text": "Revoke",
        },
    )
    def revoke(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        if revoke(ApiKey.objects.filter(pk=object_id)):
            messages.success(request, "The key is revoked.")
        else:
            messages.warning(request, "The key was revoked before.")
        return HttpResponse(headers={"HX-Refresh": "true"})


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")
