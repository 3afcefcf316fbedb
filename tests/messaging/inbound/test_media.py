from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
import responses
from django.core.files.storage import default_storage
from django.db.models import F
from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.media import attachments
from messaging.models import Attachment, Message, SmsConfiguration
from tenants.models import Tenant, User

URL = "https://messaging.bandwidth.com/api/v2/users/9900001/media/in-1/0/front%20door.png"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

Inside = Callable[[Tenant], AbstractContextManager[None]]


@pytest.fixture
def carrier() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def in_acme(acme: Tenant, inside: Inside) -> Any:
    with inside(acme):
        yield acme


@pytest.fixture
def expected(in_acme: Tenant, acme_configuration: SmsConfiguration) -> Callable[..., Attachment]:
    """Make an attachment that is noted but not fetched."""

    def make(url: str = URL, configuration: SmsConfiguration | None = acme_configuration) -> Any:
        now = timezone.now()
        message = Message.objects.create(
            conversation=conversation_with("+19195550101", ["+15125550300"], at=now),
            direction="in",
            kind="mms",
            status="received",
            sender="+15125550300",
            configuration=configuration,
            created_at=now,
        )
        return Attachment.objects.create(message=message, name="front door.png", source_url=url)

    return make


@pytest.fixture
def fetch(django_capture_on_commit_callbacks: Any) -> Callable[[Attachment], Attachment]:
    """Run the task and return the row as it then is."""

    def run(attachment: Attachment) -> Attachment:
        with django_capture_on_commit_callbacks(execute=True):
            attachments.fetch(attachment.pk)
        attachment.refresh_from_db()
        return attachment

    return run


def _files() -> list[str]:
    found: list[str] = []
    folders = [""]
    while folders:
        folder = folders.pop()
        inner, names = default_storage.listdir(folder)
        found += [f"{folder}/{name}" for name in names]
        folders += [f"{folder}/{name}".lstrip("/") for name in inner]
    return found


def test_file_is_copied_into_the_tenants_folder(
    expected: Any, fetch: Any, carrier: Any, hints: list[Any], acme: Tenant
) -> None:
    carrier.get(URL, body=PNG, content_type="image/png")
    attachment = fetch(expected())
    assert (attachment.state, attachment.content_type) == ("ready", "image/png")
    assert attachment.size == len(PNG)
    assert attachment.file.read() == PNG
    assert attachment.file.name.startswith(f"{acme.schema_name}/")
    assert "door" not in attachment.file.name
    assert [schema for schema, _ in hints] == [acme.schema_name]


def test_file_that_is_there_is_not_fetched_again(expected: Any, fetch: Any, carrier: Any) -> None:
    carrier.get(URL, body=PNG, content_type="image/png")
    attachment = fetch(expected())
    fetch(attachment)
    assert len(carrier.calls) == 1
    assert len(_files()) == 1


def test_file_in_another_tasks_hands_is_left_to_it(expected: Any, fetch: Any, carrier: Any) -> None:
    attachment = expected()
    Attachment.objects.update(next_attempt_at=timezone.now() + timedelta(minutes=1))
    assert fetch(attachment).state == "pending"
    assert len(carrier.calls) == 0


@pytest.mark.parametrize(
    ("content", "declared", "kind"),
    [
        (PNG, "image/png", "image/png"),
        (PNG, "image/jpeg", "image/png"),
        (b"\xff\xd8\xff\xe0 jpeg", "application/octet-stream", "image/jpeg"),
        (b"<html><script>", "image/png", "application/octet-stream"),
        (b"<html><script>", "text/html", "application/octet-stream"),
        (SVG, "image/svg+xml", "application/octet-stream"),
        (b"Hello", "text/plain; charset=utf-8", "text/plain"),
        (b"\xff\xfe\x00", "text/plain", "application/octet-stream"),
        (b"BEGIN:VCARD\r\nEND:VCARD", "text/x-vCard", "text/vcard"),
        (b"OggS....", "audio/ogg", "audio/ogg"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4", "video/mp4"),
        (b"\x00\x00\x00\x18ftypheic", "image/jpeg", "image/heic"),
        (b"%PDF-1.7", "", "application/pdf"),
    ],
)
def test_type_is_what_the_bytes_say(
    expected: Any, fetch: Any, carrier: Any, content: bytes, declared: str, kind: str
) -> None:
    carrier.get(URL, body=content, content_type=declared)
    attachment = fetch(expected())
    assert (attachment.state, attachment.content_type) == ("ready", kind)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_carrier_that_fails_is_asked_again(
    expected: Any, fetch: Any, carrier: Any, published: list[Any], status: int
) -> None:
    carrier.get(URL, status=status)
    attachment = fetch(expected())
    assert (attachment.state, attachment.attempts) == ("pending", 1)
    assert attachment.next_attempt_at > timezone.now()
    assert [(p.task, p.key) for p in published] == [("messaging.fetch_media", str(attachment.pk))]
    carrier.replace(responses.GET, URL, body=PNG, content_type="image/png")
    Attachment.objects.update(next_attempt_at=timezone.now())
    assert fetch(attachment).state == "ready"
    assert attachment.error == ""


def test_file_that_is_not_had_within_two_days_fails(
    expected: Any, fetch: Any, carrier: Any, published: list[Any]
) -> None:
    carrier.get(URL, status=503)
    attachment = expected()
    Attachment.objects.update(created_at=F("created_at") - timedelta(hours=48))
    assert fetch(attachment).state == "failed"
    assert "two days" in attachment.error
    assert published == []


def test_file_that_is_gone_fails_with_a_sentence(
    expected: Any, fetch: Any, carrier: Any, hints: list[Any]
) -> None:
    carrier.get(URL, status=404)
    attachment = fetch(expected())
    assert attachment.state == "failed"
    assert attachment.error
    assert len(hints) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/api/v2/users/9900001/media/a.png",
        "https://messaging.bandwidth.com/api/v2/users/9900002/media/a.png",
        "http://169.254.169.254/latest/meta-data",
        "https://[",
    ],
)
def test_address_outside_the_own_account_is_never_asked(
    expected: Any, fetch: Any, carrier: Any, url: str
) -> None:
    attachment = fetch(expected(url))
    assert attachment.state == "failed"
    assert len(carrier.calls) == 0


