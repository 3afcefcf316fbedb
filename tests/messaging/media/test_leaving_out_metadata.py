"""Small PNG, WebP and GIF files are sent without what their owner did not mean to send."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageOps, ImageSequence
from PIL.PngImagePlugin import PngInfo

from messaging.media import attachments
from messaging.media.metadata import without_metadata
from tests.messaging.media.photographs import CANARY, GPS, MAKER, ORIENTATION, noise, saved

FRAMES = [noise(24, 16) for _ in range(3)]
XMP = f"<x:xmpmeta>{CANARY}</x:xmpmeta>".encode()


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = orientation, CANARY
    exif.get_ifd(GPS)[2] = (35.0, 59.0, 38.0)
    return exif


def _words() -> PngInfo:
    words = PngInfo()
    words.add_text("Author", CANARY)
    words.add_text("Comment", CANARY, zip=False)
    words.add_itxt("XML:com.adobe.xmp", CANARY)
    words.add(b"tIME", CANARY.encode())
    words.add(b"prVt", CANARY.encode(), after_idat=True)
    return words


def _gif(**options: Any) -> bytes:
    content = saved(FRAMES[0].convert("P"), "GIF", comment=CANARY.encode(), **options)
    # As Photoshop writes it: the text itself is taken for blocks, and its tail ends them.
    xmp = b"\x21\xff\x0bXMP DataXMP" + XMP + bytes([1, *range(255, -1, -1), 0])
    return content[:-1] + xmp + b"\x3b"


ANIMATED: dict[str, Any] = {
    "save_all": True, "append_images": FRAMES[1:], "duration": 120, "loop": 2,
}  # fmt: skip
PALETTE = [frame.convert("P") for frame in FRAMES]
FILES: dict[str, Callable[[int], bytes]] = {
    "png": lambda o: saved(FRAMES[0], "PNG", exif=_exif(o), pnginfo=_words()),
    "png with transparency": lambda o: saved(
        PALETTE[0], "PNG", exif=_exif(o), pnginfo=_words(), transparency=3, dpi=(72, 72)
    ),
    "moving png": lambda o: saved(FRAMES[0], "PNG", exif=_exif(o), pnginfo=_words(), **ANIMATED),
    "webp": lambda o: saved(FRAMES[0], "WEBP", exif=_exif(o), xmp=XMP),
    "webp without loss": lambda o: saved(
        FRAMES[0].convert("RGBA"), "WEBP", exif=_exif(o), xmp=XMP, lossless=True
    ),
    "moving webp": lambda o: saved(FRAMES[0], "WEBP", exif=_exif(o), xmp=XMP, **ANIMATED),
    "gif": lambda _: _gif(),
    "moving gif": lambda _: _gif(**{**ANIMATED, "append_images": PALETTE[1:]}),
}


def _shown(content: bytes) -> list[tuple[Any, ...]]:
    """Return each frame as a viewer shows it, upright, and for how long."""
    with Image.open(BytesIO(content)) as image:
        loop, orientation = image.info.get("loop"), image.getexif().get(ORIENTATION, 1)
        frames = []
        for frame in ImageSequence.Iterator(image):
            drawn = frame.convert("RGBA")
            drawn.getexif()[ORIENTATION] = orientation
            upright = ImageOps.exif_transpose(drawn)
            assert upright is not None
            frames.append((loop, frame.info.get("duration"), upright.size, upright.tobytes()))
        return frames


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_the_picture_stays_and_its_story_goes(
    make: Callable[[int], bytes], orientation: int
) -> None:
    content = make(orientation)
    assert CANARY.encode() in content

    bare = without_metadata(content)

    assert CANARY.encode() not in bare
    assert _shown(bare) == _shown(content)
    with Image.open(BytesIO(bare)) as image:
        assert set(image.getexif()) <= {ORIENTATION}
    assert without_metadata(bare) == bare


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_a_file_that_breaks_off_is_left_alone(make: Callable[[int], bytes]) -> None:
    content = make(6)
    for end in range(0, len(content) // 2, 7):
        assert without_metadata(content[:end]) == content[:end]


@pytest.mark.parametrize(
    ("name", "make"),
    [("a.png", FILES["png"]), ("a.webp", FILES["webp"]), ("a.gif", FILES["gif"])],
    ids=["png", "webp", "gif"],
)
def test_what_is_uploaded_is_kept_without(
    name: str, make: Callable[[int], bytes], acme: Any, bob: Any, inside: Any
) -> None:
    with inside(acme):
        attachment = attachments.store_upload(bob, name, "", make(6))
    stored = attachment.file.read()
    assert CANARY.encode() not in stored
    assert attachment.size == len(stored)
