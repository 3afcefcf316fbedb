"""An admin looks at an extension's inbox and leaves no trace in it."""

from __future__ import annotations

import pytest

from messaging import live
from messaging.models import Extension, Message, ReadMark

HTMX = {"HX-Request": "true"}
OTHER = "+12065550177"


def test_the_admin_sees_what_that_person_sees(signed_in, alice, bob, say) -> None:
    say("for 101")
    say("for nobody", others=[OTHER], is_assigned=False)
    client = signed_in(alice)
    page = client.get("/t/acme/inbox/?as=101").content.decode()
    assert "for 101" in page
    assert "for nobody" not in page
    assert "Viewing as <strong>101 Ann</strong>" in page
    assert "their unread marks stay as they are" in page
    assert 'data-unread="1"' in page
    # Bob reads it: now it is read in the admin's view of Bob's inbox, too.
    message = say("again")
    signed_in(bob).get(f"/t/acme/inbox/{message.conversation_id}/")
    assert 'data-unread="0"' in client.get("/t/acme/inbox/rows/?as=101").content.decode()
    assert 'data-unread="2"' in client.get("/t/acme/inbox/rows/").content.decode()


def test_looking_moves_nobodys_marks(signed_in, alice, bob, say, acme, inside) -> None:
    message = say("hello")
    client = signed_in(alice)
    base = f"/t/acme/inbox/{message.conversation_id}/"
    for address in (base, f"{base}messages/", f"{base}contact/"):
        assert client.get(f"{address}?as=101&seen=1").status_code == 200
        assert client.get(f"{address}?as=101&seen=1", headers=HTMX).status_code == 200
    assert client.post(f"{base}unread/?as=101").status_code == 403
    with inside(acme):
        assert not ReadMark.objects.exists()


def test_an_extension_nobody_sits_at_has_nothing_unread(signed_in, alice, say) -> None:
    say("hello")
    assert 'data-unread="0"' in signed_in(alice).get("/t/acme/inbox/?as=101").content.decode()


def test_the_view_is_kept_by_every_link(signed_in, alice, bob, say) -> None:
    message = say("hello")
    base = f"/t/acme/inbox/{message.conversation_id}/"
    page = signed_in(alice).get(f"{base}?as=101").content.decode()
    assert f'href="{base}?as=101"' in page
    assert f'hx-get="{base}messages/?as=101"' in page
    assert '<input type="hidden" name="as" value="101">' in page
    assert "Stop viewing to answer yourself" in page
    assert 'id="composer"' not in page


def test_another_inboxs_thread_is_not_found_in_the_view(signed_in, alice, say) -> None:
    say("for 101")
    other = say("for nobody", others=[OTHER], is_assigned=False)
    client = signed_in(alice)
    assert client.get(f"/t/acme/inbox/{other.conversation_id}/").status_code == 200
    assert client.get(f"/t/acme/inbox/{other.conversation_id}/?as=101").status_code == 404


@pytest.mark.parametrize("number", ["999", "x", "%00", "1" * 50])
def test_an_extension_that_does_not_exist_is_not_found(signed_in, alice, say, number) -> None:
    say("hello")
    assert signed_in(alice).get(f"/t/acme/inbox/?as={number}").status_code == 404


def test_to_an_extension_user_it_means_nothing(signed_in, bob, say, acme, inside) -> None:
    say("for 101")
    with inside(acme):
        extension = Extension.objects.create(number="102")
    other = say("for 102", others=[OTHER])
    with inside(acme):
        Message.objects.get(pk=other.pk)
        other.conversation.extension = extension
        other.conversation.save()
    client = signed_in(bob)
    page = client.get("/t/acme/inbox/?as=102").content.decode()
    assert "for 101" in page
    assert "for 102" not in page
    assert "Viewing as" not in page
    assert client.get(f"/t/acme/inbox/{other.conversation_id}/?as=102").status_code == 404
    assert client.get("/t/acme/inbox/filters/").status_code == 404


def test_the_view_hears_the_hints_of_that_extension(signed_in, alice, say) -> None:
    say("hello")
    url = signed_in(alice).get("/t/acme/inbox/events/?as=101").content.decode()
    assert live.read_token(url.rpartition("/events/")[2]) == ("t_acme", alice.pk, "101")


def test_admins_choose_whose_inbox_to_see(signed_in, alice, say) -> None:
    say("hello")
    page = signed_in(alice).get("/t/acme/inbox/filters/?ext=101").content.decode()
    assert '<option value="101" selected>101 Ann</option>' in page
    assert "(919) 555-0101" in page
