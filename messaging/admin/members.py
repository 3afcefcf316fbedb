"""Members: who may enter this tenant, and as what. The people themselves belong to the platform."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from unfold.widgets import UnfoldAdminEmailInputWidget

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.admin.tenant_form import TenantForm, secret_input, select, text_input
from messaging.models import Extension
from tenants.memberships import account_of, find_account
from tenants.models import Membership, User


class MemberForm(TenantForm):
    """Membership of this tenant; an account that exists is joined, never changed."""

    email = forms.EmailField(label="E-mail", widget=UnfoldAdminEmailInputWidget())
    name = forms.CharField(
        required=False,
        max_length=100,
        widget=text_input(),
        help_text="For a new person; somebody with an account keeps their name.",
    )
    password = forms.CharField(
        label="Initial password",
        required=False,
        strip=False,
        widget=secret_input(),
        help_text="For a new person; somebody with an account keeps their password.",
    )
    extension = forms.ChoiceField(required=False, widget=select())

    class Meta:
        model = Membership
        fields = ["role", "extension", "is_active"]
        labels = {"is_active": "Active"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        extension: Any = self.fields["extension"]
        known = [(e.number, str(e)) for e in Extension.objects.all()]
        extension.choices = [("", "None"), *known]
        if self.instance.pk:
            for name in ("email", "name", "password"):
                self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        needs_extension = cleaned.get("role") == Membership.Role.EXTENSION
        if needs_extension and not cleaned.get("extension") and "extension" not in self.errors:
            self.add_error("extension", "An extension user needs an extension.")
        if self.instance.pk:
            self._keep_own_access(cleaned)
        elif "email" in cleaned:
            self._check_person(cleaned)
        return cleaned

    def person(self) -> User:
        """Return the account of the e-mail address, made with the initial password if new."""
        cleaned = self.cleaned_data
        return account_of(cleaned["email"], password=cleaned["password"], name=cleaned["name"])

    def _check_person(self, cleaned: dict[str, Any]) -> None:
        email, password = cleaned["email"], cleaned.get("password", "")
        found = find_account(email)
        if found is not None:
            if Membership.objects.filter(user=found, tenant=self.tenant).exists():
                self.add_error("email", "This person is a member already.")
        elif not password:
            self.add_error("password", "This person is new: give an initial password.")
        else:
            try:
                validate_password(password, User(email=email, name=cleaned.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)

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

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Membership]:
        queryset: QuerySet[Membership] = super().get_queryset(request)
        return queryset.filter(tenant=request.tenant)

    def may_change(self, request: ScreenRequest, obj: Any) -> bool:
        return bool(obj.tenant_id == request.tenant.pk)

    def get_fields(self, request: ScreenRequest, obj: Membership | None = None) -> list[str]:
        who = ["email", "name", "password"] if obj is None else ["person", "email"]
        return [*who, "role", "extension", "is_active"]

    def get_readonly_fields(
        self, request: ScreenRequest, obj: Membership | None = None
    ) -> list[str]:
        return [] if obj is None else ["person", "email"]

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
    def last_login(self, obj: Membership) -> Any:
        return obj.user.last_login

    def save_model(
        self, request: ScreenRequest, obj: Membership, form: MemberForm, change: Any
    ) -> None:
        if not change:
            obj.tenant = request.tenant
            obj.user = form.person()
        super().save_model(request, obj, form, change)

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        own = obj.user_id == request.user.pk
        return "You cannot take your own access away." if own else ""
