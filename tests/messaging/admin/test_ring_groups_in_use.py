"""A ring group that a rule leads to stays, and the page says which rule."""

from __future__ import annotations

from typing import Any

from django.test import Client

from messaging.models import InboundRule, RingGroup
from tenants.models import Tenant, Trunk


def test_the_inbound_rule_that_leads_to_the_group_is_named(
    admin: Client, acme: Tenant, trunk: Trunk, inside: Any
) -> None:
    with inside(acme):
        group = RingGroup.objects.create(number="600", name="Front desk")
        rule = InboundRule.objects.create(
            name="Evenings", trunk=trunk, did_first=19195550101, did_last=19195550101
        )
        rule.targets.create(kind="ring_group", ring_group=group)

    page = admin.post(
        f"/t/acme/messaging/ringgroup/{group.pk}/delete/", {"post": "yes"}, follow=True
    ).content.decode()

    assert "The inbound rule “Evenings” leads to ring group 600" in page
    with inside(acme):
        assert RingGroup.objects.filter(pk=group.pk).exists()
