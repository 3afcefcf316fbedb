from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.test import Client

from messaging.models import SmsConfiguration
from tenants.models import Tenant


def test_times_are_told_in_the_tenants_zone(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    with inside(acme):
        SmsConfiguration.objects.update(last_inbound_at=datetime(2026, 1, 5, 17, 30, tzinfo=UTC))

    body = admin.get("/t/acme/messaging/smsconfiguration/").content.decode()

    assert "Jan 5, 2026, 12:30 PM" in body
