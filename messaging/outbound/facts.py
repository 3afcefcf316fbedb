"""What the checks of messages ask about their tenant, each question once for a batch."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from uuid import UUID

from messaging.broadcasts import holding
from messaging.consent import optouts
from messaging.hours import quiet as quiet_hours
from messaging.models import OptOut, OutboundRule, SendingPolicy
from messaging.outbound.lines import Line, lines
from messaging.outbound.rules.matching import enabled_rules
from tenants.models import Tenant


class Facts:
    """Answers of one moment: made right before messages leave, and thrown away with them."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._lines: dict[str, list[Line]] = {}
        self._states: dict[UUID | None, str | None] = {None: None}
        self._asked: frozenset[str] = frozenset()
        self._refusals: dict[str, set[str | None]] = {}

    def ask_consent_of(self, numbers: Iterable[str]) -> None:
        """Read at once who of these refused texts, from whichever number of ours."""
        self._asked = frozenset(numbers)
        self._refusals = {}
        known = OptOut.objects.filter(number__in=list(self._asked)).order_by()
        for number, our_number in known.values_list("number", "our_number"):
            self._refusals.setdefault(number, set()).add(our_number)

    def opted_out(self, our_number: str, numbers: Iterable[str]) -> set[str]:
        """Return which of the numbers refused texts from this number of ours, or from all."""
        wanted = set(numbers)
        if not wanted <= self._asked:
            return optouts.opted_out(our_number, wanted)
        return {
            number
            for number in wanted
            if not self._refusals.get(number, set()).isdisjoint((our_number, None))
        }

    def lines(self, number: str) -> list[Line]:
        """Return the tenant's lines of this number."""
        if number not in self._lines:
            self._lines[number] = lines(self.tenant, number=number)
        return list(self._lines[number])

    def broadcast_state(self, key: UUID | None) -> str | None:
        """Return the state of a message's broadcast; None = it is of none."""
        if key not in self._states:
            self._states[key] = holding.state_of(key)
        return self._states[key]

    @cached_property
    def rules(self) -> list[OutboundRule]:
        """The outbound rules that are on, the one to ask first in front."""
        return list(enabled_rules())

    @cached_property
    def policy(self) -> SendingPolicy:
        """What the tenant has decided about sending."""
        return quiet_hours.policy()
