"""Parts of a text; the page's counter is held against the same cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.segments import GSM7_BASIC, GSM7_EXTENDED, measure, utf16_units

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "payloads" / "segments.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_text_is_measured_as_carriers_do(case: dict[str, Any]) -> None:
    segments = measure(case["text"])

    assert (segments.encoding, segments.count, segments.characters) == (
        case["encoding"],
        case["count"],
        case["characters"],
    )


def test_alphabet_is_complete_and_has_no_letter_twice() -> None:
    # 128 codes less the escape; the extension table has ten.
    assert len(GSM7_BASIC) == len(set(GSM7_BASIC)) == 127
    assert len(GSM7_EXTENDED) == len(set(GSM7_EXTENDED)) == 10
    assert not set(GSM7_BASIC) & set(GSM7_EXTENDED)


@given(st.text(max_size=700))
def test_parts_are_never_fewer_than_the_length_needs(text: str) -> None:
    segments = measure(text)
    single, part = (160, 153) if segments.encoding == "GSM-7" else (70, 67)

    if segments.characters <= single:
        assert segments.count == (1 if text else 0)
    else:
        assert segments.count >= -(-segments.characters // part)
        # At worst each part ends one unit short.
        assert segments.count <= -(-segments.characters // (part - 1))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=50))
def test_units_are_those_of_utf16(text: str) -> None:
    assert utf16_units(text) == len(text.encode("utf-16-le")) // 2
