"""Message Channel > Inbound rules, and the box that tells where a text would go."""

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
    InboundTarget,
    MessageSetting,
    RingGroup,
)
from tenants.models import PhoneNumber, Tenant, Trunk

PAGE = "/t/acme/messaging/inboundrule/"
ADD = f"{PAGE}add/"
OURS = "+19195550101"


@pytest.fixture
def desk(acme: Tenant, acme_line: MessageSetting) -> Extension:
    with tenant_context(acme):
        return Extension.objects.create(number="102", name="Bea")


def _form(on: Trunk, desk: Extension, **fields: Any) -> dict[str, Any]:
    return {
        "name": "Front desk",
        "enabled": "on",
        "trunk": on.pk,
        "did_numbers": OURS,
        "caller_mask": "",
        "open_places": [f"e{desk.pk}"],
        "advanced_routes-TOTAL_FORMS": 0,
        "advanced_routes-INITIAL_FORMS": 0,
        **fields,
    }


def _route(number: int, **fields: Any) -> dict[str, Any]:
    values = {"name": "Saturdays", "priority": 0, "weekdays": "sat", **fields}
    return {f"advanced_routes-{number}-{key}": value for key, value in values.items()}


def _stored(acme: Tenant) -> list[tuple[str, str, str]]:
    with tenant_context(acme):
        return [
            (t.when, t.kind, t.extension.number if t.extension else t.email or t.range_first)
            for t in InboundTarget.objects.select_related("extension")
        ]


def test_a_rule_is_added_with_all_that_belongs_to_it(
    admin: Client, acme: Tenant, trunk: Trunk, desk: Extension
) -> None:
    with tenant_context(acme):
        group = RingGroup.objects.create(number="600", name="Sales")
        hours = BusinessHours.objects.create(name="Office", week={"1": [["09:00", "17:00"]]})
    form = _form(
        trunk,
        desk,
        caller_mask="512-555-****; ACME",
        hours=hours.pk,
        open_places=[f"e{desk.pk}", f"g{group.pk}"],
        open_emails="a@acme.example; b@acme.example",
        closed_places=["nobody"],
        **{"advanced_routes-TOTAL_FORMS": 1},
        **_route(0, places=["same"]),
    )

    answer = admin.post(ADD, form)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    with tenant_context(acme):
        rule = InboundRule.objects.get()
        assert rule.caller_mask == "+1512555****; ACME"
        assert (rule.did_first, rule.did_last) == (19195550101, 19195550101)
        assert rule.hours == hours
        route = rule.advanced_routes.get()
        assert route.weekdays == "6"
        assert route.targets.get().kind == "same"
        assert rule.targets.filter(when="open").count() == 4
        assert rule.targets.get(when="closed").kind == "nobody"
    page = admin.get(PAGE).content.decode()
    for words in ("Front desk", "+1512555****", "102 Bea, Ring group 600 Sales", "(919) 555-0101"):
        assert words in page


def test_a_rule_is_changed_and_what_stays_is_left_alone(
    admin: Client, acme: Tenant, trunk: Trunk, desk: Extension
) -> None:
    admin.post(ADD, _form(trunk, desk, closed_emails="a@acme.example"))
    with tenant_context(acme):
        rule = InboundRule.objects.get()
        kept = rule.targets.get(when="open").pk
    shown = admin.get(f"{PAGE}{rule.pk}/change/").context["adminform"].form
    assert shown.initial["open_places"] == [f"e{desk.pk}"]
    assert shown.initial["did_numbers"] == OURS

    admin.post(f"{PAGE}{rule.pk}/change/", _form(trunk, desk, holiday_places=["nobody"]))

    assert _stored(acme) == [("open", "extension", "102"), ("holiday", "nobody", "")]
    with tenant_context(acme):
        assert InboundRule.objects.get().targets.get(when="open").pk == kept


