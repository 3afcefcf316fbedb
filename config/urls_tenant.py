"""Addresses inside a tenant, relative to /t/<slug>/."""

from __future__ import annotations

from django.urls import include, path

from tenants.sites import tenant_site

urlpatterns = [
    path("inbox/", include("messaging.inbox.urls")),
    path("api/v1/", include("messaging.api.urls")),
    path("", tenant_site.urls),
]

handler404 = "tenants.views.not_found"
