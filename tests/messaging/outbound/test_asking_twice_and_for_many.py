"""One click sends once; one text goes to many, each alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from messaging import sweeps
from messaging.media.attachments import store_upload
from messaging.media.uploads import take_back
from messaging.models import Attachment, Message, OptOut
from messaging.outbound.individually import send_individually
from messaging.outbound.refusals import SendRefused
from tenants.models import Tenant, User
from tenants.roles import Role
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER

BEN = "+12065550177"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


def test_asked_twice_by_one_key_it_is_sent_once(write: Write) -> None:
    key = uuid4()
    assert write(key=key) == write(key=key)
    assert Message.objects.count() == 1


def test_the_same_text_asked_for_again_is_another_message(write: Write) -> None:
    write(key=uuid4())
    write(key=uuid4())
    assert Message.objects.count() == 2


def test_somebody_elses_key_tells_nothing(write: Write, bob: User) -> None:
    key = uuid4()
    write(key=key)
    with pytest.raises(SendRefused, match="out of date"):
        write(key=key, user=bob, role=Role.EXTENSION)


def to_each(user: User, tenant: Tenant, **changes: Any) -> list[Message]:
    wanted: dict[str, Any] = {
        "user": user,
        "role": Role.ADMIN,
        "tenant": tenant,
        "sender": "",
        "recipients": [CUSTOMER, BEN],
        "text": "Hi",
        **changes,
    }
    return send_individually(**wanted)


def test_each_gets_a_message_once_however_the_number_was_typed(
    at_acme: Tenant, alice: User
) -> None:
    sent = to_each(alice, at_acme, recipients=[CUSTOMER, "(206) 555-0177", BEN])
    assert [m.conversation.participants for m in sent] == [[CUSTOMER], [BEN]]


def test_one_key_sends_to_each_once(at_acme: Tenant, alice: User) -> None:
    key = uuid4()
    to_each(alice, at_acme, key=key)
    to_each(alice, at_acme, key=key)
    assert Message.objects.count() == 2


def test_a_refusal_leaves_neither_messages_nor_copies_of_files(
    at_acme: Tenant, alice: User, media_folder: Path
) -> None:
    upload = store_upload(alice, "a.png", "image/png", PNG)
    OptOut.objects.create(our_number=None, number=BEN)
    with pytest.raises(SendRefused):
        to_each(alice, at_acme, attachment_ids=[upload.pk])
    assert not Message.objects.exists()
    assert Attachment.objects.get() == upload
    assert len([path for path in media_folder.rglob("*") if path.is_file()]) == 1


def test_an_upload_that_no_message_took_is_forgotten_after_a_day(write: Write, alice: User) -> None:
    kept = store_upload(alice, "new.png", "image/png", PNG)
    old = store_upload(alice, "old.png", "image/png", PNG)
    sent = store_upload(alice, "sent.png", "image/png", PNG)
    write(attachment_ids=[sent.pk])
    Attachment.objects.exclude(pk=kept.pk).update(created_at=timezone.now() - timedelta(hours=25))
    sweeps.sweep()
    assert set(Attachment.objects.all()) == {kept, sent}
    assert not Path(old.file.path).exists()
    assert Path(sent.file.path).exists()


def test_an_upload_is_taken_back_by_whoever_made_it(write: Write, alice: User, bob: User) -> None:
    upload = store_upload(alice, "a.png", "image/png", PNG)
    assert not take_back(bob, upload.pk)
    assert take_back(alice, upload.pk)
    assert not Path(upload.file.path).exists()
    sent = store_upload(alice, "b.png", "image/png", PNG)
    write(attachment_ids=[sent.pk])
    assert not take_back(alice, sent.pk)
