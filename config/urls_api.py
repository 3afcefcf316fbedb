"""The platform's API, for system admins."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from tenants.api.guarded import NoSuchAddress

app_name = "api"
urlpatterns = [
    path("", include("tenants.api.urls")),
    path("", include("providers.api.urls")),
    path("schema/", SpectacularAPIView.as_view(urlconf="config.urls_public"), name="schema"),
    path(
        "docs/",
        login_required(
            SpectacularSwaggerSplitView.as_view(
                url_name="api:schema", http_method_names=["get", "head"]
            )
        ),
        name="docs",
    ),
    re_path(r"", NoSuchAddress.as_view()),
]
