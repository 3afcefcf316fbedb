"""From route to route: when the next one is tried, and when it never is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone

from messaging.delivery.attempt import deliver
from messaging.models import (
    OutboundRule,
    SmsConfiguration,
)
from messaging.outbound.send import retry_message
from messaging.sweeps import sweep
from providers.errors import (
    AccountProblem,
    MessageRejected,
    ProviderError,
)
from providers.types import FailureReason
from tenants.models import PhoneNumber
from tests.messaging.outbound.by_route import (
    DOWN,
    OWN,
    UNKNOWN,
    Carrier,
    delivered,
    make_due,
    story,
)
from tests.messaging.outbound.conftest import Route, Write

LOCKED = AccountProblem("Bandwidth refused the credentials.", error_code="401")
SPAM = MessageRejected("Taken for spam.", error_code="4420", reason=FailureReason.SPAM)
NOBODY = MessageRejected("No such number.", reason=FailureReason.INVALID_RECIPIENT)
BAD_SENDER = MessageRejected("Not a sender.", reason=FailureReason.INVALID_SENDER)


@pytest.fixture
def write(write: Write) -> Write:
    """Write from the number of the company's first account, unless told otherwise."""
    return lambda **changes: write(**{"sender": OWN, **changes})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    id: str
    answers: list[ProviderError | str]
    accounts: list[str]
    status: str
    reason: str = ""
    says: str = ""
    tried: int = 0
    waits: bool = field(default=False)


