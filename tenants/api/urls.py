"""The platform's API below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from tenants.api import records, usage, views
from tenants.api.invitations import PlatformInvitations
from tenants.api.keys import PlatformKeys
from tenants.api.people import UserViewSet
from tenants.api.throughput import ThroughputPresetViewSet

router = SimpleRouter()
router.register("tenants", views.TenantViewSet)
router.register("trunks", views.TrunkViewSet)
router.register("phone-numbers", views.PhoneNumberViewSet)
router.register("throughput-presets", ThroughputPresetViewSet)
router.register("memberships", views.MembershipViewSet)
router.register("users", UserViewSet)
router.register("api-keys", PlatformKeys)
router.register("usage", usage.UsageViewSet)
router.register("audit", records.AuditViewSet, basename="audit")
router.register("access-entries", records.AccessEntryViewSet)
router.register("invitations", PlatformInvitations)

urlpatterns = router.urls
