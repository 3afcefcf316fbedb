"""The two admin sites: the system's under /system/ and each tenant's under /t/<slug>/."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from csp.decorators import csp_update
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite

from tenants.links import public_path
from tenants.roles import Role

# unfold's Alpine evaluates its attributes, and unfold styles inline: so here, and only here.
_UNFOLD_POLICY = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}

View = Callable[..., HttpResponseBase]


class _Portal(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """Admin site whose sign-in, sign-out and password pages are the public ones."""

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # noqa: FBT001
        """Let in who belongs here, with the content policy that unfold needs."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            # Django would send them to the sign-in page, which sends the signed-in back.
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            if self.has_permission(request) and _is_nowhere(view, request, kwargs.get("object_id")):
                raise Http404
            response: HttpResponseBase = inner(request, *args, **kwargs)
            return response

        opened: View = csp_update(_UNFOLD_POLICY)(guarded)
        return opened

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Ask for everybody's rights to every screen only where a page lists them: few do."""
        listed = super().get_app_list
        return SimpleLazyObject(lambda: listed(request, app_label))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        target = public_path("account_login")
        following = request.GET.get(REDIRECT_FIELD_NAME, "")
        query = urlencode({REDIRECT_FIELD_NAME: following})
        return redirect(f"{target}?{query}" if following else target)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        # The menu's button posts here: kept a post, so that nobody is asked once more.
        return redirect(public_path("account_logout"), preserve_request=True)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect(public_path("account_change_password"))


# These look for their row themselves.
_OWN_VIEWS = frozenset({"change_view", "delete_view", "history_view"})


def _is_nowhere(view: View, request: HttpRequest, object_id: str | None) -> bool:
    """Tell whether an action was asked for with a row that its screen does not have.

    Else its question would be put about a row that is not here, or is another tenant's.
    """
    screen = getattr(view, "__self__", None)
    if object_id is None or not isinstance(screen, ModelAdmin) or view.__name__ in _OWN_VIEWS:
        return False
    return screen.get_object(request, unquote(object_id)) is None


class SystemSite(_Portal):
    """Pages of those who run the platform."""

    settings_name = "UNFOLD_SYSTEM"
    index_template = "system/index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_authenticated and user.is_active and user.is_system_admin)


class TenantSite(_Portal):
    """Pages of a tenant's admins; the access middleware has judged the role before."""

    settings_name = "UNFOLD_TENANT"

    def has_permission(self, request: HttpRequest) -> bool:
        role = getattr(request, "role", None)
        return role is not None and role >= Role.ADMIN


system_site = SystemSite(name="system")
# Named like Django's own site: templates and libraries reverse "admin:…".
tenant_site = TenantSite(name="admin")
