"""Who is on the other side: shown, changed and forgotten beside the thread."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.models import Contact, Message, OptOut

CUSTOMER = "+15125550300"
HTMX = {"HX-Request": "true"}


def address(message: Message, rest: str = "") -> str:
    return f"/t/acme/inbox/{message.conversation_id}/contact/{rest}"


def test_the_panel_tells_what_is_known(signed_in, alice, say, acme, inside) -> None:
    say("first", ago=60 * 24 * 400)
    message = say("last")
    with inside(acme):
        Contact.objects.create(
            number=CUSTOMER, name="Marco", company="Greenline", tags=["vip"], notes="<b>kind</b>"
        )
        OptOut.objects.create(number=CUSTOMER, our_number=None, source="keyword")
    page = signed_in(alice).get(address(message), headers=HTMX).content.decode()
    for part in ("Marco", "Greenline", "vip", "&lt;b&gt;kind", "(512) 555-0300", "101 Ann"):
        assert part in page
    assert "they texted STOP" in page
    assert "(919) 555-0101" in page
    assert f"{message.created_at.year}" in page
    assert "/t/acme/messaging/message/?q=%2B15125550300" in page


def test_the_log_is_linked_for_admins_only(signed_in, bob, say) -> None:
    page = signed_in(bob).get(address(say("hello"))).content.decode()
    assert "Add to contacts" in page
    assert "messaging/message/" not in page


def test_a_contact_is_made_changed_and_forgotten(signed_in, bob, say, acme, inside) -> None:
    message = say("hello")
    client = signed_in(bob)
    posted: dict[str, Any] = {"number": CUSTOMER, "name": " Marco Ruiz ", "tags": "vip, Vip, new"}
    assert client.post(address(message), posted).status_code == 302
    with inside(acme):
        contact = Contact.objects.get()
        assert (contact.number, contact.name) == (CUSTOMER, "Marco Ruiz")
        assert contact.tags == ["vip", "new"]
    posted |= {"name": "Marco", "email": "m@example.com", "notes": "kind"}
    page = client.post(address(message), posted, headers=HTMX).content.decode()
    assert "<bdi>Marco</bdi></h1>" in page
    with inside(acme):
        contact = Contact.objects.get()
        assert (contact.email, contact.notes) == ("m@example.com", "kind")
    client.post(address(message, "delete/"), {"number": CUSTOMER})
    with inside(acme):
        assert not Contact.objects.exists()
        assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "M", "email": "nonsense"}, "Enter a valid email address."),
        ({"name": "M", "tags": "x" * 41}, "longer than 40"),
        ({"name": "M\x00"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_kept_is_explained(signed_in, bob, say, acme, inside, fields, said) -> None:
    message = say("hello")
    for headers in ({}, HTMX):
        response = signed_in(bob).post(
            address(message), {"number": CUSTOMER, **fields}, headers=headers
        )
        assert response.status_code == 422
        assert said in response.content.decode()
    with inside(acme):
        assert not Contact.objects.exists()


@pytest.mark.parametrize("rest", ["", "delete/"])
def test_only_numbers_of_the_thread_are_changed_there(
    signed_in, bob, say, named, acme, inside, rest
) -> None:
    named("+12065550177", "Dana")
    posted = {"number": "+12065550177", "name": "X"}
    assert signed_in(bob).post(address(say("hello"), rest), posted).status_code == 404
    with inside(acme):
        assert Contact.objects.get().name == "Dana"


@pytest.mark.parametrize(("person", "links"), [("alice", 1), ("bob", 0)])
def test_only_admins_are_led_to_the_consent_history(
    person: str, links: int, say: Any, request: Any, signed_in: Any
) -> None:
    message = say("Hello")
    client = signed_in(request.getfixturevalue(person))

    page = client.get(f"/t/acme/inbox/{message.conversation_id}/contact/").content.decode()

    assert page.count("consententry/?q=%2B15125550300") == links
