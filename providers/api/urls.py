"""The webhook log below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from providers.api.views import WebhookEventViewSet

router = SimpleRouter()
router.register("webhook-events", WebhookEventViewSet)

urlpatterns = router.urls
