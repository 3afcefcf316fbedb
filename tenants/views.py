"""Public pages that belong to nobody's portal."""

from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_required
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.views.decorators.csrf import csrf_exempt

from tenants.links import tenant_path
from tenants.models import Membership, Tenant
from tenants.schema import PortalRequest


@login_required
def home(request: PortalRequest) -> HttpResponse:
    """Send people where they work: system, own tenant, inbox, or a chooser of tenants."""
    user = request.user
    if user.is_system_admin:
        return redirect("system:index")
    memberships = list(
        user.memberships.filter(
            is_active=True, tenant__is_active=True, tenant__state=Tenant.State.READY
        )
        .select_related("tenant")
        .order_by("tenant__name")
    )
    if len(memberships) == 1:
        return redirect(_workplace(memberships[0]))
    places = [(membership, _workplace(membership)) for membership in memberships]
    return render(request, "home.html", {"places": places})


def closed(request: HttpRequest) -> HttpResponse:
    """Answer for a page of allauth that this portal does not offer."""
    raise Http404


@csrf_exempt
def tenant_closed(request: PortalRequest) -> HttpResponse:
    """Say that there is no such tenant, or why it takes nobody in."""
    tenant = request.closed_tenant
    if "/api/" in request.path:
        detail = "This tenant is suspended or still being set up." if tenant else "No such tenant."
        return JsonResponse({"detail": detail}, status=404)
    return render(request, "tenant_closed.html", {"closed_tenant": tenant}, status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the address holds what nobody can look for, in JSON where programs ask."""
    if "/api/" in request.path:
        return JsonResponse({"detail": "A value in the address cannot be read."}, status=400)
    return render(request, "400.html", status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page, in JSON where programs ask."""
    if "/api/" in request.path:
        return JsonResponse({"detail": "Not found."}, status=404)
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Say that something broke, or that the database is away or was given up (config.patience)."""
    is_late = isinstance(sys.exc_info()[1], (InterfaceError, OperationalError))
    detail = "The database is busy or away. Try again." if is_late else "Something broke."
    headers = {"Retry-After": "5"} if is_late else None
    status = 503 if is_late else 500
    if "/api/" in request.path:
        return JsonResponse({"detail": detail}, status=status, headers=headers)
    # Without the request, which would ask the database who is signed in.
    page = loader.get_template(f"{status}.html").render()
    return HttpResponse(page, status=status, headers=headers)


def _workplace(membership: Membership) -> str:
    admin = membership.role == Membership.Role.ADMIN
    return tenant_path(membership.tenant, "" if admin else "inbox/")
