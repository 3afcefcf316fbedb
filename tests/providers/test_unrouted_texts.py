"""The page of texts for numbers that nobody has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from providers.models import WebhookEvent
from tenants.models import PhoneNumber

PAGE = "/system/unrouted/"
NUMBER = "+19195550177"


@pytest.fixture
def portal(signed_in, root) -> Any:
    return signed_in(root)


def _event(key: int, number: str = NUMBER, **fields: Any) -> WebhookEvent:
    payload = {
        "type": "message-received",
        "time": "2026-03-10T12:00:00Z",
        "description": "Incoming message received",
        "to": number,
        "message": {
            "id": f"id-{key}",
            "owner": number,
            "applicationId": "app",
            "time": "2026-03-10T12:00:00Z",
            "segmentCount": 1,
            "direction": "in",
            "to": [number],
            "from": "+15125550300",
            "text": "secret words",
        },
    }
    values = {"payload": json.dumps(payload).encode(), "state": "unrouted", **fields}
    return WebhookEvent.objects.create(
        provider="bandwidth", type="message-received", dedupe_key=key.to_bytes(16), **values
    )


def test_texts_are_counted_by_number_and_not_shown(portal) -> None:
    _event(1)
    _event(2)
    _event(3, "+13125550188")
    _event(4, state="failed")
    response = portal.get(PAGE)
    groups = {group["number"]: group["count"] for group in response.context["groups"]}
    assert groups == {"+1 919-555-0177": 2, "+1 312-555-0188": 1}
    assert "secret words" not in response.content.decode()


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"type": 1}', b"\xff", b"null"], ids=repr)
def test_what_cannot_be_read_is_listed_all_the_same(payload, portal) -> None:
    _event(1, payload=payload)
    response = portal.get(PAGE)
    assert response.status_code == 200
    assert "Not readable" in response.content.decode()


def test_an_unknown_carrier_is_listed_too(portal) -> None:
    event = _event(1)
    WebhookEvent.objects.filter(pk=event.pk).update(provider="gone")
    assert "Not readable" in portal.get(PAGE).content.decode()


def test_the_number_is_offered_for_allotting(portal) -> None:
    _event(1)
    link = "/system/tenants/phonenumber/allot/?numbers=%2B19195550177"
    assert f'href="{link}"' in portal.get(PAGE).content.decode()


def test_a_number_that_has_found_its_tenant_is_to_be_replayed(portal, trunk, acme) -> None:
    PhoneNumber.objects.create(number=NUMBER, trunk=trunk, tenant=acme)
    _event(1)
    page = portal.get(PAGE).content.decode()
    assert "Now with Acme Dental Group" in page
    assert "Allot this number" not in page


def test_a_free_number_is_offered_on_its_trunk(portal, trunk) -> None:
    PhoneNumber.objects.create(number=NUMBER, trunk=trunk)
    _event(1)
    page = portal.get(PAGE).content.decode()
    assert "In the free pool" in page
    assert f"trunk={trunk.pk}" in page


@pytest.mark.parametrize(("act", "state"), [("replay", "pending"), ("discard", "discarded")])
def test_a_numbers_events_are_replayed_or_discarded(act, state, portal) -> None:
    mine, other = _event(1), _event(2, "+13125550188")
    gone = _event(3, state="processed")
    answer = portal.post(PAGE, {"events": f"{mine.pk},{gone.pk},x,{'9' * 30}", act: "1"})
    assert answer["Location"] == PAGE
    states = dict(WebhookEvent.objects.values_list("pk", "state"))
    assert states == {mine.pk: state, other.pk: "unrouted", gone.pk: "processed"}


def test_an_empty_page_says_what_will_be_here(portal) -> None:
    assert "Every text has found its tenant" in portal.get(PAGE).content.decode()


def test_the_menu_leads_here(portal) -> None:
    assert f'href="{PAGE}"' in portal.get("/system/").content.decode()


def test_many_events_take_few_queries(portal) -> None:
    for key in range(60):
        _event(key, f"+191955502{key:02d}")
    with CaptureQueriesContext(connection) as captured:
        portal.get(PAGE)
    assert len(captured) <= 12


@pytest.mark.parametrize("person", ["alice", "bob", "gina"])
def test_only_system_admins_see_or_touch_them(person, request, signed_in) -> None:
    browser = signed_in(request.getfixturevalue(person))
    event = _event(1)
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {"events": str(event.pk), "discard": "1"}).status_code == 403
    event.refresh_from_db()
    assert event.state == "unrouted"
