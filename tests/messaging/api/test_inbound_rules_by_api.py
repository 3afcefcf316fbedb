"""Inbound rules, business hours and holidays by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from messaging.models import (
    BusinessHours,
    Extension,
    Holiday,
    InboundRule,
    MessageSetting,
    RingGroup,
)
from tenants.models import PhoneNumber, Tenant, Trunk, User

API = "/t/acme/api/v1"
RULES = f"{API}/inbound-rules/"
OURS = "+19195550101"
JSON = "application/json"


@pytest.fixture
def client(alice: User, api: Any) -> Client:
    """Acme's admin with a key."""
    key: Client = api(alice)
    return key


@pytest.fixture
def group(acme: Tenant, acme_line: MessageSetting) -> RingGroup:
    with tenant_context(acme):
        return RingGroup.objects.create(number="600", name="Sales")


def _document(on: Trunk, **fields: Any) -> dict[str, Any]:
    return {
        "name": "Patients",
        "trunk": on.pk,
        "did_numbers": "(919) 555-0101",
        "open_targets": [{"kind": "extension", "extension": "101"}],
        **fields,
    }


def _whole(on: Trunk, hours: int, holiday: int) -> dict[str, Any]:
    return _document(
        on,
        did_numbers="+19195550100-+19195550109",
        caller_mask="512-555-****",
        hours=hours,
        holidays=[holiday],
        open_targets=[
            {"kind": "range", "range": "300-309"},
            {"kind": "ring_group", "ring_group": "600"},
        ],
        closed_targets=[{"kind": "email", "email": "night@acme.example"}, {"kind": "nobody"}],
        holiday_targets=[{"kind": "same"}],
        advanced_routes=[
            {
                "name": "Saturdays",
                "priority": 3,
                "weekdays": "sat",
                "times": "9-12",
                "targets": [{"kind": "extension", "extension": "101"}],
            }
        ],
    )  # fmt: skip


def test_a_rule_is_one_document_that_reads_as_it_was_written(
    client: Client, acme: Tenant, trunk: Trunk, group: RingGroup
) -> None:
    hours = client.post(
        f"{API}/business-hours/", {"name": "Office", "week": {"1": [["9:00", "17:00"]]}}, JSON
    )
    assert hours.status_code == 201, hours.content
    assert hours.json()["week"] == {"1": [["09:00", "17:00"]]}
    holiday = client.post(
        f"{API}/holidays/",
        {"name": "X-mas", "first_day": "2026-12-25", "last_day": "2026-12-26", "every_year": True},
        JSON,
    )
    assert holiday.status_code == 201, holiday.content
    sent = _whole(trunk, hours.json()["id"], holiday.json()["id"])

    made = client.post(RULES, sent, JSON)

    assert made.status_code == 201, made.content
    rule = made.json()
    assert rule["caller_mask"] == "+1512555****"
    assert rule["enabled"] is True
    for name in ("open_targets", "closed_targets", "holiday_targets", "did_numbers", "holidays"):
        assert rule[name] == sent[name]
    (route,) = rule["advanced_routes"]
    assert (route["weekdays"], route["times"], route["years"]) == ("6", "09:00-12:00", "")
    assert client.get(f"{RULES}{rule['id']}/").json() == rule
    assert client.get(RULES, {"q": "pat"}).json()["results"] == [rule]
    assert client.get(RULES, {"trunk": trunk.pk}).json()["count"] == 1
    assert client.get(RULES, {"trunk": "1e400"}).json()["count"] == 0
    # What was read can be sent back, and changes nothing.
    again = client.put(f"{RULES}{rule['id']}/", rule, JSON)
    assert again.json() == rule, again.content
    for path in (f"business-hours/{rule['hours']}/", f"holidays/{rule['holidays'][0]}/"):
        refused = client.delete(f"{API}/{path}")
        assert refused.status_code == 409
        assert "Patients" in refused.json()["detail"]


