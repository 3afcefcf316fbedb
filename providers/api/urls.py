"""The webhook log and the unrouted texts below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from providers.api.unrouted import UnroutedNumbers
from providers.api.views import WebhookEventViewSet

router = SimpleRouter()
router.register("webhook-events", WebhookEventViewSet)
router.register("unrouted-numbers", UnroutedNumbers, basename="unrouted-number")

urlpatterns = router.urls
