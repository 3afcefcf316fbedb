"""`opt-outs/` and `contacts/`."""

from __future__ import annotations

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client

from messaging.models import OptOut

OPT_OUTS = "/t/acme/api/v1/opt-outs/"
CONTACTS = "/t/acme/api/v1/contacts/"


@pytest.fixture
def admin(api: Any, alice: Any, acme_number: Any) -> Client:
    return api(alice)


def _post(client: Client, url: str, **body: Any) -> Any:
    return client.post(url, body, content_type="application/json")


def test_a_person_opts_a_number_out_and_releases_it(admin) -> None:
    made = _post(admin, OPT_OUTS, our_number="919-555-0101", number="(512) 555-0300")
    assert made.status_code == 201
    row = made.json()
    assert row.pop("created_at")
    assert row == {
        "id": row["id"],
        "our_number": "+19195550101",
        "number": "+15125550300",
        "source": "manual",
    }
    assert admin.get(OPT_OUTS).json()["count"] == 1
    assert admin.delete(f"{OPT_OUTS}{row['id']}/").status_code == 204
    assert admin.get(OPT_OUTS).json()["count"] == 0


@pytest.mark.parametrize("all_numbers", [{}, {"our_number": None}, {"our_number": ""}])
def test_an_opt_out_of_all_our_numbers_has_none(admin, all_numbers) -> None:
    made = _post(admin, OPT_OUTS, number="+15125550300", **all_numbers)
    assert made.json()["our_number"] is None
    again = _post(admin, OPT_OUTS, number="+15125550300", **all_numbers)
    assert again.json() == {"number": ["This number is opted out already."]}


def test_an_opt_out_names_one_of_our_numbers(admin, globex_number) -> None:
    answer = _post(admin, OPT_OUTS, number="+15125550300", our_number=globex_number.number)
    assert answer.json() == {"our_number": ["This is not one of your numbers."]}


def test_an_opt_out_is_never_changed(admin) -> None:
    made = _post(admin, OPT_OUTS, number="+15125550300").json()
    url = f"{OPT_OUTS}{made['id']}/"
    assert admin.patch(url, {"number": "+1"}, content_type="application/json").status_code == 405


def test_a_number_is_named_once(api, bob) -> None:
    client = api(bob)
    made = _post(client, CONTACTS, number="(512) 555-0300", name="Cleo")
    assert made.json() == {
        "id": made.json()["id"],
        "number": "+15125550300",
        "name": "Cleo",
        "company": "",
        "email": "",
        "tags": [],
        "notes": "",
    }
    again = _post(client, CONTACTS, number="512.555.0300", name="Other")
    assert again.json() == {"number": ["There is a contact of this number."]}
    url = f"{CONTACTS}{made.json()['id']}/"
    changed = client.patch(url, {"name": "Cleo B"}, content_type="application/json")
    assert changed.json()["name"] == "Cleo B"
    assert client.get(f"{CONTACTS}?q=cleo").json()["count"] == 1
    assert client.get(f"{CONTACTS}?q=nobody").json()["count"] == 0


def test_contacts_are_found_by_number_tag_and_consent(admin) -> None:
    _post(admin, CONTACTS, number="(512) 555-0300", name="Cleo", tags=["vip", "Austin", "VIP"])
    _post(admin, CONTACTS, number="(512) 555-0301", name="Dan", company="Globex")
    _post(admin, OPT_OUTS, number="(512) 555-0301")

    def found(query: str) -> list[str]:
        return [row["name"] for row in admin.get(f"{CONTACTS}?{query}").json()["results"]]

    assert admin.get(f"{CONTACTS}?tag=vip").json()["results"][0]["tags"] == ["vip", "Austin"]
    assert found("tag=nothing") == []
    assert found("q=512-555-0301") == ["Dan"]
    assert found("q=globex") == ["Dan"]
    assert found("opted_out=true") == ["Dan"]
    assert found("opted_out=false") == ["Cleo"]


@pytest.mark.parametrize(
    ("query", "body", "told"),
    [
        pytest.param("", {"reason": "They phoned us"}, "They phoned us", id="body"),
        pytest.param("?reason=They+wrote", None, "They wrote", id="query"),
        pytest.param("", None, None, id="none"),
    ],
)
def test_the_reason_of_a_release_is_in_the_trail(
    api, alice, acme, inside, query: str, body: Any, told: str | None
) -> None:
    with inside(acme):
        opt_out = OptOut.objects.create(number="+15125550300", source="keyword")
    path = f"{OPT_OUTS}{opt_out.pk}/{query}"

    answer = api(alice).delete(path, body or "", content_type="application/json")

    assert answer.status_code == 204
    with inside(acme):
        assert not OptOut.objects.exists()
        entry = LogEntry.objects.filter(action=LogEntry.Action.DELETE).get()
    assert (entry.additional_data or {}).get("reason") == told


def test_a_reason_too_long_releases_nobody(api, alice, acme, inside) -> None:
    with inside(acme):
        opt_out = OptOut.objects.create(number="+15125550300", source="keyword")

    answer = api(alice).delete(f"{OPT_OUTS}{opt_out.pk}/?reason={'x' * 201}")

    assert answer.status_code == 400
    assert list(answer.json()) == ["reason"]
    with inside(acme):
        assert OptOut.objects.exists()
