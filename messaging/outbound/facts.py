"""What the checks of messages ask about their tenant, each question once for a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from uuid import UUID

from messaging.broadcasts import holding
from messaging.consent import optouts
from messaging.hours import quiet as quiet_hours
from messaging.models import Message, OptOut, OutboundRule, Recipient, SendingPolicy
from messaging.outbound.lines import Line, usual_lines
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.rules.matching import enabled_rules
from providers.base import Provider
from providers.registry import UnknownProvider, platform_account, provider_for
from tenants.models import Tenant


class Facts:
    """Answers of one moment: made right before messages leave, and thrown away with them."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._lines: dict[str, list[Line]] = {}
        self._states: dict[UUID | None, str | None] = {None: None}
        self._asked: frozenset[str] = frozenset()
        self._refusals: dict[str, set[str | None]] = {}
        self._recipients: dict[UUID, list[tuple[str, str]]] = {}
        self._providers: dict[int | None, Provider] = {}

    def read_recipients(self, messages: Iterable[Message]) -> None:
        """Read at once to whom these go, and who of them refused texts."""
        self._recipients = {message.pk: [] for message in messages}
        rows = Recipient.objects.filter(message__in=list(self._recipients)).order_by("id")
        for key, *recipient in rows.values_list("message_id", "number", "status"):
            self._recipients[key].append((recipient[0], recipient[1]))
        self.ask_consent_of(number for some in self._recipients.values() for number, _ in some)

    def recipients(self, message: Message) -> Sequence[tuple[str, str]]:
        """Return the message's recipients: the number of each, and its status."""
        if message.pk not in self._recipients:
            return list(message.recipients.values_list("number", "status"))
        return self._recipients[message.pk]

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
        """Return the tenant's lines of this number, which as a rule has Message Settings."""
        if number not in self._lines:
            self._lines[number] = usual_lines(self.tenant, number)
        return list(self._lines[number])

    def provider(self, line: Line) -> Provider:
        """Return the carrier at work for the line's account.

        Raises SendRefused.
        """
        key = line.account_key
        if key not in self._providers:
            self._providers[key] = _provider(line)
        return self._providers[key]

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


def _provider(line: Line) -> Provider:
    configuration = line.configuration
    try:
        if configuration is not None:
            return provider_for(configuration.trunk.provider, configuration.account)
        account = platform_account()
        if account is not None:
            return provider_for("bandwidth", account)
    except UnknownProvider:
        pass
    raise SendRefused(
        Refusal.NO_ACCOUNT, "There is no carrier account to send this by. An admin must set it up."
    )
