"""All addresses of a tenant that is unknown or not open."""

from __future__ import annotations

from django.urls import re_path

from tenants import views

urlpatterns = [re_path("", views.tenant_closed)]
