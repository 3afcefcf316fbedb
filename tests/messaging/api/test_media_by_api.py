"""`media/`: uploads, and the bytes given back safely."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from messaging.api.media import Media
from messaging.models import Attachment, MessageSetting
from tenants.models import Tenant

URL = "/t/acme/api/v1/media/"
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture
def admin(api: Any, alice: Any) -> Client:
    return api(alice)


def _upload(client: Client, content: bytes = PNG, name: str = "a.png") -> Any:
    return client.post(URL, {"file": SimpleUploadedFile(name, content, "image/png")})


def _stored(tenant: Tenant, inside: Any, content_type: str, message: Any = None) -> Attachment:
    with inside(tenant):
        attachment = Attachment(
            message=message, content_type=content_type, name="page.html", state="ready", size=4
        )
        attachment.file.save("x", ContentFile(b"<p/>"))
        return attachment


def test_an_upload_is_answered_with_its_metadata_and_bytes(admin) -> None:
    answer = _upload(admin)
    assert answer.status_code == 201
    made = answer.json()
    assert {"id", "url", "content_type", "size"} <= set(made)
    assert (made["content_type"], made["size"]) == ("image/png", len(PNG))
    again = admin.get(f"{URL}{made['id']}/").json()
    assert {**again, "signed_url": ""} == {**made, "signed_url": ""}
    read = admin.get(made["url"], headers={"Accept": "image/*"})
    assert b"".join(read.streaming_content) == PNG
    assert read["Content-Type"] == "image/png"


def test_an_uploaded_picture_goes_out_with_a_message(admin, acme_line: MessageSetting) -> None:
    upload = _upload(admin).json()
    body = {"to": ["+15125550301"], "text": "", "media": [upload["id"]]}
    answer = admin.post("/t/acme/api/v1/messages/", body, content_type="application/json")
    assert answer.status_code == 201
    assert [m["id"] for m in answer.json()["media"]] == [upload["id"]]


def test_sent_individually_each_message_has_the_picture(admin, acme_line: MessageSetting) -> None:
    upload = _upload(admin).json()
    body = {
        "to": ["+15125550301", "+15125550302"],
        "media": [upload["id"]],
        "send_individually": True,
    }
    answer = admin.post("/t/acme/api/v1/messages/", body, content_type="application/json")
    assert answer.status_code == 201
    pictures = [m["media"][0] for m in answer.json()["messages"]]
    assert len({p["id"] for p in pictures}) == 2
    for picture in pictures:
        assert b"".join(admin.get(picture["url"]).streaming_content) == PNG


@pytest.mark.parametrize(
    "form",
    [{}, {"file": "text"}, {"file": SimpleUploadedFile("a.png", b"", "image/png")}],
    ids=["nothing", "no file", "empty"],
)
def test_an_upload_without_a_file_is_a_field_error(admin, form) -> None:
    answer = admin.post(URL, form)
    assert answer.status_code == 400
    assert list(answer.json()) == ["file"]


def test_a_file_that_no_carrier_takes_is_a_field_error(admin) -> None:
    program = SimpleUploadedFile("a.exe", b"MZ\x90\x00" * 50, "application/x-msdownload")
    answer = admin.post(URL, {"file": program})
    assert answer.status_code == 400
    assert list(answer.json()) == ["file"]


def test_an_upload_over_the_limit_is_refused_before_it_is_read(admin, monkeypatch) -> None:
    monkeypatch.setattr(Media, "most_bytes", 100)
    assert _upload(admin, PNG * 10).status_code == 413


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/pdf"])
def test_what_could_carry_script_is_a_download(
    admin, acme, inside, make_message, content_type
) -> None:
    message = make_message(acme, "see this")
    attachment = _stored(acme, inside, content_type, message)
    read = admin.get(f"{URL}{attachment.pk}/content/")
    assert read.status_code == 200
    assert read["Content-Disposition"].startswith("attachment")
    assert read["Content-Type"] == "application/octet-stream"
    assert read["X-Content-Type-Options"] == "nosniff"
    assert read["Content-Security-Policy"].startswith("sandbox")


def test_a_file_that_is_still_fetched_is_not_found(admin, acme, inside, make_message) -> None:
    message = make_message(acme, "see this")
    with inside(acme):
        attachment = Attachment.objects.create(message=message)
    answer = admin.get(f"{URL}{attachment.pk}/content/")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "This file is not available."}


def test_an_upload_is_its_uploader_s_until_sent(admin, api, bob) -> None:
    made = _upload(admin).json()
    assert api(bob).get(f"{URL}{made['id']}/").status_code == 404
    assert api(bob).get(made["url"]).status_code == 404


def test_an_extension_user_reaches_files_of_the_own_threads_only(
    api, bob, acme, inside, make_message
) -> None:
    other = _stored(acme, inside, "image/png", make_message(acme, "x", extension="102"))
    thread = make_message(acme, "y", others=("+15125550301",), extension="101")
    mine = _stored(acme, inside, "image/png", thread)
    assert api(bob).get(f"{URL}{other.pk}/content/").status_code == 404
    assert api(bob).get(f"{URL}{mine.pk}/content/").status_code == 200
