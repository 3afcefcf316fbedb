"""The one step of the set-up that only a person can know: the numbers are registered."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from messaging.admin.base import ScreenRequest


@require_POST
def confirm_registration(request: HttpRequest) -> HttpResponseRedirect:
    """Note that the carriers know the tenant's numbers."""
    tenant = cast("ScreenRequest", request).tenant
    tenant.registration_confirmed = True
    tenant.save(update_fields=["registration_confirmed"])
    messages.success(request, "Noted. Under Settings you can take it back.")
    return HttpResponseRedirect(reverse("admin:index"))
