"""Company > API keys: keys of programs that work in this tenant only."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelect2Widget

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.admin.tenant_form import TenantForm, text_input
from tenants.keys import keys_of, may_have_key, revoke
from tenants.links import absolute
from tenants.models import ApiKey

_STATE = {"active": "success", "revoked": "danger", "shut": "warning"}


class ApiKeyForm(TenantForm):
    """Whose key it is, and what it is for."""

    name = forms.CharField(
        max_length=100,
        widget=text_input(placeholder="Booking software"),
        help_text="What the key is for, to tell keys apart later.",
    )
    user: ClassVar[Any] = forms.ModelChoiceField(
        label="Acts as",
        queryset=None,
        empty_label=None,
        widget=UnfoldAdminSelect2Widget(),
        help_text="The key may do in this company what this person may do, and nothing elsewhere.",
    )

    class Meta:
        model = ApiKey
        fields = ["name", "user"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person: Any = self.fields.get("user")
        if person is not None:
            person.queryset = may_have_key(self.tenant, asking=self.user)
            person.label_from_instance = lambda user: (
                f"{user.name} ({user.email})" if user.name else user.email
            )
            person.initial = self.user.pk


class ApiKeyAdmin(TenantAdmin):
    """Keys of this tenant; those that open other doors are the platform's business."""

    form = ApiKeyForm
    list_display = ["title", "whose", "key_hint", "created_at", "last_used", "state"]
    search_fields = ["name", "hint", "user__email", "user__name"]
    search_help_text = "Search by name, start of the key or person"
    empty_title = "No API key yet"
    empty_text = (
        "A key lets a program of yours send and read texts here, with the rights of the person you"
        " choose. It is shown once, when it is made."
    )
    empty_links = (("API documentation", "api:docs"),)
    actions_row = ["revoke_key"]
    actions_detail = ["revoke_key"]

    class Media:
        css = {"all": ["messaging/settings.css"]}

    def get_queryset(self, request: ScreenRequest) -> QuerySet[ApiKey]:
        return keys_of(request.tenant).order_by(*self.get_ordering(request) or ["-created_at"])

    def may_change(self, request: ScreenRequest, obj: Any) -> bool:
        return False

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: ScreenRequest, obj: ApiKey | None = None) -> list[str]:
        if obj is None:
            return ["name", "user"]
        return ["title", "whose", "key_hint", "created_at", "last_used", "state_text"]

    def get_readonly_fields(self, request: ScreenRequest, obj: ApiKey | None = None) -> list[str]:
        return [] if obj is None else self.get_fields(request, obj)

    def add_view(
        self,
        request: ScreenRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        # The next page is the one with the key on it, whichever button is pressed.
        own = {
            "title": "New API key",
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        answer: HttpResponse = super().add_view(request, form_url, own | (extra_context or {}))
        return answer

    def changelist_view(
        self, request: ScreenRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer: HttpResponse = super().changelist_view(
            request, {"title": "API keys"} | (extra_context or {})
        )
        return answer

    def save_model(
        self, request: ScreenRequest, obj: ApiKey, form: ApiKeyForm, change: Any
    ) -> None:
        made, secret = ApiKey.issue(obj.user, tenant=request.tenant, name=obj.name)
        obj.__dict__.update(made.__dict__)
        request.issued_secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: ScreenRequest, obj: ApiKey, post_url_continue: Any = None
    ) -> HttpResponse:
        # No redirect: the secret would have to be kept somewhere on the way.
        context = {
            **self.admin_site.each_context(request),
            "title": "API key",
            "media": self.media,
            "key": obj,
            "secret": request.issued_secret,  # type: ignore[attr-defined]
            "address": absolute(reverse("api:message-list")),
            "docs": reverse("api:docs"),
            "keys": reverse(f"{self.admin_site.name}:tenants_apikey_changelist"),
        }
        answer = TemplateResponse(request, "admin/messaging/key_issued.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.display(description="Name", ordering="name")
    def title(self, key: ApiKey) -> str:
        return key.name or "(no name)"

    @admin.display(description="Acts as", ordering="user__email")
    def whose(self, key: ApiKey) -> str:
        return f"{key.user.name} ({key.user.email})" if key.user.name else key.user.email

    @admin.display(description="Starts with", ordering="hint")
    def key_hint(self, key: ApiKey) -> str:
        return f"{key.hint}…"

    @admin.display(description="Last used", ordering="last_used_at", empty_value="Never")
    def last_used(self, key: ApiKey) -> Any:
        return key.last_used_at

    @display(description="State", label=_STATE)  # type: ignore[untyped-decorator]
    def state(self, key: Any) -> tuple[str, str]:
        """Badge: whether the key opens the door."""
        if key.revoked_at:
            return "revoked", "Revoked"
        return ("active", "Active") if key.may_enter else ("shut", "Person has no access")

    @admin.display(description="State")
    def state_text(self, key: ApiKey) -> str:
        return str(self.state(key)[1])

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    @action(  # type: ignore[untyped-decorator]
        description="Revoke",
        url_path="revoke",
        icon="block",
        dialog={
            "title": "Revoke this key?",
            "description": "Programs that use it are shut out at once and for good.",
            "form_submit_text": "Revoke",
        },
    )
    def revoke_key(self, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        """Shut the key out; runs on POST only, unfold answers GET with the question."""
        key = self.get_object(request, object_id)
        if key is None:
            raise Http404
        if revoke(ApiKey.objects.filter(pk=key.pk)):
            self.message_user(request, f"“{key}” is revoked.", messages.SUCCESS)
        else:
            self.message_user(request, f"“{key}” was revoked before.", messages.INFO)
        return HttpResponse(headers={"HX-Refresh": "true"})
