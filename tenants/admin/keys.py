"""API keys: made here, shown once, revoked, never read again."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from tenants.keys import revoke
from tenants.models import ApiKey
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


@admin.register(ApiKey, site=system_site)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Keys of programs."""

    form = ApiKeyForm
    list_display = ["name", "hint", "user", "tenant", "state", "created_at", "last_used_at"]
    list_filter = ["tenant"]
    list_select_related = ["user", "tenant"]
    search_fields = ["name", "hint", "user__email"]
    autocomplete_fields = ["user", "tenant"]
    readonly_fields = ["hint", "created_at", "last_used_at", "revoked_at"]
    actions_detail = ["revoke"]
    actions_row = ["revoke"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user", "tenant", "name", *(self.readonly_fields if obj else [])]

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

    @display(label={"Active": "success", "Revoked": "danger"})
    def state(self, key: ApiKey) -> str:
        return "Revoked" if key.revoked_at else "Active"

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
        return HttpResponse(headers={"HX-Refresh": "true"})
