"""Which rule holds for a text: all conditions it gives, and its hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Prefetch, QuerySet

from messaging.hours.opening import holiday_on, is_open
from messaging.models import Extension, Holiday, OutboundRoute, OutboundRule, RingGroup
from messaging.outbound.rules import conditions
from messaging.outbound.rules.conditions import BadCondition
from messaging.visibility import extension_of
from tenants.models import Tenant

if TYPE_CHECKING:
    from messaging.models import Message


class Text:
    """What rules are asked about; what costs a query is asked when a rule wants to know it."""

    def __init__(
        self,
        numbers: tuple[str, ...],
        *,
        tenant: Tenant,
        at: datetime,
        extension: Extension | None = None,
        message: Message | None = None,
    ) -> None:
        self.numbers = numbers
        self.tenant = tenant
        self.at = at
        self._extension = extension
        self._message = message

    @cached_property
    def extension(self) -> Extension | None:
        """The author's own extension; of what nobody wrote, the thread's."""
        if self._message is None:
            return self._extension
        if self._message.author is None:
            return self._message.conversation.extension
        return extension_of(self._message.author, self.tenant)

    @cached_property
    def groups(self) -> frozenset[int]:
        """Keys of the ring groups that the extension is in."""
        if self.extension is None:
            return frozenset()
        return frozenset(self.extension.ring_groups.values_list("pk", flat=True))

    @cached_property
    def holiday(self) -> Holiday | None:
        """The holiday of this moment."""
        zone = self.tenant.timezone
        return holiday_on(self.at, zone=zone, holidays=Holiday.objects.all())


def enabled_rules() -> QuerySet[OutboundRule]:
    """Return the rules that are on, the one to ask first in front; of equals the older wins."""
    routes = OutboundRoute.objects.select_related("configuration__trunk")
    return (
        OutboundRule.objects.filter(enabled=True)
        .select_related("hours")
        .prefetch_related(Prefetch("routes", routes), Prefetch("user_groups", _groups()))
        .order_by("priority", "created_at", "pk")
    )


def rule_for(text: Text, rules: Iterable[OutboundRule] | None = None) -> OutboundRule | None:
    """Return the first rule that holds for the text; a tenant without rules pays one query."""
    asked = enabled_rules() if rules is None else rules
    return next((rule for rule in asked if not why_not(rule, text)), None)


def why_not(rule: OutboundRule, text: Text) -> str:
    """Say why the rule does not hold for the text; "" = it does."""
    try:
        return _unmet(rule, text) or _closed(rule, text)
    except BadCondition as problem:  # stored by other means than the form and the API
        return f"It cannot be read: {problem}"


def _unmet(rule: OutboundRule, text: Text) -> str:
    wanted = conditions.prefixes(rule.number_prefixes)
    if wanted and not all(conditions.begins_with(number, wanted) for number in text.numbers):
        return f"The number does not begin with {_either(wanted)}."
    lengths = conditions.lengths(rule.lengths)
    if lengths and not all(conditions.is_as_long(number, lengths) for number in text.numbers):
        return f"The number does not have {_either(lengths)} digits."
    spans = conditions.extension_spans(rule.extensions)
    if spans and not (text.extension and conditions.is_among(text.extension.number, spans)):
        return f"The sender's extension is not in {rule.extensions}."
    groups = list(rule.user_groups.all())
    if groups and not text.groups.intersection(group.pk for group in groups):
        return f"The sender is not in {_either(groups)}."
    if not (wanted or lengths or spans or groups):
        return "It has no condition left."
    return ""


def _closed(rule: OutboundRule, text: Text) -> str:
    if rule.hours is None:
        return ""
    if not is_open(rule.hours, text.at, zone=text.tenant.timezone):
        return f"It is outside the hours “{rule.hours.name}”."
    if text.holiday is not None:
        return f"It is the holiday “{text.holiday.name}”."
    return ""


def _groups() -> QuerySet[RingGroup]:
    return RingGroup.objects.only("pk", "number", "name")


def _either(items: Iterable[object]) -> str:
    *first, last = [str(item) for item in items]
    return f"{', '.join(first)} or {last}" if first else last
