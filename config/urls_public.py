"""Addresses outside any tenant: sign-in, the system portal, webhooks, the platform's API."""

from __future__ import annotations

from django.urls import include, path, re_path

from config import health, metrics, system_settings
from providers import unrouted_page, webhooks
from tenants import invite_page, views
from tenants.sites import system_site

_model_pages, _app_name, _namespace = system_site.urls
# The site's last address catches all, so pages that show no model come first.
_system_pages = [*system_settings.urlpatterns, *unrouted_page.urlpatterns, *_model_pages]

urlpatterns = [
    path("", views.home, name="home"),
    # Admins keep the addresses people sign in with; allauth would let people change theirs.
    path("accounts/email/", views.closed),
    path("accounts/", include("allauth.urls")),
    path("invite/<str:token>", invite_page.invite, name="invite"),
    path("system/", (_system_pages, _app_name, _namespace)),
    path("health/", health.health, name="health"),
    path("metrics", metrics.metrics, name="metrics"),
    # With or without a trailing slash and never a redirect: a carrier does not follow those.
    re_path(r"^webhook/(?P<provider>[a-z]+)/sms/?$", webhooks.receive_view),
    re_path(r"^webhook/(?P<provider>[a-z]+)/sms/(?P<token>[\w-]{1,100})/?$", webhooks.receive_view),
    path("api/v1/", include("config.urls_api")),
]

handler400 = "tenants.views.bad_request"
handler404 = "tenants.views.not_found"
handler500 = "tenants.views.broken"
