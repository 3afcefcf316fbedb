"""Taking a webhook body apart without judging its events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.bandwidth.envelope import split_plain
from providers.bandwidth.provider import BandwidthProvider
from providers.bandwidth.webhooks import _split_tolerantly
from providers.errors import WebhookMalformed
from providers.types import InboundMessage, UnknownEvent
from tests.providers.bandwidth.test_contract import WEBHOOKS

split = BandwidthProvider.split_webhook
parse = BandwidthProvider.parse_webhook


def test_an_array_is_split_in_order() -> None:
    items = split((WEBHOOKS / "several.json").read_bytes())
    assert [(item.type, item.message_id, item.recipient) for item in items] == [
        ("message-received", "1750000000100abcdefghijklmnop", "+19195550101"),
        ("message-delivered", "1750000000006abcdefghijklmnop", "+15125550300"),
        ("message-failed", "1750000000007abcdefghijklmnop", "+15125550300"),
    ]
    events = json.loads((WEBHOOKS / "several.json").read_bytes())
    assert [json.loads(item.payload) for item in items] == events


def test_a_bare_object_is_one_event() -> None:
    (item,) = split((WEBHOOKS / "inbound_bare_object.json").read_bytes())
    assert (item.type, item.message_id) == ("message-received", "1589228737852541894")
    assert item.recipient == "+15551234567"


def test_a_toll_free_verification_is_an_event_without_identity() -> None:
    (item,) = split((WEBHOOKS / "toll_free_verification.json").read_bytes())
    assert (item.type, item.message_id, item.recipient) == ("", "", "")


@dataclass(frozen=True)
class Odd:
    label: str
    body: bytes
    identity: tuple[str, str, str] = ("", "", "")


@pytest.mark.parametrize(
    "case",
    [
        Odd("null", b"[null]"),
        Odd("number", b"[1]"),
        Odd("bare string", b'"message-received"'),
        Odd("array in array", b"[[]]"),
        Odd("empty object", b"[{}]"),
        Odd("wrong types", b'[{"type": 1, "to": ["+1"], "message": {"id": {}}}]'),
        Odd("message is text", b'[{"type": "t", "message": "m"}]', ("t", "", "")),
        Odd("byte order mark", b'\xef\xbb\xbf[{"type": "t"}]', ("t", "", "")),
        Odd(
            "NUL and surrogate",
            b'[{"type": "a\\u0000b", "to": "\\ud800", "message": {"id": "x\\udfffy"}}]',
            ("a�b", "x�y", "�"),
        ),
        Odd("long", json.dumps([{"type": "t" * 500}]).encode(), ("t" * 200, "", "")),
        Odd("huge number", b'[{"type": "t", "n": ' + b"9" * 9000 + b"}]", ("t", "", "")),
        Odd("NaN", b'[{"type": "t", "n": [NaN, Infinity, 1e999]}]', ("t", "", "")),
        Odd("emoji pair", b'[{"type": "\\ud83d\\udc4b"}]', ("👋", "", "")),
    ],
    ids=lambda case: case.label,
)
def test_an_odd_event_is_still_an_event(case: Odd) -> None:
    (item,) = split(case.body)
    assert (item.type, item.message_id, item.recipient) == case.identity
    item.payload.decode("ascii")
    json.dumps([item.type, item.message_id, item.recipient], ensure_ascii=False).encode()
    if item.type:
        assert isinstance(parse(item.payload), UnknownEvent)
    else:
        with pytest.raises(WebhookMalformed):
            parse(item.payload)


def test_hostile_text_survives_splitting_and_is_cleaned_by_parsing() -> None:
    event = json.loads((WEBHOOKS / "inbound_sms.json").read_bytes())
    event[0]["message"]["text"] = "a\0b\ud800c 👋"
    (item,) = split(json.dumps(event).encode())
    assert json.loads(item.payload) == event[0]
    message = parse(item.payload)
    assert isinstance(message, InboundMessage)
    assert message.text == "abc 👋"


_words = st.text(max_size=8) | st.sampled_from(["message-received", "+19195550101", "a\0b", ""])
_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_events = st.fixed_dictionaries(
    {},
    optional={
        "type": _words | _anything,
        "to": _words | _anything,
        "message": st.fixed_dictionaries({}, optional={"id": _words | _anything, "text": _words})
        | _anything,
        "extra": _anything,
    },
)


@given(
    body=_events | st.lists(_events | _anything, max_size=3), escaped=st.sampled_from([True, False])
)
@settings(deadline=None, max_examples=300)
def test_the_short_way_finds_the_same_events_as_the_tolerant_one(body: Any, escaped: Any) -> None:
    raw = json.dumps(body, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    plain = split_plain(raw)
    if plain is None:
        return
    tolerant = _split_tolerantly(raw)
    assert [(i.type, i.message_id, i.recipient) for i in plain] == [
        (i.type, i.message_id, i.recipient) for i in tolerant
    ]
    assert [json.loads(i.payload) for i in plain] == [json.loads(i.payload) for i in tolerant]


@given(at=st.integers(0), byte=st.integers(0, 255))
@settings(deadline=None, max_examples=300)
def test_the_short_way_takes_nothing_that_the_tolerant_one_refuses(at: int, byte: int) -> None:
    raw = bytearray((WEBHOOKS / "inbound_sms.json").read_bytes())
    raw[at % len(raw)] = byte
    plain = split_plain(bytes(raw))
    if plain is not None:
        assert [item.message_id for item in _split_tolerantly(bytes(raw))] == [
            item.message_id for item in plain
        ]


def test_the_carriers_own_samples_take_the_short_way() -> None:
    for name in ("inbound_sms", "inbound_group", "delivered", "several", "inbound_bare_object"):
        assert split_plain((WEBHOOKS / f"{name}.json").read_bytes()), name
