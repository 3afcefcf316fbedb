"""Cells: nothing is run, nothing is rewritten, and reading gives back what was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.cells import plain, safe

CASES = [
    pytest.param("=1+1", "'=1+1", id="formula"),
    pytest.param("+15125550300", "'+15125550300", id="number with a plus"),
    pytest.param("-1", "'-1", id="minus"),
    pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
    pytest.param("\t=1", "'\t=1", id="tab"),
    pytest.param("\r=1", "'\r=1", id="carriage return"),
    pytest.param("=1\n=2", "'=1\n=2", id="several lines"),
    pytest.param("123456789012", "'123456789012", id="twelve digits"),
    pytest.param("12345678901", "12345678901", id="eleven digits"),
    pytest.param("0042", "'0042", id="leading zero"),
    pytest.param("0", "0", id="zero"),
    pytest.param("it's fine", "it's fine", id="words"),
    pytest.param("'quoted'", "'quoted'", id="apostrophe of the text"),
    pytest.param("'=1", "''=1", id="apostrophe before a formula"),
    pytest.param("", "", id="empty"),
]


@pytest.mark.parametrize(("text", "cell"), CASES)
def test_a_risky_cell_gets_an_apostrophe(text: str, cell: str) -> None:
    assert safe(text) == cell
    assert plain(cell) == text


@given(st.text() | st.from_regex(r"'*[=+@-]?\d*", fullmatch=True))
def test_reading_undoes_it(text: str) -> None:
    assert plain(safe(text)) == text


@given(st.text())
def test_no_cell_starts_as_a_formula(text: str) -> None:
    assert not safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))
