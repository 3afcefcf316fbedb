"""Screen of a table that has one row, or none while the defaults hold."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import HttpResponse, HttpResponseRedirect

from messaging.admin.base import ScreenRequest, TenantAdmin

_ONLY = "1"


class OneRowAdmin(TenantAdmin):
    """One page instead of a list; its row is made when something of it is first changed."""

    page_title: ClassVar[str]
    row_title: ClassVar[str]

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return False

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)
        return queryset.filter(pk=int(_ONLY))

    def get_object(
        self, request: ScreenRequest, object_id: str, from_field: str | None = None
    ) -> Model | None:
        """Return the row, stored or not; there is no other."""
        if object_id != _ONLY:
            return None
        found: Model | None = super().get_object(request, object_id, from_field)
        return found or self.model(pk=int(_ONLY))

    def changelist_view(
        self, request: ScreenRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the one row there is."""
        return HttpResponseRedirect(self._change_url(_ONLY))

    def change_view(
        self,
        request: ScreenRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        own = {
            "title": self.page_title,
            "subtitle": None,
            "row_title": self.row_title,
            "show_save_and_continue": False,
        }
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, own | (extra_context or {})
        )
        return answer

    def response_post_save_change(self, request: ScreenRequest, obj: Model) -> HttpResponse:
        return HttpResponseRedirect(self._change_url(_ONLY))
