"""What all screens of a tenant share: who may see which row, and how deleting is refused."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import IntegrityError
from django.db.models import Model, ProtectedError, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import ModelAdmin

from tenants.admin.audit_list import history_of
from tenants.audit import is_recorded
from tenants.models import Tenant
from tenants.numbers import for_people
from tenants.roles import Role
from tenants.schema import PortalRequest, tenant_connection


class ScreenRequest(PortalRequest):
    """Request that the access middleware has let into a tenant's pages."""

    tenant: Tenant
    role: Role


def national(number: str) -> str:
    """Write a number as people in the current tenant's country do."""
    return for_people(number, country=tenant_connection.tenant.country)


class TenantAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Screen for the tenant's admins.

    Rows of the public schema are cut down to the tenant's in `get_queryset`; `may_change` and
    `refusal_to_delete` say what may be done with one of them.
    """

    compressed_fields = False
    show_add_link = False  # the toolbar has a button with a word on it
    add_label = "Add"
    list_before_template = "admin/messaging/toolbar.html"
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER  # each would count the whole list once more
    offers_webhook_copy = False
    offers_spreadsheets = False
    row_buttons = False  # Edit, Delete and Refresh above the list, for the selected row
    row_actions: tuple[tuple[str, str, str], ...] = ()  # name, label and icon of more of them
    # What an empty list says: what it is for, and what to do next.
    empty_title = "Nothing here yet"
    empty_text = ""
    empty_links: tuple[tuple[str, str], ...] = ()  # label and URL name

    class Media:
        css = {"all": ["messaging/screens.css"]}
        js = ["messaging/screens.js"]

    def may_change(self, request: ScreenRequest, obj: Any) -> bool:
        """Tell whether this row is the tenant's to change."""
        return True

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        """Return why the row cannot be deleted, or "" when it can."""
        return ""

    def has_module_permission(self, request: ScreenRequest) -> bool:
        role: Role | None = getattr(request, "role", None)
        return role is not None and role >= Role.ADMIN

    def has_view_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        if not self.has_module_permission(request):
            return False
        return not isinstance(obj, Model) or self.may_change(request, obj)

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def get_form(
        self, request: ScreenRequest, obj: Any = None, change: Any = False, **kwargs: Any
    ) -> type[ModelForm[Any]]:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.tenant = request.tenant
        form.user = request.user
        return form  # type: ignore[no-any-return]

    def get_actions(self, request: ScreenRequest) -> dict[str, Any]:
        """Leave out Django's bulk delete, which knows none of the refusals."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_search_results(
        self, request: ScreenRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find numbers in whatever form they are typed."""
        digits = "".join(c for c in search_term if c.isdigit())
        if len(digits) >= 4 and not any(c.isalpha() for c in search_term):
            search_term = digits
        found: tuple[QuerySet[Any], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found

    def changeform_view(
        self,
        request: ScreenRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        try:
            return super().changeform_view(  # type: ignore[no-any-return]
                request, object_id, form_url, extra_context
            )
        except IntegrityError:
            # The form was right when it was judged; somebody saved the same in between.
            text = "Not saved: somebody else saved the same at this moment. Please look again."
            return self._back(request, request.path, text)

    def delete_view(
        self, request: ScreenRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        obj = self.get_object(request, unquote(object_id))
        reason = self.refusal_to_delete(request, obj) if obj is not None else ""
        if not reason:
            try:
                return super().delete_view(  # type: ignore[no-any-return]
                    request, object_id, extra_context
                )
            except (ProtectedError, IntegrityError):
                reason = "Not deleted: it is still in use."
        return self._back(request, self._change_url(object_id), reason)

    def history_view(
        self, request: ScreenRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Lead to the row's part of the audit trail."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_view_permission(request, obj):
            raise Http404
        if is_recorded(type(obj)):
            return history_of(self.admin_site.name, obj)
        return super().history_view(  # type: ignore[no-any-return]
            request, object_id, extra_context
        )

    def _back(self, request: ScreenRequest, url: str, error: str) -> HttpResponseRedirect:
        self.message_user(request, error, messages.ERROR)
        return HttpResponseRedirect(url)

    def _change_url(self, object_id: object) -> str:
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(f"{self.admin_site.name}:{name}", args=[object_id])

    def _get_obj_does_not_exist_redirect(
        self, request: ScreenRequest, opts: Any, object_id: str
    ) -> HttpResponseBase:
        # Django sends people to the dashboard with a message; a row that is not here is a 404.
        raise Http404
