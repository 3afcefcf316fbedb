"""Pictures as phones take them, and as nobody should."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from io import BytesIO
from typing import Any

from PIL import Image

ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825
CANARY = "Canary-Phone"


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Make what hardly compresses."""
    return Image.effect_noise((width, height), 90).convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def taken_by_a_phone(image: Image.Image, *, orientation: int = 6, **options: Any) -> bytes:
    """Save a JPEG that knows who took it, where, and which way is up."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKER] = CANARY
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (35.0, 59.0, 38.0)
    return saved(image, "JPEG", exif=exif, **options)


@lru_cache
def photograph(*, orientation: int = 6) -> bytes:
    """Make a JPEG of more than 3.5 MB, lying on its side."""
    content = taken_by_a_phone(noise(2400, 1800), orientation=orientation, quality=98)
    assert len(content) > 3_500_000
    return content


def padded(content: bytes, size: int) -> bytes:
    """Lengthen a picture by what viewers skip."""
    return content + b"\0" * (size - len(content))


def bomb(width: int, height: int) -> bytes:
    """Make a PNG whose head promises more pixels than anybody could hold."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
