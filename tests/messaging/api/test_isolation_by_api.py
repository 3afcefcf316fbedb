"""Nobody reaches another tenant's rows, or more of the own tenant than the role allows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from messaging.models import Contact, OptOut
from tenants.models import AccessEntry

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
