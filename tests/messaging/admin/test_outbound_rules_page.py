"""Message Channel > Outbound rules, and the box that tells which way a text would go."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from messaging.models import (
    BusinessHours,
    Extension,
    MessageSetting,
    OutboundRoute,
    OutboundRule,
    RingGroup,
    SmsConfiguration,
)
from tenants.models import Tenant, User

PAGE = "/t/acme/messaging/outboundrule/"
ADD = f"{PAGE}add/"


def _route(number: int, account: object, **fields: Any) -> dict[str, Any]:
    values = {"account": account, "enabled": "on", "sender": "", "strip": "", **fields}
    return {f"routes-{number}-{key}": value for key, value in values.items()}


@pytest.fixture
def form(acme_line: MessageSetting, acme_configuration: SmsConfiguration) -> dict[str, Any]:
    """A rule with one route, as the browser sends it."""
    return {
        "name": "New York",
        "enabled": "on",
        "priority": 100,
        "number_prefixes": "+1 212; 1646",
        "strategy": "prioritized",
        "routes-TOTAL_FORMS": 1,
        "routes-INITIAL_FORMS": 0,
        **_route(0, acme_configuration.pk),
    }


def _add_rule(acme: Tenant, configuration: SmsConfiguration, **fields: Any) -> OutboundRule:
    with tenant_context(acme):
        rule = OutboundRule.objects.create(**{"name": "Home", "number_prefixes": "1", **fields})
        OutboundRoute.objects.create(rule=rule, configuration=configuration)
        return rule


def test_a_rule_is_added_with_its_routes_in_the_order_of_their_numbers(
    admin: Client, acme: Tenant, form: dict[str, Any], acme_configuration: SmsConfiguration
) -> None:
    with tenant_context(acme):
        group = RingGroup.objects.create(number="600", name="Sales")
        hours = BusinessHours.objects.create(name="Office", week={"1": [["09:00", "17:00"]]})
    key = acme_configuration.pk
    page = admin.post(
        ADD,
        {
            **form,
            "lengths": "11",
            "extensions": "100-200",
            "user_groups": [group.pk],
            "hours": hours.pk,
            "routes-TOTAL_FORMS": 3,
            **_route(0, key, position=3),
            **_route(1, key, position=1, sender="(919) 555-0101", strip=1, prepend="+1"),
            **_route(2, ""),
        },
    )

    assert page.status_code == 302, page.context["errors"]
    with tenant_context(acme):
        rule = OutboundRule.objects.get()
        assert (rule.number_prefixes, rule.lengths, rule.extensions) == (
            "1212;1646",
            "11",
            "100-200",
        )
        assert (list(rule.user_groups.all()), rule.hours) == ([group], hours)
        assert [(r.position, r.sender, r.strip, r.prepend) for r in rule.routes.all()] == [
            (0, "+19195550101", 1, "1"),
            (1, "", 0, ""),
        ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"number_prefixes": ""}, "Give at least one condition"),
        ({"number_prefixes": "12a"}, "not the beginning of a number"),
        ({"lengths": "99"}, "not a number&#x27;s length"),
        ({"extensions": "1"}, "neither an extension nor a range"),
        ({"routes-0-account": ""}, "Give the rule a route"),
        ({"routes-0-sender": "+19195550199"}, "not a number of “Main”"),
        ({"routes-0-prepend": "x"}, "use up to 15 digits"),
        ({"routes-0-strip": "10"}, "less than or equal to 9"),
    ],
)
def test_what_cannot_be_saved_says_why(
    admin: Client, acme: Tenant, form: dict[str, Any], change: dict[str, Any], says: str
) -> None:
    page = admin.post(ADD, {**form, **change})

    assert page.status_code == 200
    assert says in page.content.decode()
    with tenant_context(acme):
        assert not OutboundRule.objects.exists()


def test_a_rule_is_changed_and_a_route_taken_away(
    admin: Client, acme: Tenant, form: dict[str, Any], acme_configuration: SmsConfiguration
) -> None:
    rule = _add_rule(acme, acme_configuration)
    with tenant_context(acme):
        first = rule.routes.get()
    key = acme_configuration.pk
    page = admin.post(
        f"{PAGE}{rule.pk}/change/",
        {
            **form,
            "routes-TOTAL_FORMS": 2,
            "routes-INITIAL_FORMS": 1,
            **_route(0, key, id=first.pk, rule=rule.pk, DELETE="on"),
            **_route(1, key, sender="+19195550101"),
        },
    )

    assert page.status_code == 302, page.context["errors"]
    with tenant_context(acme):
        assert [route.sender for route in rule.routes.all()] == ["+19195550101"]


def test_the_list_tells_conditions_and_routes_in_words(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration
) -> None:
    rule = _add_rule(acme, acme_configuration, number_prefixes="1212;44", extensions="100-200")
    with tenant_context(acme):
        rule.routes.update(sender="+19195550101", strip=1, prepend="1", enabled=False)
    page = admin.get(PAGE).content.decode()

    assert "Number begins with 1212 or 44 and sender&#x27;s extension is 100-200" in page
    assert "1. Main from (919) 555-0101, strip 1 digit then prepend 1 (off)" in page


def test_rules_are_switched_off_and_deleted_many_at_a_time(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration
) -> None:
    keys = [_add_rule(acme, acme_configuration, name=name).pk for name in ("One", "Two")]
    chosen = {"_selected_action": keys}
    admin.post(
        PAGE,
        {
            "action": "change_chosen",
            **chosen,
            "step": "apply",
            "enabled_how": "set",
            "enabled": "off",
        },
    )
    with tenant_context(acme):
        assert [rule.enabled for rule in OutboundRule.objects.all()] == [False, False]

    admin.post(PAGE, {"action": "delete_chosen", **chosen, "step": "apply"})
    with tenant_context(acme):
        assert not OutboundRoute.objects.exists()


def test_the_box_tells_rule_routes_and_who_did_not_hold(
    admin: Client, acme: Tenant, acme_line: MessageSetting, acme_configuration: SmsConfiguration
) -> None:
    _add_rule(acme, acme_configuration, name="London", number_prefixes="44", priority=1)
    _add_rule(acme, acme_configuration)
    page = admin.get(f"{PAGE}which/", {"to": "(512) 555-0300"}).content.decode()

    assert "Home</a>" in page
    assert "Main, from (919) 555-0101 to (512) 555-0300" in page
    assert "The number does not begin with 44." in page


def test_the_box_tells_message_settings_where_no_rule_holds(
    admin: Client, acme: Tenant, acme_line: MessageSetting
) -> None:
    page = admin.get(f"{PAGE}which/", {"to": "(512) 555-0300"}).content.decode()

    assert "no rule holds for it" in page
    assert "Main, from (919) 555-0101" in page


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"to": "x"}, "is not a phone number"),
        ({"to": "(512) 555-0300", "sender": "?"}, "is not a phone number"),
        ({"to": "(512) 555-0300", "extension": "77"}, "not one of the available choices"),
    ],
)
def test_the_box_says_what_it_cannot_read(
    admin: Client, acme_line: MessageSetting, asked: dict[str, str], says: str
) -> None:
    assert says in admin.get(f"{PAGE}which/", asked).content.decode()


def test_an_extension_that_may_not_send_has_no_way(
    admin: Client, acme: Tenant, acme_line: MessageSetting
) -> None:
    with tenant_context(acme):
        Extension.objects.update(sms_permission="disabled")
        extension = Extension.objects.get()
    page = admin.get(f"{PAGE}which/", {"to": "(512) 555-0300", "extension": extension.pk})

    assert "Extension 101 may not send texts." in page.content.decode()


def test_what_a_rule_needs_cannot_be_deleted(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration
) -> None:
    rule = _add_rule(acme, acme_configuration)
    with tenant_context(acme):
        group = RingGroup.objects.create(number="600", name="Sales")
        rule.user_groups.add(group)
        rule.hours = BusinessHours.objects.create(name="Office")
        rule.save()
    for model, key in (
        ("smsconfiguration", acme_configuration.pk),
        ("ringgroup", group.pk),
        ("businesshours", rule.hours.pk),
    ):
        page = admin.post(f"/t/acme/messaging/{model}/{key}/delete/", {"post": "yes"}, follow=True)
        assert "“Home”" in page.content.decode(), model
    with tenant_context(acme):
        assert RingGroup.objects.exists()
        assert BusinessHours.objects.exists()
        assert SmsConfiguration.objects.exists()


def test_the_box_is_cheap_however_many_rules_there_are(
    admin: Client,
    acme: Tenant,
    acme_line: MessageSetting,
    acme_configuration: SmsConfiguration,
    django_assert_max_num_queries: Any,
) -> None:
    with tenant_context(acme):
        OutboundRule.objects.bulk_create(
            [OutboundRule(name=f"R {n}", extensions="900", priority=n) for n in range(60)]
        )
    last = _add_rule(acme, acme_configuration)
    with tenant_context(acme):
        OutboundRoute.objects.bulk_create(
            [OutboundRoute(rule=last, configuration=acme_configuration) for _ in range(5)]
        )
        extension = Extension.objects.get()
    asked = {"to": "(512) 555-0300", "extension": extension.pk, "sender": "+19195550101"}

    with django_assert_max_num_queries(99) as captured:
        page = admin.get(f"{PAGE}which/", asked)

    quiet = ("SAVEPOINT", "RELEASE", "SET search_path")
    told = [q["sql"] for q in captured.captured_queries if not q["sql"].startswith(quiet)]
    assert "Route 6" in page.content.decode()
    assert len(told) <= 12, "\n".join(told)


def test_rules_are_the_admins_alone(
    acme: Tenant, acme_configuration: SmsConfiguration, signed_in: Any, bob: User, gina: User
) -> None:
    rule = _add_rule(acme, acme_configuration)
    for browser in (signed_in(bob), signed_in(gina)):
        for url in (PAGE, ADD, f"{PAGE}{rule.pk}/change/", f"{PAGE}which/"):
            assert browser.get(url).status_code in (302, 403, 404)
