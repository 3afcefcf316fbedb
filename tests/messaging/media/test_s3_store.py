"""An S3-compatible store in place of the disk: private, and read through the portal only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from environ import Env

from config.media_store import media_store
from messaging.media import attachments
from messaging.media.uploads import take_back
from messaging.models import Attachment
from tenants.models import Tenant, User
from tests.messaging.media.bucket import BUCKET, ENDPOINT, Bucket
from tests.messaging.media.photographs import noise, saved

Inside = Callable[[Tenant], AbstractContextManager[None]]

SECRET = "s3cret-Canary-of-the-store"
PNG = saved(noise(40, 30), "PNG")
NAMED = {
    "MEDIA_S3_BUCKET": BUCKET,
    "MEDIA_S3_ENDPOINT_URL": ENDPOINT,
    "MEDIA_S3_REGION": "us-east-1",
    "MEDIA_S3_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "MEDIA_S3_SECRET_ACCESS_KEY": SECRET,
    "MEDIA_S3_PREFIX": "/trunkline/",
}


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name, value in NAMED.items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = {**settings.STORAGES, "default": media_store(Env(), Path("unused"))}
    made = Bucket()
    events = default_storage.connection.meta.client.meta.events  # type: ignore[attr-defined]
    events.register("before-send.s3", made.answer)
    return made


@pytest.fixture
def stored(bucket: Bucket, acme: Tenant, inside: Inside, bob: User) -> Attachment:
    with inside(acme):
        return attachments.store_upload(bob, "door.png", "image/png", PNG)


def address(attachment: Attachment, what: str = "inbox/media/{}/") -> str:
    return f"/t/acme/{what.format(attachment.pk)}"


def test_without_a_bucket_files_lie_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDIA_S3_BUCKET", raising=False)
    assert media_store(Env(), Path("/data")) == {
        "BACKEND": "messaging.media.disk.WholeFiles",
        "OPTIONS": {"location": "/data/media"},
    }


def test_a_bucket_without_its_packages_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MEDIA_S3_BUCKET", BUCKET)
    monkeypatch.setitem(sys.modules, "botocore.config", None)
    with pytest.raises(ImproperlyConfigured, match="pip install"):
        media_store(Env(), Path("/data"))


def test_an_upload_goes_to_the_tenants_folder_of_the_bucket(
    bucket: Bucket, stored: Attachment, acme: Tenant
) -> None:
    key = f"trunkline/{acme.schema_name}/{stored.pk.hex[:2]}/{stored.pk.hex}"
    assert bucket.objects == {key: PNG}
    put = next(request for request in bucket.requests if request.method == "PUT")
    assert put.headers["x-amz-acl"] in ("private", b"private")
    assert b"door" not in str(bucket.requests).encode()


def test_a_file_is_streamed_through_our_own_page(
    stored: Attachment, signed_in: Any, bob: User, gina: User
) -> None:
    answer = signed_in(bob).get(address(stored))

    assert b"".join(answer.streaming_content) == PNG
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Location" not in answer
    assert signed_in(gina).get(address(stored)).status_code == 403
    assert Client().get(address(stored)).status_code == 302


def test_no_address_at_the_store_is_ever_made(stored: Attachment) -> None:
    with pytest.raises(NotImplementedError):
        _ = stored.file.url


def test_two_copies_of_one_file_do_not_take_each_others_place(
    bucket: Bucket, stored: Attachment
) -> None:
    first = stored.file.name
    stored.file.save("again", ContentFile(b"second"), save=False)

    assert stored.file.name != first
    assert sorted(bucket.objects.values()) == sorted([PNG, b"second"])


def test_what_is_taken_back_is_gone_from_the_bucket(
    bucket: Bucket, stored: Attachment, acme: Tenant, inside: Inside, bob: User
) -> None:
    with inside(acme):
        assert take_back(bob, stored.pk)
    assert bucket.objects == {}


def test_a_store_that_is_down_is_told_in_words(
    bucket: Bucket,
    stored: Attachment,
    signed_in: Any,
    api: Any,
    bob: User,
    acme: Tenant,
    inside: Inside,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bucket.is_down = True
    assert signed_in(bob).get(address(stored)).status_code == 503
    assert api(bob, acme).get(address(stored, "api/v1/media/{}/content/")).status_code == 503
    with inside(acme), pytest.raises(attachments.MediaRefused, match="in a minute"):
        attachments.store_upload(bob, "a.png", "image/png", PNG)
    with inside(acme):
        assert take_back(bob, stored.pk)
    assert SECRET not in caplog.text


def test_a_file_that_is_lost_is_not_found(
    bucket: Bucket, stored: Attachment, signed_in: Any, api: Any, bob: User, acme: Tenant
) -> None:
    bucket.objects.clear()
    assert signed_in(bob).get(address(stored)).status_code == 404
    assert api(bob, acme).get(address(stored, "api/v1/media/{}/content/")).status_code == 404


def test_the_stores_secret_is_in_no_request(bucket: Bucket, stored: Attachment) -> None:
    sent = [f"{request.url} {request.headers}" for request in bucket.requests]
    assert sent
    assert not any(SECRET in text for text in sent)
