"""Toll-free numbers carry 525 KB in all: pictures are made smaller when they go out."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django_tenants.utils import tenant_context

from messaging.delivery.attempt import deliver
from messaging.media.fitting import TOLL_FREE_BYTES, least_size, may_fit
from messaging.models import Attachment, Message
from messaging.outbound.send import send_message
from tenants.models import PhoneNumber, Tenant, User
from tenants.roles import Role
from tests.messaging.media.photographs import noise, padded, saved
from tests.messaging.outbound.carrier import ScriptedCarrier

TOLL_FREE, CUSTOMER = "+18005550100", "+15125550300"
PHOTO = saved(noise(1200, 900), "JPEG", quality=95)
SMALL = saved(noise(200, 100), "JPEG", quality=60)


@pytest.fixture
def carrier(settings: Any) -> Any:
    settings.PROVIDERS = {"bandwidth": "tests.messaging.outbound.carrier.ScriptedCarrier"}
    ScriptedCarrier.reset()
    yield ScriptedCarrier
    ScriptedCarrier.reset()


@pytest.fixture
def sent(acme: Tenant, acme_line: Any, acme_number: PhoneNumber, alice: User, carrier: Any) -> Any:
    """Send files from a number, and return the message as it then is."""

    def send(number: str, *files: tuple[str, bytes]) -> Message:
        with tenant_context(acme):
            PhoneNumber.objects.filter(pk=acme_number.pk).update(number=number)
            keys = []
            for kind, content in files:
                upload = Attachment(
                    name="photo.png",
                    content_type=kind,
                    size=len(content),
                    state="ready",
                    uploaded_by=alice,
                )
                upload.file.save("x", ContentFile(content), save=False)
                upload.save()
                keys.append(upload.pk)
            message = send_message(
                user=alice,
                role=Role.ADMIN,
                tenant=acme,
                sender=number,
                recipients=[CUSTOMER],
                text="",
                attachment_ids=keys,
            )
            deliver(message.pk)
            message.refresh_from_db()
        return message

    return send


def uploaded(carrier: Any) -> list[int]:
    return [len(file.content) for _, file in carrier.uploads]


def test_pictures_share_what_a_toll_free_number_may_carry(
    sent: Any, carrier: Any, acme: Tenant
) -> None:
    assert len(PHOTO) * 2 > TOLL_FREE_BYTES
    message = sent(TOLL_FREE, ("image/jpeg", PHOTO), ("image/jpeg", SMALL), ("image/jpeg", PHOTO))

    assert message.status == "sent"
    assert sum(uploaded(carrier)) <= TOLL_FREE_BYTES
    with tenant_context(acme):
        files = list(message.attachments.all())
        assert [bool(file.notice) for file in files] == [True, False, True]
        assert [file.size for file in files] == uploaded(carrier)
        assert [file.name for file in files] == ["photo.jpg", "photo.png", "photo.jpg"]
        assert [len(file.file.read()) for file in files] == uploaded(carrier)


@pytest.mark.parametrize("number", ["+19195550101", TOLL_FREE])
def test_what_fits_or_goes_from_elsewhere_is_left_alone(
    sent: Any, carrier: Any, number: str
) -> None:
    files = [("image/jpeg", PHOTO)] * 2 if number != TOLL_FREE else [("image/jpeg", SMALL)]
    sent(number, *files)

    assert uploaded(carrier) == [len(content) for _, content in files]


def test_a_picture_that_cannot_be_made_smaller_fails_with_a_sentence(
    sent: Any, carrier: Any
) -> None:
    frames = [noise(700, 700, "L") for _ in range(3)]
    moving = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert len(moving) > TOLL_FREE_BYTES
    message = sent(TOLL_FREE, ("image/png", moving))

    assert (message.status, message.failure_reason) == ("failed", "media")
    assert "525 KB" in message.error_text
    assert carrier.sent == []


@pytest.mark.parametrize(
    ("files", "fits"),
    [
        ([], True),
        ([("image/jpeg", 20_000_000)] * 10, True),
        ([("video/mp4", 525_000)], True),
        ([("video/mp4", 525_001)], False),
        ([("video/mp4", 500_000), ("image/png", 25_000)], True),
        ([("video/mp4", 500_000), ("image/png", 9_000_000)], False),
        ([("image/gif", 525_001)], False),
    ],
    ids=["none", "ten", "at", "over", "small picture", "no room for a picture", "gif"],
)
def test_whether_files_may_fit_is_known_before(
    files: list[tuple[str, int]],
    fits: bool,  # noqa: FBT001
) -> None:
    attachments = [Attachment(content_type=kind, size=size) for kind, size in files]
    assert may_fit(attachments, TOLL_FREE_BYTES) is fits
    assert all(least_size(a) <= a.size for a in attachments)


def test_padding_is_no_picture(sent: Any, carrier: Any) -> None:
    message = sent(TOLL_FREE, ("image/jpeg", padded(SMALL, 600_000)))

    assert message.status == "sent"
    assert uploaded(carrier)[0] <= TOLL_FREE_BYTES
