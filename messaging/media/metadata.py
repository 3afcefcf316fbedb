"""Leaving out of pictures where, when and by whom they were taken; the pixels stay bit for bit.

Kept is what tells how to draw: colours, transparency, frames, and which way is up; and what
follows the picture, which is no part of it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final
from zlib import crc32

from PIL import Image

_ORIENTATION = 0x0112
_EXIF = b"Exif\x00\x00"

_SOI = b"\xff\xd8"
_LEFT_OUT = frozenset({0xE1, 0xED, 0xFE})  # Exif and XMP, Photoshop's notes, comments

_PNG = b"\x89PNG\r\n\x1a\n"
# All others but the critical ones may hold anything; those that moving pictures need are here.
_DRAWN = frozenset(
    b"tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD hIST sPLT pHYs acTL fcTL fdAT".split()
)

_WEBP_DRAWN = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04  # flags that say what follows

_GIF_EXTENSION, _GIF_IMAGE, _GIF_END = 0x21, 0x2C, 0x3B
_GIF_COMMENT, _GIF_APPLICATION = 0xFE, 0xFF
_GIF_DRAWN = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"})  # loops, and colours


class _Broken(Exception):
    """The file is not as its kind should be."""


def without_metadata(content: bytes) -> bytes:
    """Return a JPEG, PNG, WebP or GIF without metadata.

    What is none of these, or not well-formed, is returned as it is.
    """
    kind = content[:4] + content[8:12] if content.startswith(b"RIFF") else content[:4]
    try:
        for start, clean in _KINDS:
            if kind.startswith(start):
                return clean(content)
    except (_Broken, IndexError):
        return content
    return content


def _jpeg(content: bytes) -> bytes:
    kept = [_SOI]
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xDA:  # from here on it is the picture itself
            return b"".join([*kept, content[place:]])
        if not 0xC0 <= marker <= 0xFE or 0xD0 <= marker <= 0xD9:
            raise _Broken
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4])
        segment = content[place:end]
        if marker not in _LEFT_OUT:
            kept.append(segment)
        elif segment[4:10] == _EXIF and (tiff := _only_orientation(segment[10:])):
            body = _EXIF + tiff
            kept.append(b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body)
        place = end
    raise _Broken


def _png(content: bytes) -> bytes:
    kept = [_PNG]
    place = len(_PNG)
    while place + 12 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4])
        name = content[place + 4 : place + 8]
        if end > len(content):
            break
        if name == b"eXIf":
            kept += _png_chunks(name, _only_orientation(content[place + 8 : end - 4]))
        elif name in _DRAWN or name[:1].isupper():
            kept.append(content[place:end])
        if name == b"IEND":
            return b"".join([*kept, content[end:]])
        place = end
    raise _Broken


def _png_chunks(name: bytes, body: bytes) -> Iterator[bytes]:
    if body:
        yield len(body).to_bytes(4) + name + body + crc32(name + body).to_bytes(4)


def _webp(content: bytes) -> bytes:
    whole = 8 + int.from_bytes(content[4:8], "little")
    kept: list[bytes] = []
    place, tiff = 12, b""
    while place + 8 <= min(whole, len(content)):
        name = content[place : place + 4]
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        body = content[place + 8 : place + 8 + size]
        if len(body) < size:
            raise _Broken
        if name in _WEBP_DRAWN:
            kept.append(_webp_chunk(name, body))
        elif name == b"EXIF" and not tiff:
            tiff = _only_orientation(body.removeprefix(_EXIF))
        place += 8 + size + size % 2
    if not kept or whole > len(content) + 1:
        raise _Broken
    if kept[0].startswith(b"VP8X"):
        flags = kept[0][8] & ~(_WEBP_EXIF | _WEBP_XMP) | (_WEBP_EXIF if tiff else 0)
        kept[0] = kept[0][:8] + bytes([flags]) + kept[0][9:]
        kept += [_webp_chunk(b"EXIF", tiff)] if tiff else []
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body + content[whole:]


def _webp_chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def _gif(content: bytes) -> bytes:
    place = 13 + _gif_colours(content[10])
    kept = [content[:place]]
    while content[place] != _GIF_END:
        start = place
        if content[place] == _GIF_IMAGE:
            place = _gif_end(content, place + 11 + _gif_colours(content[place + 9]))
            kept.append(content[start:place])
        elif content[place] == _GIF_EXTENSION:
            label, name = content[place + 1], content[place + 3 : place + 14]
            place = _gif_end(content, place + 2)
            is_drawn = label != _GIF_APPLICATION or name in _GIF_DRAWN
            if label != _GIF_COMMENT and is_drawn:
                kept.append(content[start:place])
        else:
            raise _Broken
    return b"".join([*kept, content[place:]])


def _gif_colours(packed: int) -> int:
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _gif_end(content: bytes, place: int) -> int:
    """Find the end of a row of blocks, each with its size before it; an empty one is the last."""
    while size := content[place]:
        place += 1 + size
    return place + 1


def _only_orientation(tiff: bytes) -> bytes:
    """Build what Exif needs to tell which way is up, or nothing when that is plain."""
    exif = Image.Exif()
    try:
        exif.load(_EXIF + tiff)
        orientation = exif.get(_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, IndexError, KeyError, struct.error):
        return b""
    if orientation not in range(2, 9):
        return b""
    told = Image.Exif()
    told[_ORIENTATION] = orientation
    return told.tobytes().removeprefix(_EXIF)


# By the first four bytes, and of a RIFF file by those after its size.
_KINDS: Final[tuple[tuple[bytes, Callable[[bytes], bytes]], ...]] = (
    (_SOI, _jpeg),
    (_PNG[:4], _png),
    (b"RIFFWEBP", _webp),
    (b"GIF8", _gif),
)
