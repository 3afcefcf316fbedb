"""Addresses inside a tenant, relative to /t/<slug>/."""

from __future__ import annotations

from django.urls import include, path

from messaging.admin.registration import confirm_registration
from messaging.inbox.files import linked
from tenants.sites import tenant_site

urlpatterns = [
    path("inbox/", include("messaging.inbox.urls")),
    path("api/v1/", include("messaging.api.urls")),
    path("media/<str:signed>/", linked, name="media-link"),
    path("setup/registration/", confirm_registration, name="confirm_registration"),
    path("", tenant_site.urls),
]

handler400 = "tenants.views.bad_request"
handler404 = "tenants.views.not_found"
handler500 = "tenants.views.broken"
