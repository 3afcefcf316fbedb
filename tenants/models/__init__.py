"""Tables of the public schema that say who is who."""

from tenants.models.access import AccessEntry
from tenants.models.directory import PhoneNumber, Trunk, WebhookEndpoint
from tenants.models.invitation import Invitation
from tenants.models.keys import ApiKey
from tenants.models.people import Membership, User
from tenants.models.routing import RoutingStamp
from tenants.models.tenant import Domain, Tenant
from tenants.models.throughput import ThroughputPreset
from tenants.models.usage import UsageDay

__all__ = [
    "AccessEntry",
    "ApiKey",
    "Domain",
    "Invitation",
    "Membership",
    "PhoneNumber",
    "RoutingStamp",
    "Tenant",
    "ThroughputPreset",
    "Trunk",
    "UsageDay",
    "User",
    "WebhookEndpoint",
]
