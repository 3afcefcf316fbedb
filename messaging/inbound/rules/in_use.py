"""What an inbound rule needs, said before somebody deletes it."""

from __future__ import annotations

from messaging.models import Extension, Holiday, InboundRule, RingGroup
from tenants.models import Trunk


def rule_on_trunk(trunk: Trunk) -> str:
    """Return why the trunk cannot be deleted, or "" when no rule needs it."""
    rule = InboundRule.objects.filter(trunk=trunk).first()
    return _needs(rule, f"is for numbers on “{trunk.name}”")


def rule_to_extension(extension: Extension) -> str:
    """Return why the extension cannot be deleted, or "" when no rule leads to it."""
    rule = InboundRule.objects.filter(targets__extension=extension).first()
    return _needs(rule, f"leads to extension {extension.number}")


def rule_to_ring_group(group: RingGroup) -> str:
    """Return why the ring group cannot be deleted, or "" when no rule leads to it."""
    rule = InboundRule.objects.filter(targets__ring_group=group).first()
    return _needs(rule, f"leads to ring group {group.number}")


def rule_of_holiday(holiday: Holiday) -> str:
    """Return why the holiday cannot be deleted, or "" when no rule goes by it."""
    return _needs(holiday.inbound_rules.first(), f"goes by “{holiday}”")


def _needs(rule: InboundRule | None, why: str) -> str:
    return f"The inbound rule “{rule}” {why}: change or delete the rule first." if rule else ""
