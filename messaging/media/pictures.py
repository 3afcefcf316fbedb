"""Making pictures small enough for a carrier."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

# What is drawn from plain pixels, and read without running anything.
SHRINKABLE = frozenset({"image/jpeg", "image/png", "image/webp", "image/bmp"})
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
_JPEG = ("JPEG", "MPO")  # some phones put several pictures into one; the first is meant
# A JPEG is read at a fraction of its size, all others as a whole.
_MOST_PIXELS_OF_A_JPEG = 120_000_000
_MOST_PIXELS = 40_000_000
_EDGES = (2048, 1600, 1280, 1024, 800, 640, 480, 320)
_QUALITIES = (85, 70)
# Averaging whole pixels is quick; the last step down to an edge is the fine one.
_GAP = 1.5
_STRIP = 256

# Pillow's own second line against bombs, judged by a file's head: twice as much is never opened.
Image.MAX_IMAGE_PIXELS = _MOST_PIXELS_OF_A_JPEG
# Each takes up to 320 MB while it works; the web process has many threads.
_AT_ONCE = threading.BoundedSemaphore(2)


class CannotShrink(ValueError):
    """The picture stays as it is; the message ends a sentence that begins with its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Picture made smaller."""

    content: bytes
    content_type: str
    width: int
    height: int


def shrink(content: bytes, *, limit: int) -> Picture:
    """Make a JPEG of at most `limit` bytes of it, upright and without metadata.

    Raises CannotShrink.
    """
    try:
        with _AT_ONCE, Image.open(BytesIO(content), formats=_FORMATS) as image:
            return _shrunk(image, limit)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, IndexError) as error:
        if isinstance(error, CannotShrink):
            raise
        raise CannotShrink("is damaged and could not be made smaller") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CannotShrink("has too many pixels to be made smaller here") from error


def _shrunk(image: Image.Image, limit: int) -> Picture:
    _check(image)
    image.draft("RGB", (_EDGES[0], _EDGES[0]))
    flat = ImageOps.exif_transpose(_flat(image))
    for size, content in _tries(flat):
        if len(content) <= limit:
            width, height = size
            return Picture(content=content, content_type="image/jpeg", width=width, height=height)
    raise CannotShrink("could not be made small enough")


def _check(image: Image.Image) -> None:
    if getattr(image, "is_animated", False) and image.format not in _JPEG:
        raise CannotShrink("moves, so it cannot be made smaller")
    # A progressive JPEG is held in memory whole, whatever size is asked for.
    is_partial = image.format in _JPEG and not image.info.get("progressive")
    if image.width * image.height > (_MOST_PIXELS_OF_A_JPEG if is_partial else _MOST_PIXELS):
        raise CannotShrink("has too many pixels to be made smaller here")


def _flat(image: Image.Image) -> Image.Image:
    """Lay it on white, for JPEG knows no transparency, and bring it to the largest edge.

    Strip by strip: as a whole, each change of a large picture would hold one more copy of it.
    """
    step = max(1, int(max(image.size) / (_EDGES[0] * _GAP)))
    flat = image
    if step > 1 or image.mode != "RGB" or image.has_transparency_data:
        flat = Image.new("RGB", (-(-image.width // step), -(-image.height // step)))
        for top in range(0, image.height, _STRIP * step):
            end = min(top + _STRIP * step, image.height)
            strip = _on_white(image.crop((0, top, image.width, end)))
            flat.paste(strip.reduce(step) if step > 1 else strip, (0, top // step))
        flat.info = image.info.copy()  # tells which way is up
    flat.thumbnail((_EDGES[0], _EDGES[0]), Image.Resampling.LANCZOS)
    return flat


def _on_white(strip: Image.Image) -> Image.Image:
    if not strip.has_transparency_data:
        return strip.convert("RGB")
    layered = strip.convert("RGBA")
    ground = Image.new("RGB", layered.size, "white")
    ground.paste(layered, mask=layered.getchannel("A"))
    return ground


def _tries(image: Image.Image) -> Iterator[tuple[tuple[int, int], bytes]]:
    tried: set[tuple[int, int]] = set()
    for edge in _EDGES:
        smaller = image.copy()
        smaller.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=2.0)
        if smaller.size in tried:
            continue
        tried.add(smaller.size)
        for quality in _QUALITIES:
            target = BytesIO()
            smaller.save(target, "JPEG", quality=quality)
            yield smaller.size, target.getvalue()