def test_an_advanced_route_is_taken_away(
    admin: Client, acme: Tenant, trunk: Trunk, desk: Extension
) -> None:
    one = {"advanced_routes-TOTAL_FORMS": 1}
    admin.post(ADD, _form(trunk, desk, **one, **_route(0, places=["nobody"])))
    with tenant_context(acme):
        rule = InboundRule.objects.get()
        route = rule.advanced_routes.get()
    kept = {**one, "advanced_routes-INITIAL_FORMS": 1}
    admin.post(
        f"{PAGE}{rule.pk}/change/",
        _form(trunk, desk, **kept, **_route(0, id=route.pk, rule=rule.pk, DELETE="on")),
    )
    assert _stored(acme) == [("open", "extension", "102")]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        pytest.param({"did_numbers": "+13125550201"}, "did_numbers", "not yours", id="another's"),
        pytest.param({"did_numbers": "+19195550777"}, "did_numbers", "not yours", id="nobody's"),
        pytest.param(
            {"did_numbers": "+13125550200-+13125550299"}, "did_numbers", "None", id="their range"
        ),
        pytest.param({"did_numbers": f"{OURS};{OURS}"}, "did_numbers", "one range", id="a list"),
        pytest.param({"did_numbers": "moon"}, "did_numbers", "not a phone", id="no number"),
        pytest.param({"caller_mask": "12*-13*"}, "caller_mask", "without", id="mask"),
        pytest.param({"open_places": []}, "open_places", "Say where", id="no target"),
        pytest.param(
            {"did_numbers": "+19195550100-+19195550109", "open_range": "300-310"},
            "open_range", "11 extensions for 10 numbers", id="sizes",
        ),
        pytest.param({"closed_emails": "x"}, "closed_emails", "not an e-mail", id="e-mail"),
        pytest.param(
            {"closed_places": ["nobody", "same"]}, "closed_places", "at once", id="nobody and one"
        ),
        pytest.param({"open_places": ["e999999"]}, "open_places", "not there", id="gone"),
        pytest.param({"trunk": 999999}, "trunk", "", id="no such trunk"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(
    admin: Client, acme: Tenant, trunk: Trunk, desk: Extension, globex_number: PhoneNumber,
    errors: Any, fields: dict[str, Any], field: str, words: str,
) -> None:  # fmt: skip
    found = errors(admin.post(ADD, _form(trunk, desk, **fields)))
    assert words in " ".join(found[field])
    with tenant_context(acme):
        assert not InboundRule.objects.exists()


def test_another_tenants_trunk_is_no_choice(
    admin: Client, desk: Extension, foreign_trunk: Trunk, errors: Any
) -> None:
    assert "trunk" in errors(admin.post(ADD, _form(foreign_trunk, desk)))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weekdays": ""}, "Say when"),
        ({"weekdays": "8"}, "from 1 to 7"),
        ({"times": "17-9"}, "ends before"),
        ({"places": []}, "Say where"),
        ({"range": "300-305"}, "6 extensions for 1"),
        ({"priority": 1001}, "1000"),
    ],
)
def test_what_is_wrong_with_a_route_is_said_in_it(
    admin: Client, trunk: Trunk, desk: Extension, fields: dict[str, Any], words: str
) -> None:
    route = _route(0, **{"places": ["nobody"], **fields})
    answer = admin.post(ADD, _form(trunk, desk, **{"advanced_routes-TOTAL_FORMS": 1}, **route))
    assert answer.status_code == 200
    (formset,) = answer.context["inline_admin_formsets"]
    assert words in str(formset.formset.errors)


def test_a_rule_just_like_an_older_one_is_told_so(
    admin: Client, trunk: Trunk, desk: Extension
) -> None:
    admin.post(ADD, _form(trunk, desk))
    answer = admin.post(ADD, _form(trunk, desk, name="Second"), follow=True)
    assert "“Front desk” is for the same numbers and callers, and older: it wins." in str(
        [str(m) for m in answer.context["messages"]]
    )


def test_rules_are_switched_off_together(
    admin: Client, acme: Tenant, trunk: Trunk, desk: Extension
) -> None:
    admin.post(ADD, _form(trunk, desk))
    with tenant_context(acme):
        key = InboundRule.objects.get().pk
    chosen = {"action": "change_chosen", "_selected_action": [key], "index": 0}
    admin.post(PAGE, {**chosen, "step": "apply", "enabled_how": "set", "enabled": "off"})
    with tenant_context(acme):
        assert not InboundRule.objects.get().enabled


