"""Templates on the admin's screen and by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from messaging.models import Template
from tenants.models import Tenant, User

LIST = "/t/acme/messaging/template/"
API = "/t/acme/api/v1/templates/"


@pytest.fixture
def texts(acme: Tenant, alice: User, bob: User, inside: Any) -> dict[str, int]:
    """A shared template, one of the admin's and one of extension 101's."""
    with inside(acme):
        made = [
            Template.objects.create(title="Hours", text="We open at 9."),
            Template.objects.create(title="Mine", text="A", owner=alice),
            Template.objects.create(title="Bobs", text="B", owner=bob),
        ]
    return {template.title: template.pk for template in made}


def test_an_admins_template_is_everybodys_unless_told(
    admin: Client, alice: User, acme: Tenant, inside: Any
) -> None:
    assert '<option value="shared" selected>' in admin.get(f"{LIST}add/").content.decode()
    admin.post(f"{LIST}add/", {"title": "Hours", "text": "At 9.", "whose": "shared"})
    admin.post(f"{LIST}add/", {"title": "Hours", "text": "At 10.", "whose": "own"})
    again = admin.post(f"{LIST}add/", {"title": "Hours", "text": "At 11.", "whose": "shared"})

    assert "There is a template of this title already." in again.content.decode()
    with inside(acme):
        rows = Template.objects.order_by("pk").values_list("text", "owner")
        assert list(rows) == [("At 9.", None), ("At 10.", alice.pk)]


def test_an_admin_sees_no_template_of_another_person(admin: Client, texts: dict[str, int]) -> None:
    titles = {row.title for row in admin.get(LIST).context["cl"].result_list}

    assert titles == {"Hours", "Mine"}
    assert admin.get(f"{LIST}{texts['Bobs']}/change/").status_code == 404


def _titles(client: Client, query: str = "") -> list[str]:
    return [row["title"] for row in client.get(f"{API}{query}").json()["results"]]


def test_each_reads_the_shared_and_their_own_by_the_api(
    api: Any, alice: User, bob: User, gina: User, texts: dict[str, int]
) -> None:
    assert _titles(api(alice)) == ["Hours", "Mine"]
    assert _titles(api(bob)) == ["Bobs", "Hours"]
    assert _titles(api(bob), "?q=open") == ["Hours"]
    assert api(gina).get(API).status_code == 403


def test_an_extension_user_writes_own_templates_only(
    api: Any, bob: User, acme: Tenant, texts: dict[str, int], inside: Any
) -> None:
    client = api(bob)

    def post(**body: Any) -> Any:
        return client.post(API, body, content_type="application/json")

    made = post(title="New", text="C")
    assert (made.status_code, made.json()["shared"]) == (201, False)
    assert post(title="New", text="D").json() == {
        "title": ["There is a template of this title already."]
    }
    assert list(post(title="All", text="E", shared=True).json()) == ["shared"]
    for title in ("Hours", "Mine"):
        url = f"{API}{texts[title]}/"
        patched = client.patch(url, {"text": "X"}, content_type="application/json")
        assert patched.status_code == 404
        assert client.delete(url).status_code == 404
    url = f"{API}{texts['Bobs']}/"
    assert list(client.patch(url, {"shared": True}, content_type="application/json").json()) == [
        "shared"
    ]
    with inside(acme):
        assert Template.objects.get(title="Hours").text == "We open at 9."


def test_an_admin_writes_shared_ones_by_the_api(
    api: Any, alice: User, texts: dict[str, int]
) -> None:
    client = api(alice)
    made = client.post(API, {"title": "News", "text": "T"}, content_type="application/json").json()

    assert made["shared"] is True
    own = client.patch(
        f"{API}{made['id']}/", {"shared": False}, content_type="application/json"
    ).json()
    assert own["shared"] is False
    assert client.delete(f"{API}{texts['Hours']}/").status_code == 204
