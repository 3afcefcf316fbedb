"""What a file is told by its bytes, whatever it is called; and nothing of it runs in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tenants.utils import tenant_context

from messaging.media.filetypes import type_of_inbound
from messaging.models import Attachment
from tenants.models import Tenant, User
from tests.messaging.media.photographs import noise, saved

SCRIPT = b"<script>alert(1)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
GIF_AND_SCRIPT = b"GIF89a/*\x01\x00\x01\x00\x00\x00\x00*/=1;alert(1)//" + SCRIPT
JPEG_AND_PAGE = b"\xff\xd8\xff\xfe\x00\x20<html>" + SCRIPT + b"*/"
PDF_AND_PAGE = b"%PDF-1.4\n" + SCRIPT
ZIP_AND_PNG = saved(noise(8, 8), "PNG") + b"PK\x03\x04" + SCRIPT
PAGE_IN_WEBP = b"RIFF\x20\x00\x00\x00WEBP" + SCRIPT
REFUSED = ""
OCTETS = "application/octet-stream"

# Bytes, name and claim; as what an upload is taken, and as what a file from outside is kept.
FILES = [
    pytest.param(SVG, "x.png", "image/png", REFUSED, OCTETS, id="SVG that claims to be a PNG"),
    pytest.param(SVG, "x.svg", "image/svg+xml", "image/svg+xml", OCTETS, id="SVG"),
    pytest.param(SCRIPT, "x.gif", "image/gif", REFUSED, OCTETS, id="script called a GIF"),
    pytest.param(SCRIPT, "x.jpg", "", REFUSED, OCTETS, id="script, by its ending a JPEG"),
    pytest.param(SCRIPT, "x.html", "text/html", "text/html", OCTETS, id="page"),
    pytest.param(SCRIPT, "x.txt", "text/plain", "text/plain", "text/plain", id="page as text"),
    pytest.param(
        GIF_AND_SCRIPT, "x.js", "text/javascript", REFUSED, "image/gif", id="GIF and script"
    ),
    pytest.param(
        GIF_AND_SCRIPT, "x.gif", "image/gif", "image/gif", "image/gif", id="script in a GIF"
    ),
    pytest.param(JPEG_AND_PAGE, "x.html", "text/html", REFUSED, "image/jpeg", id="JPEG and page"),
    pytest.param(
        PDF_AND_PAGE, "x.html", "text/html", REFUSED, "application/pdf", id="PDF and page"
    ),
    pytest.param(
        PDF_AND_PAGE,
        "x.png",
        "image/png",
        "application/pdf",
        "application/pdf",
        id="PDF called PNG",
    ),
    pytest.param(
        ZIP_AND_PNG, "x.png", "image/png", "image/png", "image/png", id="archive in a PNG"
    ),
    pytest.param(PAGE_IN_WEBP, "x.html", "text/html", REFUSED, "image/webp", id="page in a WebP"),
    pytest.param(b"MZ\x90\x00", "x.jpg", "image/jpeg", REFUSED, OCTETS, id="program called JPEG"),
    pytest.param(b"MZ\x90\x00", "x.exe", "application/x-msdownload", REFUSED, OCTETS, id="program"),
]
SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp"}


@pytest.mark.parametrize(("content", "name", "claim", "sent_as", "kept_as"), FILES)
def test_a_file_is_what_its_bytes_are(
    content: bytes,
    name: str,
    claim: str,
    sent_as: str,
    kept_as: str,
    acme: Tenant,
    bob: User,
    signed_in: Any,
) -> None:
    assert type_of_inbound(content, claim) == kept_as

    client = signed_in(bob)
    file = SimpleUploadedFile(name, content, content_type=claim)
    taken = client.post("/t/acme/inbox/upload/", {"files": [file]})

    with tenant_context(acme):
        uploads = list(Attachment.objects.all())
    assert [upload.content_type for upload in uploads] == ([sent_as] if sent_as else [])
    assert taken.status_code == (200 if sent_as else 422)
    for upload in uploads:
        answer = client.get(f"/t/acme/inbox/media/{upload.pk}/")
        assert answer.getvalue() == content
        told = answer["Content-Type"]
        assert told in SHOWN or (told == OCTETS and "attachment" in answer["Content-Disposition"])
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
