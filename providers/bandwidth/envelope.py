"""Reading no more of a webhook than its events' identity, where it is as plain as documented.

What is not (an odd type, an escape nobody writes, an event without an id) is left to the tolerant
reader, which finds the same identity at several times the cost.
"""

from __future__ import annotations

import re

import msgspec

from providers.types import MOST_EVENTS, WebhookItem

IDENTITY_LIMIT = 200
# What Python's reader takes depends on how deep in calls it stands itself, and so on the door.
DEPTH_LIMIT = 100

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NEST = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b"[]"))


class _Message(msgspec.Struct, gc=False):
    id: str


class _Envelope(msgspec.Struct, gc=False):
    message: _Message
    type: str = ""
    to: str = ""


_array = msgspec.json.Decoder(list[_Envelope])
_bare = msgspec.json.Decoder(_Envelope)
_parts = msgspec.json.Decoder(list[msgspec.Raw])


def split_plain(body: bytes) -> list[WebhookItem] | None:
    """Return the events with their text as received, or None where the body is not plain."""
    try:
        if not body.isascii():
            body.decode()  # msgspec takes broken UTF-8 in what it skips
        if body.startswith(b"{"):
            envelopes, payloads = [_bare.decode(body)], [body]
        else:
            envelopes = _array.decode(body)
            payloads = _payloads(body, len(envelopes))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not all(map(_is_plain, envelopes)):
        return None
    wanted = slice(MOST_EVENTS + 1)
    return [
        WebhookItem(
            type=envelope.type,
            message_id=envelope.message.id,
            recipient=envelope.to,
            payload=payload,
        )
        for envelope, payload in zip(envelopes[wanted], payloads[wanted], strict=True)
    ]


def is_too_deep(body: bytes) -> bool:
    """Tell whether anything in it is nested deeper than DEPTH_LIMIT; exact where it is JSON."""
    if body.count(b"[") + body.count(b"{") <= DEPTH_LIMIT:
        return False
    nests = _STRING.sub(b"", body).translate(_NEST).translate(None, _OTHERS)
    # Each time the innermost go: so often as it is deep.
    for _ in range(DEPTH_LIMIT):
        outer = nests.replace(b"[]", b"")
        if len(outer) == len(nests):
            return False  # all gone, or no JSON
        nests = outer
    return bool(nests)


def _payloads(body: bytes, count: int) -> list[bytes]:
    if count == 1:  # an array of one is its event in brackets
        return [body.strip()[1:-1].strip()]
    return [bytes(part) for part in _parts.decode(body)]


def _is_plain(envelope: _Envelope) -> bool:
    """Tell whether the tolerant reader would take the identity as it is."""
    identity = (envelope.type, envelope.message.id, envelope.to)
    return (
        bool(envelope.message.id)
        and max(map(len, identity)) <= IDENTITY_LIMIT
        and "\0" not in "".join(identity)
    )