def test_a_list_that_is_not_sent_stays(client: Client, trunk: Trunk, group: RingGroup) -> None:
    key = client.post(RULES, _document(trunk, closed_targets=[{"kind": "nobody"}]), JSON).json()[
        "id"
    ]
    changed = client.patch(f"{RULES}{key}/", {"enabled": False, "holiday_targets": []}, JSON)
    assert changed.status_code == 200, changed.content
    assert changed.json()["closed_targets"] == [{"kind": "nobody"}]
    assert changed.json()["open_targets"] == [{"kind": "extension", "extension": "101"}]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"did_numbers": "+13125550201"}, "did_numbers", id="another tenant's number"),
        pytest.param({"caller_mask": "x!"}, "caller_mask", id="mask"),
        pytest.param({"trunk": 999999}, "trunk", id="trunk"),
        pytest.param({"open_targets": []}, "open_targets", id="no target"),
        pytest.param({"open_targets": [{"kind": "extension"}]}, "open_targets", id="no value"),
        pytest.param(
            {"open_targets": [{"kind": "same", "email": "a@b.example"}]},
            "open_targets",
            id="too much",
        ),
        pytest.param(
            {"open_targets": [{"kind": "extension", "extension": "999"}]},
            "open_targets",
            id="no extension",
        ),
        pytest.param(
            {"open_targets": [{"kind": "ring_group", "ring_group": "1"}]},
            "open_targets",
            id="no group",
        ),
        pytest.param(
            {"open_targets": [{"kind": "ring_group", "ring_group": ["1"]}]},
            "open_targets",
            id="no number",
        ),
        pytest.param(
            {
                "open_targets": [
                    {"kind": "email", "email": f"{'x' * 60}@{'y' * 60}.{'z.' * 80}example"}
                ]
            },
            "open_targets",
            id="long e-mail",
        ),
        pytest.param(
            {"open_targets": [{"kind": "range", "range": "300-305"}]}, "open_targets", id="sizes"
        ),
        pytest.param(
            {"closed_targets": [{"kind": "nobody"}, {"kind": "same"}]},
            "closed_targets",
            id="nobody and one",
        ),
        pytest.param(
            {"advanced_routes": [{"name": "x", "targets": [{"kind": "same"}]}]},
            "advanced_routes",
            id="always",
        ),
        pytest.param(
            {"advanced_routes": [{"name": "x", "days": "1", "targets": []}]},
            "advanced_routes",
            id="nowhere",
        ),
        pytest.param({"hours": 999999}, "hours", id="hours"),
        pytest.param({"holidays": [999999]}, "holidays", id="holiday"),
        pytest.param({"nonsense": 1}, "nonsense", id="misspelt"),
    ],
)
def test_what_is_wrong_is_said_by_field_and_nothing_is_stored(
    client: Client, acme: Tenant, trunk: Trunk, group: RingGroup, globex_number: PhoneNumber,
    fields: dict[str, Any], field: str,
) -> None:  # fmt: skip
    answer = client.post(RULES, _document(trunk, **fields), JSON)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    with tenant_context(acme):
        assert not InboundRule.objects.exists()


def test_other_numbers_must_go_with_the_ranges_that_stay(
    client: Client, trunk: Trunk, group: RingGroup
) -> None:
    ten = _document(
        trunk, did_numbers="+19195550100-+19195550109",
        open_targets=[{"kind": "range", "range": "300-309"}],
    )  # fmt: skip
    key = client.post(RULES, ten, JSON).json()["id"]
    answer = client.patch(f"{RULES}{key}/", {"did_numbers": OURS}, JSON)
    assert answer.status_code == 400
    assert "10 extensions for 1 numbers" in answer.json()["open_targets"][0]


def test_a_foreign_trunk_is_no_trunk(client: Client, globex: Tenant, group: RingGroup) -> None:
    theirs = Trunk.objects.create(name="Theirs", provider="bandwidth", tenant=globex)
    answer = client.post(RULES, _document(theirs), JSON)
    assert "trunk" in answer.json()


