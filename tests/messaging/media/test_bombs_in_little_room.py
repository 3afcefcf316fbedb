"""Pictures that are small as files and enormous as pictures, where memory is short."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from messaging.media.pictures import SHRINKABLE
from tests.messaging.media.photographs import bomb, noise, saved

# What Python and Pillow take, and the 320 MB that a picture may have, see messaging.media.pictures.
ROOM_MB = 640
# Shrinks each file in its own turn; a MemoryError ends the process.
CHILD = f"""
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({ROOM_MB} << 20, {ROOM_MB} << 20))
from messaging.media.metadata import without_metadata
from messaging.media.pictures import CannotShrink, shrink
ended = {{}}
for path in sys.argv[1:]:
    content = open(path, "rb").read()
    without_metadata(content)  # which leaves some bombs out: here each is met
    try:
        made = shrink(content, limit=1_000_000)
        ended[path] = f"{{made.width}}x{{made.height}}"
    except CannotShrink as refusal:
        ended[path] = str(refusal)
    # Of this program: getrusage begins with what the one that started it took at most.
    most = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
    assert int(most[1]) < {ROOM_MB} << 10, path
print(json.dumps(ended))
"""


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _with_chunk(kind: bytes, body: bytes) -> bytes:
    """Put a chunk before the pixels of a small PNG."""
    small = saved(noise(20, 20), "PNG")
    return small[:33] + _chunk(kind, body) + small[33:]


def _frames(kind: str, count: int, size: tuple[int, int]) -> bytes:
    frames = [Image.new("L", size, shade % 2 * 255) for shade in range(count)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


def _webp_of(width: int, height: int) -> bytes:
    """Begin an animated WebP on a canvas of this size; its frame is one point."""
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    head = b"VP8X" + struct.pack("<I", 10) + b"\x02\x00\x00\x00" + size
    anim = b"ANIM" + struct.pack("<I", 6) + b"\x00" * 6
    point = saved(Image.new("RGB", (1, 1)), "WEBP", lossless=True)[12:]
    frame = b"\x00" * 6 + b"\x00" * 6 + b"\x01\x00\x00\x00" + point
    body = b"WEBP" + head + anim + b"ANMF" + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _real_png(width: int, height: int, mode: str) -> bytes:
    return saved(Image.new(mode, (width, height)), "PNG", compress_level=1)


def _jpeg_of(width: int, height: int) -> bytes:
    """Let a small JPEG say that it is of this size."""
    small = saved(noise(16, 16), "JPEG")
    place = small.index(b"\xff\xc0") + 5
    return small[:place] + struct.pack(">HH", height, width) + small[place + 4 :]


def _bmp_of(width: int, height: int) -> bytes:
    small = saved(noise(16, 16), "BMP")
    return small[:18] + struct.pack("<ii", width, height) + small[26:]


def test_no_picture_exhausts_the_memory(tmp_path: Path) -> None:
    zeros = zlib.compress(b"\0" * 70_000_000, 1)
    bombs = {
        "50,000 x 50,000": bomb(50_000, 50_000),
        "the most that a PNG can say": bomb(2**31 - 1, 2**31 - 1),
        "one line of two thousand million": bomb(2**31 - 1, 1),
        "the most pixels that are read, with four colours": _real_png(6_300, 6_300, "RGBA"),
        "the same in black and white": _real_png(6_300, 6_300, "1"),
        "too many pixels, all of them there": _real_png(7_000, 7_000, "1"),
        "a text of 70 MB": _with_chunk(b"zTXt", b"x\0\0" + zeros),
        "a colour profile of 70 MB": _with_chunk(b"iCCP", b"x\0\0" + zeros),
        "a moving PNG": _frames("PNG", 40, (64, 64)),
        "a moving WebP": _frames("WEBP", 40, (64, 64)),
        "a WebP of 16,383 x 16,383": _webp_of(16_383, 16_383),
        "a JPEG of 65,000 x 65,000": _jpeg_of(65_000, 65_000),
        "a JPEG that promises 100 million": _jpeg_of(10_000, 10_000),
        "a BMP of 30,000 x 30,000": _bmp_of(30_000, 30_000),
        "a GIF of many frames": _frames("GIF", 40, (64, 64)),
        "a TIFF": saved(noise(16, 16), "TIFF"),
    }  # fmt: skip
    paths = {}
    for place, (name, content) in enumerate(bombs.items()):
        path = tmp_path / str(place)
        path.write_bytes(content)
        paths[str(path)] = name

    done = subprocess.run(
        [sys.executable, "-c", CHILD, *paths], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-1000:]
    ended = {paths[path]: end for path, end in json.loads(done.stdout).items()}
    assert {name for name, end in ended.items() if "x" in end and end[0].isdigit()} == {
        "the most pixels that are read, with four colours",
        "the same in black and white",
        "a JPEG that promises 100 million",  # read at an eighth of its size
    }


@pytest.mark.parametrize("kind", ["image/gif", "image/tiff", "image/heic", "image/svg+xml"])
def test_what_many_frames_or_a_program_draw_is_never_opened(kind: str) -> None:
    assert kind not in SHRINKABLE
