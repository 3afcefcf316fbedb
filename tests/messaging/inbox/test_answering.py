"""Answers, new messages, retries and names."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.models import Attachment, Message, MessageSetting, OptOut
from messaging.models.message import Status

HTMX = {"HX-Request": "true"}
OURS = "+19195550101"
CUSTOMER = "+15125550300"


def address(message: Message, part: str) -> str:
    return f"/t/acme/inbox/{message.conversation_id}/{part}"


def sent(acme: Any, inside: Any) -> list[Message]:
    with inside(acme):
        return list(Message.objects.filter(direction="out").order_by("created_at"))


def test_an_answer_leaves_from_the_number_that_was_texted(
    signed_in, bob, say, acme, inside
) -> None:
    message = say("Is my order ready?")
    response = signed_in(bob).post(
        address(message, "send/"), {"text": "Yes <b>it is</b>"}, headers=HTMX
    )
    assert response.status_code == 200
    assert "inbox:sent" in response["HX-Trigger"]
    assert "Yes &lt;b&gt;it is&lt;/b&gt;" in response.content.decode()
    answer = sent(acme, inside)[0]
    assert (answer.status, answer.sender, answer.author_id) == (Status.QUEUED, OURS, bob.pk)
    with inside(acme):
        assert [r.number for r in answer.recipients.all()] == [CUSTOMER]


def test_an_answer_to_a_group_goes_to_everybody(signed_in, alice, say, acme, inside) -> None:
    others = ["+12065550177", CUSTOMER]
    message = say("hello all", others=others)
    signed_in(alice).post(address(message, "send/"), {"text": "Hi"}, headers=HTMX)
    answer = sent(acme, inside)[0]
    assert answer.conversation_id == message.conversation_id
    with inside(acme):
        assert sorted(r.number for r in answer.recipients.all()) == sorted(others)


def test_without_scripts_an_answer_comes_back_to_the_thread(signed_in, bob, say) -> None:
    message = say("hello")
    response = signed_in(bob).post(address(message, "send/"), {"text": "Hi"})
    assert response.status_code == 302
    assert response["Location"] == address(message, "")


def test_a_refusal_is_shown_beside_the_composer(signed_in, bob, say, acme, inside) -> None:
    message = say("hello")
    response = signed_in(bob).post(address(message, "send/"), {"text": " "}, headers=HTMX)
    assert response.status_code == 422
    assert response["HX-Retarget"] == "#refusal"
    assert "HX-Trigger" not in response
    assert sent(acme, inside) == []


def test_without_scripts_a_refusal_keeps_what_was_written(
    signed_in, bob, say, acme, inside, attach
) -> None:
    message = say("hello")
    upload = attach(None, uploaded_by=bob)
    with inside(acme):
        OptOut.objects.create(our_number=OURS, number="+12065550177", source="keyword")
    response = signed_in(bob).post(
        "/t/acme/inbox/new/",
        {"from": OURS, "to": "206 555 0177", "text": "my long text", "attachments": upload.pk},
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "my long text" in page
    assert "+12065550177" in page
    assert str(upload.pk) in page
    assert message.conversation_id


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("keyword", "Marco replied STOP. You can&#x27;t send until they text START."),
        ("carrier", "Marco opted out at the carrier."),
        ("manual", "Marco is on the opt-out list."),
    ],
)
def test_an_opt_out_takes_the_place_of_the_composer(
    signed_in, bob, say, named, acme, inside, source, said
) -> None:
    named(CUSTOMER, "Marco")
    message = say("STOP")
    with inside(acme):
        OptOut.objects.create(our_number=OURS, number=CUSTOMER, source=source)
    page = signed_in(bob).get(address(message, "")).content.decode()
    assert said in page
    assert 'id="composer"' not in page


def test_a_number_that_can_send_no_more_is_told(signed_in, bob, say, acme, inside) -> None:
    message = say("hello")
    with inside(acme):
        MessageSetting.objects.update(enabled=False)
    page = signed_in(bob).get(address(message, "")).content.decode()
    assert "You can&#x27;t answer from (919) 555-0101." in page
    assert 'id="composer"' not in page


@pytest.mark.parametrize("status", [Status.FAILED, Status.UNCONFIRMED])
def test_what_failed_is_explained_and_can_be_sent_again(
    signed_in, bob, say, acme, inside, status
) -> None:
    failed = say(
        "Hi", direction="out", status=status, error_text="No such <number>.", error_code="4720"
    )
    with inside(acme):
        failed.recipients.create(number=CUSTOMER, status=status)
    client = signed_in(bob)
    page = client.get(address(failed, "")).content.decode()
    assert "No such &lt;number&gt;." in page
    assert ("hx-confirm" in page) is (status == Status.UNCONFIRMED)
    path = address(failed, f"messages/{failed.pk}/retry/")
    if status == Status.UNCONFIRMED:
        refused = client.post(path, headers=HTMX)
        assert "it may arrive twice" in refused.content.decode()
        assert sent(acme, inside)[0].status == status
    client.post(path, {"anyway": "1"}, headers=HTMX)
    assert sent(acme, inside)[0].status == Status.QUEUED


def test_what_arrived_is_not_sent_again(signed_in, bob, say, acme, inside) -> None:
    fine = say("Hi", direction="out")
    response = signed_in(bob).post(address(fine, f"messages/{fine.pk}/retry/"), headers=HTMX)
    assert response.status_code == 422
    assert sent(acme, inside)[0].status == Status.DELIVERED


def test_a_scheduled_message_can_be_held_back(signed_in, bob, say, acme, inside) -> None:
    later = say("Hi", direction="out", status=Status.SCHEDULED)
    client = signed_in(bob)
    assert f"{later.pk}/cancel/" in client.get(address(later, "")).content.decode()
    client.post(address(later, f"messages/{later.pk}/cancel/"), headers=HTMX)
    assert sent(acme, inside)[0].status == Status.CANCELED


@pytest.mark.parametrize(
    "to", ["(206) 555-0177", "Dana Whitfield", "dana whitfield ; ", "+12065550177,"]
)
def test_a_new_message_takes_a_number_or_a_name(
    signed_in, bob, say, named, acme, inside, to
) -> None:
    say("hello")
    named("+12065550177", "Dana Whitfield")
    response = signed_in(bob).post(
        "/t/acme/inbox/new/", {"from": OURS, "to": to, "text": "Hi"}, headers=HTMX
    )
    message = sent(acme, inside)[0]
    assert response["HX-Redirect"] == address(message, "")
    with inside(acme):
        assert message.conversation.participants == ["+12065550177"]


def test_a_new_message_to_nonsense_is_refused(signed_in, bob, say, acme, inside) -> None:
    say("hello")
    response = signed_in(bob).post(
        "/t/acme/inbox/new/", {"from": OURS, "to": "nobody", "text": "Hi"}, headers=HTMX
    )
    assert response.status_code == 422
    assert sent(acme, inside) == []


def test_an_upload_goes_out_with_the_answer(signed_in, bob, say, acme, inside) -> None:
    message = say("hello")
    client = signed_in(bob)
    from django.core.files.uploadedfile import SimpleUploadedFile

    picture = SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 32, "image/png")
    program = SimpleUploadedFile("a.exe", b"MZ\x90\0" * 20, "application/x-msdownload")
    page = client.post("/t/acme/inbox/upload/", {"files": [picture, program]}).content.decode()
    assert "cannot be sent" in page
    with inside(acme):
        upload = Attachment.objects.get()
    assert str(upload.pk) in page
    client.post(
        address(message, "send/"),
        {"text": "", "attachments": [str(upload.pk), "nonsense"]},
        headers=HTMX,
    )
    with inside(acme):
        assert Attachment.objects.get().message == sent(acme, inside)[0]


def test_contacts_are_suggested_as_one_types(signed_in, bob, say, named) -> None:
    say("hello")
    named("+12065550177", "Dana <b>")
    page = signed_in(bob).get("/t/acme/inbox/people/?q=dan").content.decode()
    assert 'data-number="+12065550177"><bdi>Dana &lt;b&gt;</bdi> <small>(206) 555-0177' in page
