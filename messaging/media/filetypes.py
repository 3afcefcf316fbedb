"""What a file is, by its first bytes: a declared type is a claim, not a fact."""

from __future__ import annotations

import mimetypes

OCTETS = "application/octet-stream"

# The types Bandwidth lists for uploads.
_SENDABLE: dict[str, tuple[str, ...]] = {
    "application": (
        *("json", "ogg", "pdf", "rtf", "zip", "x-tar", "xml", "gzip", "x-bzip2", "x-gzip"),
        *("smil", "javascript"),
    ),
    "audio": ("mp4", "mpeg", "ogg", "flac", "webm", "wav", "amr", "3gpp"),
    "image": (
        *("bmp", "gif", "heic", "heif", "jpeg", "pjpeg", "png", "svg+xml", "tiff", "webp"),
        "x-icon",
    ),
    "text": (
        *("css", "csv", "calendar", "html", "plain", "javascript", "vcard", "vnd.wap.wml"),
        "xml",
    ),
    "video": ("avi", "mp4", "mpeg", "ogg", "quicktime", "webm", "x-ms-wmv", "x-flv"),
}
SENDABLE = frozenset(f"{main}/{sub}" for main, subs in _SENDABLE.items() for sub in subs)
# Text that a browser may show as it is; markup and scripts never count as such.
_HARMLESS_TEXT = frozenset({"text/plain", "text/csv", "text/calendar", "text/vcard"})

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/avi"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\x00\x00\x01\x00", "image/x-icon"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (257, b"ustar", "application/x-tar"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xfa", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-wmv"),
    (0, b"BEGIN:VCARD", "text/vcard"),
    (0, b"BEGIN:VCALENDAR", "text/calendar"),
)
# Containers of sound or pictures alike: the declaration chooses among what the bytes allow.
_EITHER: dict[str, tuple[str, ...]] = {
    "ogg": ("audio/ogg", "video/ogg", "application/ogg"),
    "webm": ("video/webm", "audio/webm"),
    "mp4": ("video/mp4", "audio/mp4", "audio/3gpp"),
}
_BRANDS: dict[bytes, str] = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
}
_SAME = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/vnd.microsoft.icon": "image/x-icon",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "application/x-gzip": "application/gzip",
    "application/x-zip-compressed": "application/zip",
    "text/x-vcard": "text/vcard",
    "video/x-msvideo": "video/avi",
    "video/3gpp": "video/mp4",
}
_SNIFFABLE = frozenset(
    {kind for _, _, kind in _MAGIC}
    | {kind for kinds in _EITHER.values() for kind in kinds}
    | set(_BRANDS.values())
    | {"image/bmp"}
)


def normal(content_type: str) -> str:
    """Reduce a Content-Type to one lower-case name without parameters."""
    name = content_type.partition(";")[0].strip().lower()
    return _SAME.get(name, name)


def sniff(content: bytes, *, declared: str = "") -> str:
    """Recognise the type by the bytes, or return ""."""
    for offset, magic, kind in _MAGIC:
        if content.startswith(magic, offset) and (offset != 8 or content.startswith(b"RIFF")):
            return kind
    # Two letters are weak evidence: the size that follows them must be right as well.
    if content.startswith(b"BM") and int.from_bytes(content[2:6], "little") == len(content):
        return "image/bmp"
    if content.startswith(b"OggS"):
        return _chosen("ogg", declared)
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return _chosen("webm", declared)
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12]) or _chosen("mp4", declared)
    return ""


def _chosen(container: str, declared: str) -> str:
    kinds = _EITHER[container]
    return declared if declared in kinds else kinds[0]


def type_of_inbound(content: bytes, declared: str) -> str:
    """Name the type of a file from outside; what is not certain is just bytes."""
    claim = normal(declared)
    sniffed = sniff(content, declared=claim)
    if sniffed:
        return sniffed
    if claim in _HARMLESS_TEXT and _is_text(content):
        return claim
    return OCTETS


def type_of_upload(content: bytes, declared: str, name: str) -> str:
    """Name the type of a file to be sent, or return "" when its claim and bytes disagree."""
    claim = normal(declared)
    if claim in ("", OCTETS):
        claim = normal(mimetypes.guess_type(name)[0] or "")
    sniffed = sniff(content, declared=claim)
    if claim in _SNIFFABLE or not claim:
        return sniffed
    # Unlisted kinds are often a listed container within, such as documents in a zip file.
    return claim if not sniffed and (not claim.startswith("text/") or _is_text(content)) else ""


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode()
    except UnicodeDecodeError:
        return False
