"""From route to route: when the next one is tried, and when it never is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from messaging.delivery.attempt import deliver
from messaging.delivery.lookup import look_up
from messaging.models import (
    Message,
    MessageSetting,
    OptOut,
    OutboundRoute,
    OutboundRule,
    SmsConfiguration,
)
from messaging.outbound.rules.choice import lot
from messaging.outbound.rules.routes import in_order
from messaging.outbound.send import retry_message
from messaging.sweeps import sweep
from providers.errors import (
    AccountProblem,
    MessageRejected,
    OutcomeUnknown,
    ProviderError,
    TemporaryFailure,
)
from providers.types import FailureReason, ListedPart, ReceiptStatus
from tenants.models import PhoneNumber, Tenant, Trunk
from tests.conftest import _configuration
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER

Carrier = type[ScriptedCarrier]
Route = Callable[..., OutboundRoute]

OWN, SECOND = "+19195550101", "+13365550150"
DOWN = TemporaryFailure("Bandwidth could not be reached.")
LOCKED = AccountProblem("Bandwidth refused the credentials.", error_code="401")
UNKNOWN = OutcomeUnknown("Bandwidth did not answer.")
SPAM = MessageRejected("Taken for spam.", error_code="4420", reason=FailureReason.SPAM)
NOBODY = MessageRejected("No such number.", reason=FailureReason.INVALID_RECIPIENT)
BAD_SENDER = MessageRejected("Not a sender.", reason=FailureReason.INVALID_SENDER)


@pytest.fixture
def write(write: Write) -> Write:
    """Write from the number of the company's first account, unless told otherwise."""
    return lambda **changes: write(**{"sender": OWN, **changes})


@pytest.fixture
def accounts(
    at_acme: Tenant, trunk: Trunk, acme_configuration: SmsConfiguration
) -> list[SmsConfiguration]:
    """Acme's account, two more on the same trunk, and one on a trunk of its own."""
    own = Trunk.objects.create(name="Second line", provider="bandwidth", tenant=at_acme)
    PhoneNumber.objects.create(number=SECOND, trunk=own, tenant=at_acme)
    return [
        acme_configuration,
        _configuration(at_acme, trunk, name="Second", account_id="9900011"),
        _configuration(at_acme, trunk, name="Third", account_id="9900012"),
        _configuration(at_acme, own, name="Elsewhere", account_id="9900013"),
    ]


@pytest.fixture
def rule(at_acme: Tenant) -> OutboundRule:
    """A rule for the whole of the USA, without routes yet."""
    return OutboundRule.objects.create(name="Home", number_prefixes="1")


@pytest.fixture
def route(rule: OutboundRule, accounts: list[SmsConfiguration]) -> Route:
    """Add a route by the account of this place in the list."""

    def add(account: int, **fields: Any) -> OutboundRoute:
        return OutboundRoute.objects.create(
            rule=rule, position=rule.routes.count(), configuration=accounts[account], **fields
        )

    return add


def delivered(message: Message) -> Message:
    deliver(message.pk)
    message.refresh_from_db()
    return message


