"""`outbound-rules/` by a tenant admin: rules with their routes, and the question which way."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from messaging.models import OutboundRoute, OutboundRule, RingGroup
from tenants.models import Tenant, User

URL = "/t/acme/api/v1/outbound-rules/"
Body = dict[str, Any]


@pytest.fixture
def admin(api: Any, alice: User) -> Client:
    return api(alice)


@pytest.fixture
def body(acme: Tenant, acme_line: Any, acme_configuration: Any, inside: Any) -> Body:
    with inside(acme):
        RingGroup.objects.create(number="600", name="Sales")
    return {
        "name": "New York",
        "enabled": True,
        "priority": 100,
        "number_prefixes": "1212;1646",
        "extensions": "100-199;301",
        "lengths": "11",
        "user_groups": ["600"],
        "hours": None,
        "strategy": "random",
        "routes": [
            {
                "account": acme_configuration.pk,
                "sender": "+19195550101",
                "strip": 1,
                "prepend": "1",
                "enabled": True,
            },
            {
                "account": acme_configuration.pk,
                "sender": "",
                "strip": 0,
                "prepend": "",
                "enabled": False,
            },
        ],
    }


def send(client: Client, body: Body, *, url: str = URL, method: str = "post") -> Any:
    return getattr(client, method)(url, body, content_type="application/json")


def test_rule_comes_back_as_it_was_sent(admin: Client, body: Body) -> None:
    made = send(admin, body)

    assert made.status_code == 201, made.content
    assert made.json() == {"id": made.json()["id"], **body}
    listed = admin.get(URL).json()
    assert (listed["count"], listed["results"]) == (1, [made.json()])
    read = admin.get(f"{URL}{made.json()['id']}/").json()
    assert send(admin, read, url=f"{URL}{read['id']}/", method="put").json() == read


def test_lists_and_numbers_are_tidied(admin: Client, body: Body) -> None:
    body |= {"number_prefixes": " +1 212 ;; +44", "lengths": "10 ; 11"}
    body["routes"][0] |= {"sender": "(919) 555-0101", "prepend": "+1"}

    made = send(admin, body).json()

    assert (made["number_prefixes"], made["lengths"]) == ("1212;44", "10;11")
    assert (made["routes"][0]["sender"], made["routes"][0]["prepend"]) == ("+19195550101", "1")


def test_what_is_left_out_has_the_usual_value(admin: Client, body: Body) -> None:
    route = {"account": body["routes"][0]["account"]}
    made = send(admin, {"name": "All", "number_prefixes": "1", "routes": [route]}).json()

    assert (made["priority"], made["strategy"], made["enabled"]) == (1000, "prioritized", True)
    assert made["routes"][0] == {
        **route, "sender": "", "strip": 0, "prepend": "", "enabled": True,
    }  # fmt: skip


NO_CONDITIONS = {"number_prefixes": "", "extensions": "", "lengths": "", "user_groups": []}


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        (NO_CONDITIONS, "number_prefixes", "Give at least one condition"),
        ({"number_prefixes": "12a"}, "number_prefixes", "not the beginning"),
        ({"extensions": "1-"}, "extensions", "neither an extension nor a range"),
        ({"lengths": "99"}, "lengths", "not a number's length"),
        ({"user_groups": ["699"]}, "user_groups", "no ring group"),
        ({"hours": 1}, "hours", "does not exist"),
        ({"strategy": "alphabetical"}, "strategy", "not a valid choice"),
        ({"priority": -1}, "priority", "greater than or equal"),
        ({"routes": []}, "routes", "Give the rule a route"),
        ({"colour": "red"}, "colour", "no such field"),
    ],
)
def test_what_cannot_be_saved_is_a_field_error(
    admin: Client, body: Body, change: Body, field: str, says: str
) -> None:
    answer = send(admin, {**body, **change})

    assert answer.status_code == 400
    assert says in str(answer.json()[field])


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"account": 10**6}, "account", "does not exist"),
        ({"account": "platform"}, "account", "no account of its own"),
        ({"sender": "+19195550199"}, "sender", "not a number of “Main”"),
        ({"sender": "++"}, "sender", "is not a phone number"),
        ({"strip": 10}, "strip", "less than or equal to 9"),
        ({"prepend": "12x"}, "prepend", "use up to 15 digits"),
    ],
)
def test_route_that_cannot_be_saved_is_named(
    admin: Client, body: Body, change: Body, field: str, says: str
) -> None:
    body["routes"][1] |= change
    answer = send(admin, body)

    assert answer.status_code == 400
    problems = answer.json()["routes"]
    assert (list(problems), says in str(problems["1"][field])) == (["1"], True)


def test_seventh_route_is_refused(admin: Client, body: Body) -> None:
    body["routes"] = [body["routes"][0]] * 6
    assert send(admin, body).status_code == 201

    body |= {"name": "Seven", "routes": [body["routes"][0]] * 7}
    assert "6 routes" in str(send(admin, body).json()["routes"])


def test_number_of_another_tenant_is_no_sender(
    admin: Client, body: Body, globex_number: Any
) -> None:
    body["routes"][0]["sender"] = globex_number.number

    assert "not a number of “Main”" in str(send(admin, body).json())


def test_change_of_a_part_leaves_the_rest(admin: Client, body: Body) -> None:
    made = send(admin, body).json()
    url = f"{URL}{made['id']}/"

    changed = send(admin, {"enabled": False}, url=url, method="patch").json()
    assert changed == {**made, "enabled": False}
    fewer = send(admin, {"routes": made["routes"][1:]}, url=url, method="patch").json()
    assert fewer["routes"] == made["routes"][1:]
    refused = send(admin, NO_CONDITIONS, url=url, method="patch")
    assert "Give at least one condition" in str(refused.json())


def test_rule_is_deleted_with_its_routes(admin: Client, body: Body, acme: Tenant) -> None:
    made = send(admin, body).json()

    assert admin.delete(f"{URL}{made['id']}/").status_code == 204
    with tenant_context(acme):
        assert not OutboundRule.objects.exists()
        assert not OutboundRoute.objects.exists()


def test_configuration_that_a_rule_sends_by_stays(
    admin: Client, body: Body, acme: Tenant, acme_line: Any
) -> None:
    send(admin, body)
    with tenant_context(acme):
        acme_line.delete()
    answer = admin.delete(f"/t/acme/api/v1/sms-configurations/{body['routes'][0]['account']}/")

    assert answer.status_code == 409
    assert "Outbound rules need it: “New York”" in answer.json()["detail"]


def test_rules_are_no_business_of_others(
    admin: Client, body: Body, api: Any, bob: User, gina: User
) -> None:
    made = send(admin, body).json()
    for client in (api(bob), api(gina)):
        for url in (URL, f"{URL}{made['id']}/", f"{URL}which/?to=%2B15125550300"):
            assert client.get(url).status_code in (403, 404)
        assert send(client, {**body, "name": "Mine"}).status_code in (403, 404)
    assert api(gina).get("/t/globex/api/v1/outbound-rules/").json()["count"] == 0


def test_which_way_without_rules_is_message_settings(admin: Client, acme_line: Any) -> None:
    answer = admin.get(f"{URL}which/", {"to": "(512) 555-0300"}).json()

    assert (answer["rule"], answer["sender"], answer["asked"]) == (None, "+19195550101", [])
    assert answer["refusal"] == ""
    assert [(r["account"], r["sender"], r["dialed"]) for r in answer["routes"]] == [
        ("Main", "+19195550101", "+15125550300")
    ]


def test_which_way_tells_rule_routes_and_who_was_asked(admin: Client, body: Body) -> None:
    body |= {"user_groups": [], "strategy": "prioritized"}
    body["routes"][0] |= {"strip": 4, "prepend": "1646"}
    rule = send(admin, body).json()
    send(admin, {**body, "name": "London", "priority": 1, "number_prefixes": "44"})

    answer = admin.get(f"{URL}which/", {"to": "+12125550100", "extension": "101"}).json()

    assert (answer["rule"], answer["rule_name"]) == (rule["id"], "New York")
    assert [(each["name"], each["holds"]) for each in answer["asked"]] == [
        ("London", False),
        ("New York", True),
    ]
    assert answer["asked"][0]["why_not"] == "The number does not begin with 44."
    assert answer["routes"] == [
        {
            "position": 1,
            "account": "Main",
            "sender": "+19195550101",
            "dialed": "+16465550100",
            "problem": "",
        }
    ]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "to"),
        ({"to": "x"}, "to"),
        ({"to": "+15125550300", "extension": "999"}, "extension"),
        ({"to": "+15125550300", "sender": "?"}, "sender"),
        ({"to": "+15125550300", "at": "soon"}, "at"),
    ],
    ids=str,
)
def test_question_that_cannot_be_read_is_a_field_error(
    admin: Client, acme_line: Any, asked: Body, field: str
) -> None:
    answer = admin.get(f"{URL}which/", asked)

    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_number_of_another_tenant_sends_no_way(
    admin: Client, acme_line: Any, globex_line: Any
) -> None:
    answer = admin.get(f"{URL}which/", {"to": "+15125550300", "sender": "+13125550201"}).json()

    assert (answer["routes"], "no longer yours" in answer["refusal"]) == ([], True)
