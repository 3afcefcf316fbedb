"""Pictures larger than a carrier takes, pictures that attack, and what pictures give away."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO

import pytest
from PIL import Image

from messaging.media import attachments
from messaging.media.metadata import without_metadata
from messaging.media.pictures import CannotShrink, shrink
from messaging.models import Attachment
from tenants.models import Tenant, User
from tests.messaging.media.photographs import (
    CANARY,
    ORIENTATION,
    bomb,
    noise,
    padded,
    photograph,
    saved,
    taken_by_a_phone,
)

Inside = Callable[[Tenant], AbstractContextManager[None]]
RGB = noise(1200, 900)


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


@pytest.mark.parametrize("limit", [1_000_000, 525_000, 100_000, 20_000])
def test_a_picture_is_brought_to_the_limit(limit: int) -> None:
    picture = shrink(photograph(), limit=limit)

    assert len(picture.content) <= limit
    assert opened(picture.content).size == (picture.width, picture.height)
    # Upright, as the phone was held: 2400 x 1800 on its side.
    assert picture.height > picture.width


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK", "1"])
def test_every_kind_and_mode_becomes_a_jpeg(kind: str, mode: str) -> None:
    impossible = {("JPEG", "RGBA"), ("JPEG", "P"), ("BMP", "RGBA"), ("BMP", "CMYK")}
    if (kind, mode) in impossible | {("PNG", "CMYK"), ("WEBP", "CMYK")}:
        mode = "RGB"
    picture = shrink(saved(RGB.convert(mode), kind), limit=60_000)

    assert opened(picture.content).format == "JPEG"
    assert len(picture.content) <= 60_000


def test_what_is_transparent_becomes_white() -> None:
    clear = Image.new("RGBA", (600, 400), (255, 0, 0, 0))
    picture = shrink(saved(clear, "PNG"), limit=60_000)

    assert opened(picture.content).convert("RGB").getpixel((10, 10)) == (255, 255, 255)


def test_what_the_phone_wrote_into_it_is_left_out() -> None:
    picture = shrink(photograph(), limit=1_000_000)

    assert CANARY.encode() not in picture.content
    assert dict(opened(picture.content).getexif()) == {}


def moving(kind: str) -> bytes:
    frames = [noise(200, 200) for _ in range(3)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (moving("WEBP"), "moves"),
        (moving("PNG"), "moves"),
        (moving("GIF"), "damaged"),  # not among what is read
        (b"", "damaged"),
        (b"<svg onload='alert(1)'/>", "damaged"),
        (b"%PDF-1.7", "damaged"),
        (saved(RGB, "JPEG")[:4000], "damaged"),
        (saved(RGB, "PNG")[:-5000], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "damaged"),
        (bomb(60_000, 60_000), "too many pixels"),
        (bomb(12_000, 12_000), "too many pixels"),
        (bomb(8_000, 6_000), "too many pixels"),
        (bomb(1_000, 1_000), "damaged"),  # promises more than it holds
        (saved(noise(64, 64), "TIFF"), "damaged"),
    ],
    ids=[
        *("webp", "apng", "gif", "nothing", "svg", "pdf", "cut jpeg", "cut png", "only a head"),
        *("3.6 gigapixels", "144 megapixels", "48 megapixels", "a liar", "tiff"),
    ],
)
def test_what_cannot_be_made_smaller_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(CannotShrink, match=words):
        shrink(content, limit=1000)


def test_a_limit_nothing_fits_is_refused() -> None:
    with pytest.raises(CannotShrink, match="small enough"):
        shrink(saved(RGB, "JPEG"), limit=500)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_picture_that_fits_keeps_its_pixels_and_loses_its_place(orientation: int) -> None:
    content = taken_by_a_phone(RGB, orientation=orientation, quality=80, comment=b"Canary-Phone")
    bare = without_metadata(content)

    assert CANARY.encode() in content
    assert CANARY.encode() not in bare
    assert opened(bare).tobytes() == opened(content).tobytes()
    kept = {ORIENTATION: orientation} if orientation != 1 else {}
    assert dict(opened(bare).getexif()) == kept


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0 jpeg",
        b"\xff\xd8\xff\xe1\xff\xff",
        b"x",
    ],
)
def test_what_is_no_whole_jpeg_is_left_alone(content: bytes) -> None:
    assert without_metadata(content) == content


@pytest.fixture
def upload(acme: Tenant, inside: Inside, bob: User) -> Callable[[str, str, bytes], Attachment]:
    def store(name: str, declared: str, content: bytes) -> Attachment:
        with inside(acme):
            return attachments.store_upload(bob, name, declared, content)

    return store


def test_a_photograph_is_taken_smaller_and_its_owner_told(upload) -> None:
    content = photograph()
    attachment = upload("IMG_1.PNG", "image/jpeg", content)

    assert attachment.size <= 1_000_000
    assert attachment.size == len(attachment.file.read())
    assert (attachment.name, attachment.content_type) == ("IMG_1.jpg", "image/jpeg")
    assert attachment.notice == f"Made smaller to fit, from {len(content) / 1e6:.1f} MB."


def test_a_picture_that_fits_is_left_as_it_is(upload) -> None:
    content = saved(RGB, "PNG")
    attachment = upload("a.png", "image/png", content)

    assert attachment.file.read() == content
    assert attachment.notice == ""


def test_where_a_small_photograph_was_taken_is_not_sent(upload) -> None:
    attachment = upload("a.jpg", "image/jpeg", taken_by_a_phone(RGB, quality=60))

    assert CANARY.encode() not in attachment.file.read()
    assert attachment.notice == ""


@pytest.mark.parametrize(
    ("name", "declared", "content", "words"),
    [
        ("a.gif", "image/gif", padded(b"GIF89a", 3_500_001), "Save it as JPEG"),
        ("a.heic", "image/heic", padded(b"\0\0\0\x18ftypheic", 3_500_001), "Save it as JPEG"),
        ("a.mp4", "video/mp4", padded(b"\0\0\0\x18ftypmp42", 3_500_001), "3.5 MB"),
        ("a.pdf", "application/pdf", padded(b"%PDF-1.7", 3_500_001), "3.5 MB"),
        ("a.webp", "image/webp", padded(moving("WEBP"), 3_500_001), "moves"),
        ("a.png", "image/png", padded(bomb(60_000, 60_000), 3_500_001), "too many pixels"),
        ("a.jpg", "image/jpeg", padded(saved(RGB, "JPEG"), 20_000_001), "20 MB"),
    ],
    ids=["gif", "heic", "video", "document", "moving", "bomb", "20 MB"],
)
def test_what_is_too_large_is_refused_with_a_sentence(
    upload, acme: Tenant, inside: Inside, name: str, declared: str, content: bytes, words: str
) -> None:
    with pytest.raises(attachments.MediaRefused) as refusal:
        upload(name, declared, content)
    assert words in refusal.value.text
    assert name in refusal.value.text
    with inside(acme):
        assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("name", "declared", "content"),
    [
        ("a.mp4", "video/mp4", padded(b"\0\0\0\x18ftypmp42", 3_500_000)),
        ("a.gif", "image/gif", padded(b"GIF89a", 3_500_000)),
        ("a.png", "image/png", padded(saved(noise(64, 64), "PNG"), 3_500_000)),
    ],
    ids=["video", "gif", "picture"],
)
def test_what_just_fits_is_taken(upload, name: str, declared: str, content: bytes) -> None:
    assert upload(name, declared, content).size == 3_500_000