FIRST, NEXT, LAST = "9900001", "9900011", "9900012"
CASES = [
    Case(id="first takes it", answers=["id"], accounts=[FIRST], status="sent"),
    Case(id="carrier down", answers=[DOWN, "id"], accounts=[FIRST, NEXT], status="sent", tried=1),
    Case(id="account refused", answers=[LOCKED, "id"], accounts=[FIRST, NEXT], status="sent",
         tried=1),
    Case(id="sender refused", answers=[BAD_SENDER, "id"], accounts=[FIRST, NEXT], status="sent",
         tried=1),
    Case(id="two fail", answers=[LOCKED, DOWN, "id"], accounts=[FIRST, NEXT, LAST],
         status="sent", tried=2),
    Case(id="all down", answers=[DOWN, DOWN, DOWN], accounts=[FIRST, NEXT, LAST],
         status="queued", says="Trying again", waits=True),
    Case(id="one may come back", answers=[DOWN, LOCKED, LOCKED], accounts=[FIRST, NEXT, LAST],
         status="queued", says="Trying again", waits=True),
    Case(id="all refused", answers=[LOCKED, LOCKED, AccountProblem("No such account.")],
         accounts=[FIRST, NEXT, LAST], status="failed", reason="account",
         says="No such account.", tried=2),
    Case(id="unknown is final", answers=[UNKNOWN], accounts=[FIRST], status="unconfirmed",
         reason="unknown", says="It may have been sent"),
    Case(id="unknown is final on the second, too", answers=[DOWN, UNKNOWN],
         accounts=[FIRST, NEXT], status="unconfirmed", reason="unknown", tried=1),
    Case(id="content is final", answers=[SPAM], accounts=[FIRST], status="failed", reason="spam"),
    Case(id="recipient is final", answers=[DOWN, NOBODY], accounts=[FIRST, NEXT],
         status="failed", reason="invalid_recipient", tried=1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_next_route_is_tried_only_where_nothing_was_sent(
    write: Write, carrier: Carrier, route: Route, rule: OutboundRule, case: Case
) -> None:
    for account in range(3):
        route(account)
    carrier.script[:] = [*case.answers]

    message = delivered(write())

    assert carrier.accounts == case.accounts
    assert (message.status, message.failure_reason) == (case.status, case.reason)
    assert case.says in message.error_text
    assert (message.outbound_rule, message.routes_tried) == (rule, case.tried)
    assert [r.status for r in message.recipients.all()] == [case.status]
    assert message.attempts == len(case.accounts)
    if case.waits:
        assert message.next_attempt_at
        assert message.next_attempt_at > timezone.now()


def test_timeline_tells_each_route(write: Write, carrier: Carrier, route: Route) -> None:
    route(0)
    route(1)
    carrier.script[:] = [DOWN, "bw-1"]

    message = delivered(write())

    assert story(message) == [
        ("queued", ""),
        ("sending", f"Route 1 of 2 of rule “Home”: by “Main” from {OWN}"),
        ("queued", "Route 1 of 2: Bandwidth could not be reached. Trying the next route."),
        ("sending", f"Route 2 of 2 of rule “Home”: by “Second” from {OWN}"),
        ("sent", "The carrier has taken the message"),
    ]
    assert (message.configuration and message.configuration.name) == "Second"
    assert (message.error_text, message.provider_message_id) == ("", "bw-1")


def test_round_that_failed_begins_with_the_first_route_again(
    write: Write, carrier: Carrier, route: Route
) -> None:
    route(0)
    route(1)
    carrier.script[:] = [DOWN, DOWN]
    message = delivered(write())
    delivered(message)
    assert len(carrier.sent) == 2  # not before its time

    make_due(message)
    assert delivered(message).status == "sent"
    assert carrier.accounts == ["9900001", "9900011", "9900001"]


def test_patience_counts_rounds_not_routes(write: Write, carrier: Carrier, route: Route) -> None:
    # So many tries at once are more than the number's limit lets through.
    PhoneNumber.objects.filter(number=OWN).update(segments_per_second=100)
    route(0)
    route(1)
    carrier.script[:] = [DOWN] * 40
    message = write()
    for _ in range(12):
        make_due(message)
        delivered(message)

    assert len(carrier.sent) == 20
    assert (message.status, message.failure_reason) == ("failed", "unreachable")

    carrier.script.clear()
    retry_message(message)
    delivered(message)
    assert (message.status, carrier.accounts[-1]) == ("sent", "9900001")


@pytest.mark.parametrize("accident", [KeyError("bug"), SystemExit()], ids=repr)
def test_worker_that_dies_at_a_route_is_never_followed_by_another_route(
    write: Write, carrier: Carrier, route: Route, accident: BaseException
) -> None:
    route(0)
    route(1)
    message = write()

    def die(_: Any) -> str:
        raise accident

    carrier.script[:] = [DOWN, die]
    with pytest.raises(type(accident)):
        deliver(message.pk)
    make_due(message)  # five minutes later
    sweep()
    deliver(message.pk)
    message.refresh_from_db()

    assert len(carrier.sent) == 2
    assert message.status == "unconfirmed"


def test_worker_that_dies_between_two_routes_is_followed_by_one_that_goes_on(
    write: Write, carrier: Carrier, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    route(0)
    route(1)
    carrier.script[:] = [DOWN]
    message = write()
    keep = "messaging.delivery.exchange_log.keep"

    def die(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(keep, die)
        with pytest.raises(SystemExit):
            deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, message.routes_tried) == ("queued", 1)

    delivered(message)
    assert carrier.accounts == ["9900001", "9900011"]
    assert message.status == "sent"


def test_second_worker_takes_no_route_that_another_is_at(
    write: Write, carrier: Carrier, route: Route
) -> None:
    route(0)
    route(1)
    message = write()

    def meanwhile(_: Any) -> str:
        deliver(message.pk)
        raise DOWN

    carrier.script[:] = [meanwhile]
    delivered(message)

    assert carrier.accounts == ["9900001", "9900011"]
    assert message.status == "sent"


def test_routes_that_cannot_be_used_are_passed_over_and_say_why(
    write: Write, carrier: Carrier, route: Route, accounts: list[SmsConfiguration]
) -> None:
    route(0, enabled=False)
    route(1)
    route(2)
    SmsConfiguration.objects.filter(name="Second").update(enabled=False)

    message = delivered(write())

    assert carrier.accounts == ["9900012"]
    told = story(message)[1][1]
    assert told.startswith("Route 2 of 2 of rule “Home”: by “Third”")
    assert "Route 1 was passed over: The SMS/MMS configuration “Second”" in told


def test_rule_without_a_usable_route_fails_the_message_and_says_so(
    write: Write, carrier: Carrier, route: Route
) -> None:
    route(1)
    SmsConfiguration.objects.filter(name="Second").update(enabled=False)

    message = delivered(write())

    assert (message.status, message.failure_reason) == ("failed", "account")
    assert message.error_text.startswith("No route of the outbound rule “Home” can be used.")
    assert carrier.sent == []