def test_file_of_the_platforms_account_waits_until_there_is_one(
    expected: Any, fetch: Any, carrier: Any, settings: Any
) -> None:
    settings.BANDWIDTH_ACCOUNT_ID = ""
    attachment = fetch(expected(configuration=None))
    assert (attachment.state, attachment.error) == ("pending", "No platform account is set up.")

    settings.BANDWIDTH_ACCOUNT_ID = "9900001"
    settings.BANDWIDTH_API_TOKEN, settings.BANDWIDTH_API_SECRET = "token", "secret"
    settings.BANDWIDTH_CLIENT_ID = ""
    carrier.get(URL, body=PNG, content_type="image/png")
    Attachment.objects.update(next_attempt_at=timezone.now())
    assert fetch(attachment).state == "ready"


def test_full_disk_is_waited_out(
    expected: Any, fetch: Any, carrier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **kwargs: Any) -> str:
        raise OSError(28, "No space left on device")

    carrier.get(URL, body=PNG, content_type="image/png")
    with monkeypatch.context() as patch:
        patch.setattr(type(default_storage), "save", full, raising=False)
        attachment = fetch(expected())
    assert attachment.state == "pending"
    Attachment.objects.update(next_attempt_at=timezone.now())
    assert fetch(attachment).state == "ready"


def test_upload_is_kept_ready_for_its_message(in_acme: Tenant, alice: User) -> None:
    attachment = attachments.store_upload(alice, "C:\\Fotos\\door.png", "image/png", PNG)
    attachment.refresh_from_db()
    assert (attachment.name, attachment.content_type) == ("door.png", "image/png")
    assert (attachment.state, attachment.size) == ("ready", len(PNG))
    assert attachment.message is None
    assert attachment.uploaded_by == alice
    assert attachment.file.read() == PNG


@pytest.mark.parametrize(
    ("name", "declared", "content", "kind"),
    [
        ("a.png", "", PNG, "image/png"),
        ("a.png", "application/octet-stream", PNG, "image/png"),
        ("a.jpg", "image/pjpeg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.txt", "text/plain", b"Hello", "text/plain"),
        ("a.csv", "", b"a,b", "text/csv"),
        ("a.mp3", "audio/mp3", b"ID3....", "audio/mpeg"),
        ("a.svg", "image/svg+xml", SVG, "image/svg+xml"),
    ],
)
def test_upload_of_a_listed_kind_is_taken(
    in_acme: Tenant, alice: User, name: str, declared: str, content: bytes, kind: str
) -> None:
    assert attachments.store_upload(alice, name, declared, content).content_type == kind


@pytest.mark.parametrize(
    ("name", "declared", "content"),
    [
        ("empty.png", "image/png", b""),
        ("big.png", "image/png", PNG + b"\x00" * 3_500_000),
        ("fake.png", "image/png", b"<html>"),
        ("tool.exe", "application/x-msdownload", b"MZ"),
        ("tool.exe", "", b"MZ"),
        ("letter.docx", "application/vnd.openxmlformats-officedocument", b"PK\x03\x04"),
        ("no.txt", "text/plain", b"\x00\xff"),
        ("no ending", "", b"?"),
    ],
)
def test_upload_that_cannot_be_sent_is_refused(
    in_acme: Tenant, alice: User, name: str, declared: str, content: bytes
) -> None:
    with pytest.raises(attachments.MediaRefused) as refusal:
        attachments.store_upload(alice, name, declared, content)
    assert name in refusal.value.text
    assert not Attachment.objects.exists()
    assert not default_storage.exists("") or _files() == []
