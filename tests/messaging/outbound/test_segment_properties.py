"""Any text at all: parts that could be sent, the fewest of them, and the same on the page."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.segments import GSM7_BASIC, GSM7_EXTENDED, measure

SCRIPT = Path(__file__).resolve().parents[3] / "static/inbox/segments.js"
NODE = shutil.which("node")

WHOLE = st.characters(exclude_categories=["Cs"])
PLAIN = st.text(alphabet=GSM7_BASIC + GSM7_EXTENDED * 3, max_size=700)
EMOJI = st.text(alphabet="🦷😀a é…", max_size=400)
ANY = st.one_of(PLAIN, EMOJI, st.text(alphabet=WHOLE, max_size=400))

ESCAPE = 0x1B


def encoded(text: str) -> tuple[list[bytes], int, int]:
    """Encode as a handset would: each character's units, and the units of one part and of many."""
    if all(c in GSM7_BASIC or c in GSM7_EXTENDED for c in text):
        # The escape has a place of its own among the codes.
        table = {c: bytes([i + (i >= ESCAPE)]) for i, c in enumerate(GSM7_BASIC)}
        table |= {c: bytes([ESCAPE, i]) for i, c in enumerate(GSM7_EXTENDED)}
        return [table[c] for c in text], 160, 153
    return [c.encode("utf-16-be") for c in text], 140, 134


def parts_of(text: str) -> list[bytes]:
    """Fill part after part, never cutting a character in two."""
    units, single, part = encoded(text)
    whole = b"".join(units)
    if len(whole) <= single:
        return [whole] if whole else []
    parts = [b""]
    for unit in units:
        if len(parts[-1]) + len(unit) > part:
            parts.append(b"")
        parts[-1] += unit
    return parts


@given(ANY)
def test_as_many_parts_are_counted_as_a_handset_would_send(text: str) -> None:
    parts = parts_of(text)
    assert measure(text).count == len(parts)
    if measure(text).encoding == "UCS-2":
        # Each part can be read alone: no half of a surrogate pair at its ends.
        assert "".join(part.decode("utf-16-be") for part in parts) == text
    else:
        assert not any(part.endswith(bytes([ESCAPE])) for part in parts)


@given(ANY, ANY)
def test_more_text_is_never_fewer_parts(text: str, more: str) -> None:
    assert measure(text + more).count >= measure(text).count


@given(ANY)
def test_no_way_to_cut_the_text_needs_fewer_parts(text: str) -> None:
    units, single, part = encoded(text)
    total = sum(map(len, units))
    counted = measure(text).count
    assert counted >= -(-total // (single if total <= single else part))
    # Greedy is the fewest: the same from the other end.
    if total > single:
        backwards, room = 0, 0
        for unit in reversed(units):
            if len(unit) > room:
                backwards, room = backwards + 1, part
            room -= len(unit)
        assert counted == backwards


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ANY, min_size=30, max_size=60))
def test_the_pages_counter_agrees_on_any_text(texts: list[str]) -> None:
    run = (
        "require(process.argv[1]);"
        "const texts = JSON.parse(require('fs').readFileSync(0, 'utf-8'));"
        "console.log(JSON.stringify(texts.map((text) => measureSegments(text))));"
    )
    done = subprocess.run(  # our own script
        [str(NODE), "-e", run, str(SCRIPT)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    wanted = [measure(text) for text in texts]
    assert json.loads(done.stdout) == [
        {"encoding": m.encoding, "count": m.count, "characters": m.characters} for m in wanted
    ]
