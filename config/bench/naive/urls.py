"""One address."""

from __future__ import annotations

from django.urls import path

from config.bench.naive.views import WebhookView

urlpatterns = [path("webhook/bandwidth/sms/<str:token>", WebhookView.as_view())]