def test_the_box_tells_rule_reason_targets_and_who_lost(
    admin: Client, acme: Tenant, trunk: Trunk, desk: Extension
) -> None:
    with tenant_context(acme):
        BusinessHours.objects.create(
            name="Office", week={"1": [["09:00", "17:00"]]}, is_default=True
        )
    admin.post(ADD, _form(trunk, desk, closed_emails="night@acme.example"))
    admin.post(ADD, _form(trunk, desk, name="VIP", caller_mask="+1512555****"))
    ask = {"number": "(919) 555-0101", "caller": "(212) 555-0300"}

    day = admin.get(f"{PAGE}where/", {**ask, "at": "2026-11-02T10:00"}).content.decode()
    night = admin.get(f"{PAGE}where/", {**ask, "at": "2026-11-02T20:00"}).content.decode()
    vip = admin.get(f"{PAGE}where/", {**ask, "caller": "+15125550300"}).content.decode()

    assert "102 Bea" in day
    assert "Open, by the hours “Office”" in day
    assert "night@acme.example" in night
    assert "Unassigned" in night
    assert "Closed, by the hours" in night
    assert "“VIP” decides: it is the most specific" in vip
    assert "Front desk</a>" in vip
    assert "It is for all callers." in vip
    assert "Where would this text go?" in admin.get(PAGE).content.decode()


def test_the_box_tells_of_message_settings_where_no_rule_fits(
    admin: Client, acme: Tenant, desk: Extension
) -> None:
    ask = {"number": OURS, "caller": "+15125550300"}
    assert "Message Settings decide" in admin.get(f"{PAGE}where/", ask).content.decode()
    with tenant_context(acme):
        MessageSetting.objects.update(enabled=False)
    assert "Message Settings are off" in admin.get(f"{PAGE}where/", ask).content.decode()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        ({"number": "+13125550201", "caller": "+15125550300"}, "not one of your numbers"),
        ({"number": "moon", "caller": "+15125550300"}, "not a phone number"),
        ({"number": OURS, "caller": "!"}, "not a phone number"),
        ({"number": OURS, "caller": "+15125550300", "at": "soon"}, "Choose a day"),
        ({"number": OURS, "caller": "+15125550300", "at": "0001-01-01T00:00"}, "Choose a day"),
        ({"number": OURS, "caller": "+15125550300", "at": "9999-12-31T23:59"}, "Choose a day"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_why(
    admin: Client, desk: Extension, globex_number: PhoneNumber, ask: dict[str, str], words: str
) -> None:
    page = admin.get(f"{PAGE}where/", ask)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert "The answer" not in page.content.decode()


def test_what_a_rule_needs_is_not_deleted(
    admin: Client, acme: Tenant, own_trunk: Trunk, desk: Extension
) -> None:
    number = PhoneNumber.objects.create(number="+19195550150", trunk=own_trunk, tenant=acme)
    with tenant_context(acme):
        holiday = Holiday.objects.create(
            name="X-mas", first_day="2026-12-25", last_day="2026-12-25"
        )
        hours = BusinessHours.objects.create(name="Office")
    fields = {"did_numbers": number.number, "chosen_holidays": [holiday.pk], "hours": hours.pk}
    assert admin.post(ADD, _form(own_trunk, desk, **fields)).status_code == 302
    PhoneNumber.objects.filter(pk=number.pk).delete()
    for path in (
        f"tenants/trunk/{own_trunk.pk}",
        f"messaging/extension/{desk.pk}",
        f"messaging/holiday/{holiday.pk}",
        f"messaging/businesshours/{hours.pk}",
    ):
        answer = admin.post(f"/t/acme/{path}/delete/", {"post": "yes"}, follow=True)
        assert "Front desk" in str([str(m) for m in answer.context["messages"]]), path
    with tenant_context(acme):
        assert Extension.objects.filter(pk=desk.pk).exists()
        assert Holiday.objects.exists()
        assert BusinessHours.objects.exists()
    assert Trunk.objects.filter(pk=own_trunk.pk).exists()
