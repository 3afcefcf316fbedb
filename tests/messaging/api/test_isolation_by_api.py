"""Nobody reaches another tenant's rows, or more of the own tenant than the role allows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from messaging.configurations import create_configuration
from messaging.models import (
    Attachment,
    BusinessHours,
    Contact,
    Extension,
    Holiday,
    OptOut,
    RingGroup,
    SmsConfiguration,
)
from tenants.models import AccessEntry, Trunk

ADMIN_NOUNS = ["sms-configurations", "extensions", "message-settings", "opt-outs"]
NOUNS = [*ADMIN_NOUNS, "conversations", "messages", "contacts", "schema", "docs"]


@pytest.fixture
def rows(acme: Any, inside: Any, acme_line: Any, make_message: Any) -> list[str]:
    """One row of each noun in Acme, as paths below the API."""
    message = make_message(acme, "secret of Acme", extension="101")
    with inside(acme):
        contact = Contact.objects.create(number="+15125550300", name="Cleo")
        opt_out = OptOut.objects.create(number="+15125550399")
    return [
        f"sms-configurations/{acme_line.provider_id}/",
        f"extensions/{acme_line.extension_id}/",
        f"message-settings/{acme_line.pk}/",
        f"conversations/{message.conversation_id}/",
        f"conversations/{message.conversation_id}/messages/",
        f"messages/{message.pk}/",
        f"contacts/{contact.pk}/",
        f"opt-outs/{opt_out.pk}/",
    ]


def test_acme_s_rows_are_not_found_through_globex(api, root, globex, rows) -> None:
    client = api(root)
    for path in rows:
        if not path.startswith("opt-outs/"):
            assert client.get(f"/t/acme/api/v1/{path}").status_code == 200, path
        assert client.get(f"/t/globex/api/v1/{path}").status_code == 404, path
        assert client.delete(f"/t/globex/api/v1/{path}").status_code in (404, 405), path


THEIRS = 7_777_777
_TARGET = {"kind": "extension", "extension": "101"}
_INBOUND = {"name": "I", "did_numbers": "+19195550101", "open_targets": [_TARGET]}
_OUTBOUND = {"name": "O", "number_prefixes": "1", "routes": [{"account": "own"}]}
_REPLY = {"name": "R", "kind": "closed", "text": "Closed."}
_BROADCAST = {"name": "B", "from": "+19195550101", "text": "Hi"}
DOCUMENTS: list[tuple[str, dict[str, Any], str]] = [
    ("inbound-rules", {**_INBOUND, "trunk": THEIRS}, "trunk"),
    ("inbound-rules", {**_INBOUND, "did_numbers": "+13125550201"}, "did_numbers"),
    ("inbound-rules", {**_INBOUND, "hours": THEIRS}, "hours"),
    ("inbound-rules", {**_INBOUND, "holidays": [THEIRS]}, "holidays"),
    (
        "inbound-rules",
        {**_INBOUND, "open_targets": [{**_TARGET, "extension": "777"}]},
        "open_targets",
    ),
    (
        "inbound-rules",
        {**_INBOUND, "closed_targets": [{"kind": "ring_group", "ring_group": "778"}]},
        "closed_targets",
    ),
    ("outbound-rules", {**_OUTBOUND, "hours": THEIRS}, "hours"),
    ("outbound-rules", {**_OUTBOUND, "user_groups": ["778"]}, "user_groups"),
    ("outbound-rules", {**_OUTBOUND, "routes": [{"account": THEIRS}]}, "routes"),
    (
        "outbound-rules",
        {**_OUTBOUND, "routes": [{"account": "own", "sender": "+13125550201"}]},
        "routes",
    ),
    ("auto-replies", {**_REPLY, "hours": THEIRS}, "hours"),
    ("auto-replies", {**_REPLY, "our_number": "+13125550201"}, "our_number"),
    ("broadcasts", {**_BROADCAST, "contacts": [THEIRS]}, "contacts"),
    ("broadcasts", {**_BROADCAST, "tag": "theirs"}, "tag"),
    ("broadcasts", {**_BROADCAST, "from": "+13125550201", "numbers": ["+15125550300"]}, "from"),
    ("message-settings", {"phone_number": "+13125550201", "provider": "own"}, "phone_number"),
    ("message-settings", {"phone_number": "+19195550101", "provider": THEIRS}, "provider"),
    ("message-settings", {"phone_number": "+19195550101", "extension": "777"}, "extension"),
    (
        "message-settings",
        {"phone_number": "+19195550101", "other_extensions": ["777"]},
        "other_extensions",
    ),
    ("message-settings", {"phone_number": "+19195550101", "ring_group": "778"}, "ring_group"),
    ("ring-groups", {"number": "600", "name": "G", "members": ["777"]}, "members"),
    ("opt-outs", {"number": "+15125550300", "our_number": "+13125550201"}, "our_number"),
    ("phone-numbers", {"number": "+13125550299", "trunk": THEIRS}, "trunk"),
    ("phone-numbers", {"number": "+13125550201", "trunk": "own"}, "number"),
    ("sms-configurations", {"name": "C", "trunk": THEIRS}, "trunk"),
    (
        "messages",
        {"to": ["+15125550300"], "text": "Hi", "from": "+13125550201"},
        "code",
    ),
    ("messages", {"to": ["+15125550300"], "media": [str(UUID(int=THEIRS))]}, "code"),
]


@pytest.fixture
def theirs(globex: Any, globex_number: Any, gina: Any, inside: Any, trunk: Any) -> None:
    """Rows of Globex, with ids that Acme has none of."""
    other = Trunk.objects.create(pk=THEIRS, name="Theirs", provider="bandwidth", tenant=globex)
    with inside(globex):
        BusinessHours.objects.create(pk=THEIRS, name="H")
        Holiday.objects.create(pk=THEIRS, name="D", first_day="2026-01-01", last_day="2026-01-01")
        Extension.objects.create(pk=THEIRS, number="777")
        RingGroup.objects.create(pk=THEIRS, number="778", name="G")
        Contact.objects.create(pk=THEIRS, number="+15125550377", name="C", tags=["theirs"])
        create_configuration(
            globex,
            SmsConfiguration(pk=THEIRS, name="S", trunk=other, application_id="a"),
            callback_username="u",
            callback_password="p",
        )
        Attachment.objects.create(pk=UUID(int=THEIRS), state="ready", uploaded_by=gina)


@pytest.mark.parametrize(
    ("noun", "body", "field"), DOCUMENTS, ids=[f"{noun} {field}" for noun, _, field in DOCUMENTS]
)
def test_no_document_names_what_is_another_tenant_s(
    api, acme, alice, acme_line, trunk, theirs, noun: str, body: dict[str, Any], field: str
) -> None:
    own = acme_line.provider_id
    if noun == "inbound-rules":
        body = {"trunk": trunk.pk, **body}
    if body.get("provider") == "own":
        body = {**body, "provider": own}
    if body.get("trunk") == "own":
        mine = Trunk.objects.create(name="M", provider="bandwidth", tenant=acme)
        body = {**body, "trunk": mine.pk}
    if "routes" in body:
        routes = [
            {**route, "account": own if route["account"] == "own" else route["account"]}
            for route in body["routes"]
        ]
        body = {**body, "routes": routes}
    answer = api(alice).post(f"/t/acme/api/v1/{noun}/", body, content_type="application/json")
    assert answer.status_code == (422 if noun == "messages" else 400), answer.content
    assert field in answer.json()
    assert "lobex" not in answer.content.decode()


def test_globex_s_lists_hold_nothing_of_acme(api, gina, rows) -> None:
    client = api(gina)
    for noun in NOUNS[:-2]:
        assert client.get(f"/t/globex/api/v1/{noun}/").json()["count"] == 0, noun


@pytest.mark.parametrize("noun", NOUNS)
def test_an_outsider_is_forbidden(api, acme, gina, noun) -> None:
    assert api(gina).get(f"/t/acme/api/v1/{noun}/").status_code == 403


@pytest.mark.parametrize("noun", [*NOUNS, "nothing"])
def test_a_key_of_one_tenant_opens_no_other(api, acme, globex, root, noun) -> None:
    client = api(root, globex)
    assert client.get(f"/t/acme/api/v1/{noun}/").status_code == 401


@pytest.mark.parametrize("noun", [*NOUNS, "nothing"])
def test_a_stranger_is_asked_for_a_key(acme, noun) -> None:
    answer = Client().get(f"/t/acme/api/v1/{noun}/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("noun", ADMIN_NOUNS)
def test_an_extension_user_does_not_configure(api, bob, noun) -> None:
    client = api(bob)
    url = f"/t/acme/api/v1/{noun}/"
    assert client.get(url).status_code == 403
    assert client.post(url, {}, content_type="application/json").status_code == 403
    assert client.delete(f"{url}1/").status_code == 403


def test_the_portal_s_session_needs_the_csrf_token_to_change(acme, alice) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    url = "/t/acme/api/v1/extensions/"
    assert client.get(url).status_code == 200
    answer = client.post(url, {"number": "101"}, content_type="application/json")
    assert answer.status_code == 403


def test_a_system_admin_s_changes_leave_a_trail(api, root, acme) -> None:
    client = api(root)
    client.get("/t/acme/api/v1/extensions/")
    client.post("/t/acme/api/v1/extensions/", {"number": "101"}, content_type="application/json")
    visit, entry = AccessEntry.objects.order_by("pk")
    assert visit.action == "visit"
    assert (entry.user, entry.tenant, entry.action) == (root, acme, "POST")
    assert entry.path == "/t/acme/api/v1/extensions/"


def test_a_suspended_tenant_s_api_is_closed(api, acme, alice) -> None:
    client = api(alice)
    type(acme).objects.filter(pk=acme.pk).update(is_active=False)
    answer = client.get("/t/acme/api/v1/extensions/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"
