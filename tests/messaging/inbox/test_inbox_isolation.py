"""Nobody reads another tenant's texts, or another extension's."""

from __future__ import annotations

import pytest
from django.test import Client

from messaging import live
from messaging.models import Attachment, Message

PAGES = ["", "rows/", "filters/", "new/", "people/", "events/"]


@pytest.mark.parametrize("page", PAGES)
def test_an_outsider_is_kept_out(signed_in, gina, say, page) -> None:
    say("hello")
    assert signed_in(gina).get(f"/t/acme/inbox/{page}").status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_the_sign_in(acme, page) -> None:
    response = Client().get(f"/t/acme/inbox/{page}")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_an_outsider_gets_no_thread_file_or_answer(signed_in, gina, say, attach) -> None:
    message = say("hello")
    file = attach(message)
    client = signed_in(gina)
    base = "/t/acme/inbox/"
    assert client.get(f"{base}{message.conversation_id}/").status_code == 403
    assert client.get(f"{base}media/{file.pk}/").status_code == 403
    assert client.post(f"{base}{message.conversation_id}/send/", {"text": "x"}).status_code == 403


def test_the_same_ids_in_the_own_tenant_are_not_found(signed_in, gina, say, attach) -> None:
    message = say("hello")
    file = attach(message)
    client = signed_in(gina)
    base = "/t/globex/inbox/"
    assert client.get(f"{base}{message.conversation_id}/").status_code == 404
    assert client.get(f"{base}media/{file.pk}/").status_code == 404


def test_an_extension_user_sees_the_own_conversations_only(
    signed_in, bob, say, attach, acme, inside
) -> None:
    say("for 101", ago=1)
    other = say("for nobody yet", others=["+12065550177"], is_assigned=False)
    file = attach(other)
    client = signed_in(bob)
    page = client.get("/t/acme/inbox/").content.decode()
    assert "for 101" in page
    assert "for nobody yet" not in page
    base = f"/t/acme/inbox/{other.conversation_id}/"
    assert client.get(base).status_code == 404
    assert client.get(f"{base}messages/").status_code == 404
    assert client.get(f"/t/acme/inbox/media/{file.pk}/").status_code == 404
    one = f"messages/{other.pk}"
    changing = (
        "send/",
        "contact/",
        "contact/delete/",
        "unread/",
        f"{one}/retry/",
        f"{one}/cancel/",
    )
    for path in changing:
        assert client.post(base + path, {"text": "x"}).status_code == 404
    with inside(acme):
        assert not Message.objects.filter(direction="out").exists()


def test_another_threads_message_is_not_changed_through_an_own_thread(
    signed_in, bob, say, acme, inside
) -> None:
    own = say("mine")
    other = say("x", direction="out", status="failed", others=["+12065550177"], is_assigned=False)
    path = f"/t/acme/inbox/{own.conversation_id}/messages/{other.pk}/retry/"
    assert signed_in(bob).post(path).status_code == 404
    with inside(acme):
        assert Message.objects.get(pk=other.pk).status == "failed"


def test_an_upload_is_its_owners_until_it_is_sent(signed_in, alice, bob, say, attach) -> None:
    say("hello")
    upload = attach(None, uploaded_by=bob)
    assert signed_in(bob).get(f"/t/acme/inbox/media/{upload.pk}/").status_code == 200
    assert signed_in(alice).get(f"/t/acme/inbox/media/{upload.pk}/").status_code == 404


def test_another_persons_upload_is_not_sent(
    signed_in, alice, bob, say, attach, inside, acme
) -> None:
    message = say("hello")
    upload = attach(None, uploaded_by=alice)
    signed_in(bob).post(
        f"/t/acme/inbox/{message.conversation_id}/send/",
        {"text": "x", "attachments": str(upload.pk)},
    )
    with inside(acme):
        assert Attachment.objects.get().message is None


@pytest.mark.parametrize(("person", "extension"), [("alice", None), ("root", None), ("bob", "101")])
def test_each_hears_the_hints_of_what_they_see(
    request, signed_in, say, person, extension, settings
) -> None:
    settings.EVENTS_URL = ""
    settings.EVENTS_PORT = 8001
    say("hello")
    user = request.getfixturevalue(person)
    url = signed_in(user).get("/t/acme/inbox/events/").content.decode()
    address, _, token = url.rpartition("/events/")
    assert address == "http://testserver:8001"
    assert live.read_token(token) == ("t_acme", user.pk, extension)


@pytest.mark.parametrize("path", ["send/", "contact/delete/", "unread/"])
def test_reading_addresses_do_not_write(signed_in, bob, say, path) -> None:
    message = say("hello")
    response = signed_in(bob).get(f"/t/acme/inbox/{message.conversation_id}/{path}")
    assert response.status_code == 405
