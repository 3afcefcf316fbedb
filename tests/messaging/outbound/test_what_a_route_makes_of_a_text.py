"""What a route makes of a text: its sender, the numbers dialed, and who is spared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from messaging.delivery.lookup import look_up
from messaging.models import (
    Message,
    MessageSetting,
    OptOut,
    OutboundRoute,
    OutboundRule,
)
from messaging.outbound.rules.choice import lot
from messaging.outbound.rules.routes import in_order
from providers.types import ListedPart, ReceiptStatus
from tenants.models import PhoneNumber, Tenant
from tests.messaging.outbound.by_route import (
    DOWN,
    OWN,
    UNKNOWN,
    Carrier,
    delivered,
    make_due,
)
from tests.messaging.outbound.conftest import SECOND, Route, Write
from tests.messaging.outbound.receipt import CUSTOMER


@pytest.fixture
def write(write: Write) -> Write:
    """Write from the number of the company's first account, unless told otherwise."""
    return lambda **changes: write(**{"sender": OWN, **changes})


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
    assert (carrier.sent[0].sender, carrier.accounts) == (OWN, ["9900001"])
    assert message.outbound_rule is None
