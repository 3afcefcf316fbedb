"""Whom a number is shared with, and what a rule goes by, is in the audit trail."""

from __future__ import annotations

from datetime import date

import pytest
from auditlog.models import LogEntry
from django_tenants.utils import tenant_context

from messaging.models import (
    Extension,
    Holiday,
    InboundRule,
    MessageSetting,
    OutboundRule,
    RingGroup,
)
from tenants.models import Tenant, Trunk


def _told(row: object) -> list[object]:
    entries = LogEntry.objects.get_for_object(row).order_by("pk")
    return [entry.changes for entry in entries if entry.action == LogEntry.Action.UPDATE]


@pytest.fixture(autouse=True)
def _in_acme(acme: Tenant, acme_line: MessageSetting) -> object:
    with tenant_context(acme):
        yield


def test_other_extensions_are_told_before_and_after(acme_line: MessageSetting) -> None:
    carl = Extension.objects.create(number="103", name="Carl")
    dora = Extension.objects.create(number="104", name="Dora")

    acme_line.other_extensions.set([carl])
    acme_line.other_extensions.set([dora])
    acme_line.other_extensions.clear()

    assert _told(acme_line) == [
        {"other_extensions": ["", str(carl)]},
        {"other_extensions": [str(carl), ""]},
        {"other_extensions": ["", str(dora)]},
        {"other_extensions": [str(dora), ""]},
    ]


def test_the_same_choice_again_is_no_change(acme_line: MessageSetting) -> None:
    carl = Extension.objects.create(number="103", name="Carl")
    acme_line.other_extensions.set([carl])

    acme_line.other_extensions.set([carl])

    assert len(_told(acme_line)) == 1


def test_groups_of_outbound_rules_and_holidays_of_inbound_rules_are_told(trunk: Trunk) -> None:
    group = RingGroup.objects.create(number="600", name="Front desk")
    out = OutboundRule.objects.create(name="Home", number_prefixes="1")
    day = Holiday.objects.create(
        name="New Year", first_day=date(2026, 1, 1), last_day=date(2026, 1, 1)
    )
    into = InboundRule.objects.create(
        name="Desk", trunk=trunk, did_first=19195550101, did_last=19195550101
    )

    out.user_groups.set([group])
    into.holidays.set([day])

    assert _told(out) == [{"user_groups": ["", str(group)]}]
    assert _told(into) == [{"holidays": ["", "New Year"]}]