def make_due(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(next_attempt_at=timezone.now())


def story(message: Message) -> list[tuple[str, str]]:
    return [(event.status, event.detail) for event in message.events.all()]


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


@pytest.mark.parametrize(
    ("account", "sender", "expected"),
    [(1, "", OWN), (1, OWN, OWN), (3, "", SECOND), (3, SECOND, SECOND)],
    ids=["the text's own", "named", "account's default", "named elsewhere"],
)
def test_route_chooses_the_sender(
    write: Write, carrier: Carrier, route: Route, account: int, sender: str, expected: str
) -> None:
    route(account, sender=sender)

    message = delivered(write())

    assert carrier.sent[0].sender == expected
    assert message.sender == expected
    assert message.conversation.our_number == OWN


def test_route_never_sends_from_a_number_that_is_another_tenants(
    write: Write, carrier: Carrier, route: Route, globex: Tenant
) -> None:
    route(3, sender=SECOND)
    PhoneNumber.objects.filter(number=SECOND).update(tenant=globex)

    message = delivered(write())

    assert (message.status, carrier.sent) == ("failed", [])


def test_number_that_is_switched_off_is_not_sent_from_by_a_rule(
    write: Write, carrier: Carrier, route: Route
) -> None:
    route(1)
    message = write()
    MessageSetting.objects.update(enabled=False)

    assert delivered(message).status == "failed"
    assert carrier.sent == []


def test_strip_and_prepend_change_what_is_dialed_not_who_it_is_for(
    write: Write, carrier: Carrier, route: Route, arrive: Callable[..., bool]
) -> None:
    route(0, strip=4, prepend="1646")

    message = delivered(write())

    assert carrier.sent[0].recipients == ("+16465550300",)
    recipient = message.recipients.get()
    assert (recipient.number, recipient.dialed) == (CUSTOMER, "+16465550300")
    assert arrive(message, "delivered", recipient="+16465550300")
    assert message.status == "delivered"


def test_receipts_of_a_group_find_who_was_dialed(
    write: Write, carrier: Carrier, route: Route, arrive: Callable[..., bool]
) -> None:
    other = "+15125550301"
    route(0, strip=4, prepend="1646")
    message = delivered(write(recipients=[CUSTOMER, other]))

    assert carrier.sent[0].recipients == ("+16465550300", "+16465550301")
    arrive(message, "delivered", recipient="+16465550301")

    assert {r.number: r.status for r in message.recipients.all()} == {
        CUSTOMER: "sent",
        other: "delivered",
    }


def test_rule_holds_for_a_group_only_where_it_holds_for_all(
    write: Write, carrier: Carrier, rule: OutboundRule, route: Route
) -> None:
    route(1)
    OutboundRule.objects.filter(pk=rule.pk).update(number_prefixes="1512")

    delivered(write(recipients=[CUSTOMER, "+12125550100"]))
    delivered(write(recipients=[CUSTOMER, "+15125550301"]))

    assert carrier.accounts == ["9900001", "9900011"]


@pytest.mark.parametrize("number", [SECOND, None], ids=["of the route's sender", "of all"])
def test_whoever_opted_out_of_the_routes_sender_is_not_texted_from_it(
    write: Write, carrier: Carrier, route: Route, number: str | None
) -> None:
    route(3)
    message = write()
    OptOut.objects.create(our_number=number, number=CUSTOMER)

    delivered(message)

    assert (message.failure_reason, carrier.sent) == ("opted_out", [])


def test_whoever_opted_out_is_not_reached_by_another_way_of_dialing(
    write: Write, carrier: Carrier, route: Route
) -> None:
    route(0, strip=4, prepend="1646")
    OptOut.objects.create(our_number=None, number="+16465550300")

    assert delivered(write()).failure_reason == "opted_out"
    assert carrier.sent == []


def test_routes_are_drawn_evenly_and_each_once() -> None:
    rule = OutboundRule(pk=1, name="Any", strategy=OutboundRule.Strategy.RANDOM)
    routes = [OutboundRoute(pk=key) for key in range(1, 4)]
    rule._prefetched_objects_cache = {"routes": routes}  # type: ignore[attr-defined]
    drawn = [in_order(rule, draw=draw) for draw in (Random(seed) for seed in range(600))]  # noqa: S311

    assert all(sorted(route.pk for route in order) == [1, 2, 3] for order in drawn)
    firsts = Counter(order[0].pk for order in drawn)
    assert all(170 <= firsts[key] <= 230 for key in (1, 2, 3)), firsts


def test_message_keeps_the_order_it_has_drawn(
    write: Write, carrier: Carrier, rule: OutboundRule, route: Route
) -> None:
    for account in range(3):
        route(account)
    OutboundRule.objects.filter(pk=rule.pk).update(strategy="random")
    carrier.script[:] = [DOWN] * 6
    message = delivered(write())
    make_due(message)
    delivered(message)

    assert carrier.accounts[:3] == carrier.accounts[3:]
    assert set(carrier.accounts) == {"9900001", "9900011", "9900012"}
    assert lot(UUID(int=1)).random() == lot(UUID(int=1)).random()


def test_tenant_without_rules_pays_one_query(
    write: Write, carrier: Carrier, django_assert_max_num_queries: Any
) -> None:
    message = write()
    carrier.script[:] = ["id"]
    with django_assert_max_num_queries(60) as asked:
        delivered(message)

    told = [query["sql"] for query in asked.captured_queries]
    assert len([sql for sql in told if 'FROM "messaging_outboundrule"' in sql]) == 1
    assert not [sql for sql in told if 'FROM "messaging_outboundroute"' in sql]


def test_message_page_names_rule_route_and_what_was_dialed(
    write: Write, carrier: Carrier, route: Route, signed_in: Any, alice: Any
) -> None:
    route(0, strip=4, prepend="1646")
    message = delivered(write())

    page = signed_in(alice).get(f"/t/acme/messaging/message/{message.pk}/change/").content.decode()

    assert "outbound rule <a" in page
    assert "Route 1 of 1 of rule “Home”: by “Main” from +19195550101." in page
    assert "(512) 555-0300, dialed as (646) 555-0300" in page


def test_list_is_asked_for_what_was_dialed(write: Write, carrier: Carrier, route: Route) -> None:
    route(0, strip=4, prepend="1646")
    carrier.script[:] = [UNKNOWN]
    message = delivered(write())
    carrier.listed[:] = [
        ListedPart(
            provider_message_id="bw-1",
            sender=OWN,
            recipient="+16465550300",
            status=ReceiptStatus.DELIVERED,
            taken_at=timezone.now(),
        )
    ]
    look_up(message.pk)
    message.refresh_from_db()
    assert carrier.asked == ["+16465550300", "bw-1"]
    assert (message.status, message.provider_message_id) == ("delivered", "bw-1")


@pytest.mark.parametrize("origin", ["auto_reply", "consent"])
def test_what_answers_by_itself_comes_from_the_number_that_was_texted(
    write: Write, carrier: Carrier, route: Route, origin: str
) -> None:
    route(3)  # by another account, which has another number
    message = write()
    Message.objects.filter(pk=message.pk).update(origin=origin)

    assert delivered(message).status == "sent"
    assert (carrier.sent[0].sender, carrier.accounts) == (OWN, [FIRST])
    assert message.outbound_rule is None
