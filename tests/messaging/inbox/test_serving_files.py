"""Strangers' files: pictures are shown, everything else is only handed over."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@dataclass(frozen=True)
class File:
    label: str
    content: bytes
    claimed: str
    shown_as: str = ""  # "" = a download


FILES = [
    File("png", PNG, "image/png", "image/png"),
    File("jpeg", b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg", "image/jpeg"),
    File("gif", b"GIF89a" + b"\0" * 20, "image/gif", "image/gif"),
    File("webp", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp", "image/webp"),
    File("png claimed to be a page", PNG, "text/html", "image/png"),
    File("page claimed to be a png", b"<script>alert(1)</script>", "image/png"),
    File("svg", b"<svg onload='alert(1)'/>", "image/svg+xml"),
    File("page", b"<html>", "text/html"),
    File("pdf", b"%PDF-1.4", "application/pdf"),
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.label)
def test_only_a_raster_picture_is_shown(signed_in, bob, say, attach, file) -> None:
    attachment = attach(say("look"), file.content, content_type=file.claimed, name='a"b.x')
    response = signed_in(bob).get(f"/t/acme/inbox/media/{attachment.pk}/")
    assert b"".join(response.streaming_content) == file.content
    assert response["Content-Type"] == (file.shown_as or "application/octet-stream")
    assert response["Content-Disposition"].startswith("inline" if file.shown_as else "attachment")
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"].startswith("private")


def test_a_file_that_is_not_here_yet_is_not_found(signed_in, bob, say, attach) -> None:
    message = say("look")
    attachment = attach(message, state="pending")
    client = signed_in(bob)
    assert client.get(f"/t/acme/inbox/media/{attachment.pk}/").status_code == 404
    page = client.get(f"/t/acme/inbox/{message.conversation_id}/").content.decode()
    assert "being fetched" in page


def test_a_thread_shows_pictures_and_offers_the_rest(signed_in, bob, say, attach) -> None:
    message = say("look")
    picture = attach(message)
    document = attach(message, b"%PDF", content_type="application/pdf", name="<bill>.pdf")
    page = signed_in(bob).get(f"/t/acme/inbox/{message.conversation_id}/").content.decode()
    assert f'<img src="/t/acme/inbox/media/{picture.pk}/"' in page
    assert f'<img src="/t/acme/inbox/media/{document.pk}/"' not in page
    assert "&lt;bill&gt;.pdf" in page
