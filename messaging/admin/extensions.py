"""Extensions: the desks that texts go to."""

from __future__ import annotations

from typing import Any

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.admin.tenant_form import TenantForm
from messaging.models import Extension
from tenants.models import Membership


class ExtensionAdmin(TenantAdmin):
    """Extensions and what each may send from."""

    list_display = ["number", "name", "email", "sms_permission"]
    list_filter = ["sms_permission"]
    search_fields = ["number", "name", "email"]
    fields = ["number", "name", "email", "sms_permission"]

    def save_model(
        self, request: ScreenRequest, obj: Extension, form: TenantForm, change: Any
    ) -> None:
        super().save_model(request, obj, form, change)
        if change and "number" in form.changed_data:
            # Memberships are public rows, which name the extension by its number only.
            Membership.objects.filter(
                tenant=request.tenant, extension=form.initial["number"]
            ).update(extension=obj.number)

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        member = (
            Membership.objects.filter(tenant=request.tenant, extension=obj.number)
            .select_related("user")
            .first()
        )
        if member is None:
            return ""
        return f"{member.user} has extension {obj.number}: give them another in Members first."