def test_where_tells_what_the_box_tells(
    client: Client, acme: Tenant, trunk: Trunk, group: RingGroup
) -> None:
    with tenant_context(acme):
        setting = MessageSetting.objects.get().pk
    ask = {"number": OURS, "caller": "(512) 555-0300", "at": "2026-11-02T10:00"}
    before = client.get(f"{RULES}where/", ask).json()
    assert (before["rule"], before["setting"], before["extensions"]) == (None, setting, ["101"])
    key = client.post(
        RULES, _document(trunk, open_targets=[{"kind": "range", "range": "900-900"}]), JSON
    ).json()["id"]
    client.post(RULES, _document(trunk, name="Newer"), JSON)

    after = client.get(f"{RULES}where/", ask).json()

    assert (after["rule"], after["rule_name"], after["setting"]) == (key, "Patients", None)
    assert after["when"] == "open"
    assert after["unassigned"] is True
    assert after["skipped"] == ["There is no extension 900."]
    assert [each["name"] for each in after["also_fit"]] == ["Newer"]
    assert "older" in after["also_fit"][0]["why"]


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        ({"caller": "+15125550300"}, "number"),
        ({"number": "+13125550201", "caller": "+15125550300"}, "number"),
        ({"number": OURS}, "caller"),
        ({"number": OURS, "caller": "!"}, "caller"),
        ({"number": OURS, "caller": "+15125550300", "at": "soon"}, "at"),
        ({"number": OURS, "caller": "+15125550300", "at": "0001-01-01T00:00:00Z"}, "at"),
        ({"number": OURS, "caller": "+15125550300", "at": "9999-12-31T23:59:59-12:00"}, "at"),
    ],
)
def test_a_question_is_refused_by_field(
    client: Client, group: RingGroup, globex_number: PhoneNumber, ask: dict[str, str], field: str
) -> None:
    answer = client.get(f"{RULES}where/", ask)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_rules_are_the_admins_of_their_tenant(
    api: Any, bob: User, gina: User, client: Client, trunk: Trunk, group: RingGroup, globex: Tenant
) -> None:
    key = client.post(RULES, _document(trunk), JSON).json()["id"]
    for person in (bob, gina):
        for path in (RULES, f"{RULES}{key}/", f"{API}/business-hours/", f"{API}/holidays/"):
            assert api(person).get(path).status_code == 403
    assert api(gina).get(f"/t/globex/api/v1/inbound-rules/{key}/").status_code == 404


def test_what_a_rule_needs_is_not_deleted(
    client: Client, acme: Tenant, group: RingGroup, own_trunk: Trunk
) -> None:
    number = PhoneNumber.objects.create(number="+19195550150", trunk=own_trunk, tenant=acme)
    made = client.post(RULES, _document(own_trunk, did_numbers=number.number), JSON)
    assert made.status_code == 201
    number.delete()
    with tenant_context(acme):
        desk = Extension.objects.get().pk
    for path in (f"trunks/{own_trunk.pk}/", f"extensions/{desk}/"):
        answer = client.delete(f"{API}/{path}")
        assert answer.status_code == 409
        assert "Patients" in answer.json()["detail"]


@pytest.fixture
def own_trunk(acme: Tenant) -> Trunk:
    return Trunk.objects.create(name="Own line", provider="bandwidth", tenant=acme)


def test_hours_that_become_the_companys_take_it_from_the_others(
    client: Client, acme: Tenant
) -> None:
    for name in ("Old", "New"):
        sent = {"name": name, "week": {}, "is_default": True}
        assert client.post(f"{API}/business-hours/", sent, JSON).status_code == 201
    with tenant_context(acme):
        assert BusinessHours.objects.get(is_default=True).name == "New"
        old = BusinessHours.objects.get(name="Old").pk
    client.patch(f"{API}/business-hours/{old}/", {"is_default": True}, JSON)
    with tenant_context(acme):
        assert BusinessHours.objects.get(is_default=True).name == "Old"


@pytest.mark.parametrize(
    "week",
    [
        [],
        {"8": []},
        {"1": "9-17"},
        {"1": [["9:00"]]},
        {"1": [[9, 17]]},
        {"1": [["17:00", "9:00"]]},
        {"1": [["09:00", "12:00"], ["11:00", "13:00"]]},
        {"1": [["\x00", "x"]]},
    ],
)
def test_what_is_no_week_is_refused(client: Client, acme: Tenant, week: Any) -> None:
    answer = client.post(f"{API}/business-hours/", {"name": "Office", "week": week}, JSON)
    assert answer.status_code == 400
    assert list(answer.json()) == ["week"]


def test_days_that_are_no_holiday_are_refused(client: Client, acme: Tenant) -> None:
    sent = {"name": "X", "first_day": "2026-12-25", "last_day": "2026-12-24"}
    assert list(client.post(f"{API}/holidays/", sent, JSON).json()) == ["last_day"]
    sent["last_day"] = "2026-12-26"
    key = client.post(f"{API}/holidays/", sent, JSON).json()["id"]
    late = client.patch(f"{API}/holidays/{key}/", {"first_day": "2026-12-27"}, JSON)
    assert list(late.json()) == ["last_day"]
    assert client.delete(f"{API}/holidays/{key}/").status_code == 204
    with tenant_context(acme):
        assert not Holiday.objects.exists()
