"""Caller masks, against an oracle that compares digit by digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.inbound.rules.caller_masks import (
    normalize_mask,
    parse_mask,
    sender_key,
    width_of_match,
)
from messaging.inbound.rules.problems import RuleProblem

CALLER = "+15125550300"

digits = st.text("0123456789", min_size=2, max_size=14).map(lambda rest: "1" + rest)
patterns = st.text("0123456789*", min_size=2, max_size=14).map(lambda rest: "1" + rest)


def _fits(pattern: str, number: str) -> bool:
    """Compare as a person would: one digit after the other."""
    if len(pattern) != len(number):
        return False
    return all(ours in ("*", theirs) for ours, theirs in zip(pattern, number, strict=True))


@given(patterns, digits)
def test_a_pattern_fits_as_digit_by_digit(pattern: str, number: str) -> None:
    fits = width_of_match(f"+{pattern}", f"+{number}") is not None
    assert fits == _fits(pattern, number)


@given(digits, st.lists(st.integers(0, 13), max_size=6))
def test_a_number_fits_itself_with_any_digits_starred(number: str, places: list[int]) -> None:
    starred = "".join("*" if n in places else d for n, d in enumerate(number))
    if starred.startswith("*") and len(starred) <= 6:
        starred = number[0] + starred[1:]
    assert width_of_match(f"+{starred}", number) == 10 ** starred.count("*")


@given(digits, digits, digits)
def test_a_range_fits_what_is_between_its_ends(first: str, last: str, number: str) -> None:
    if len(first) != len(last) or first > last:
        return
    fits = width_of_match(f"+{first}-+{last}", number) is not None
    assert fits == (len(number) == len(first) and int(first) <= int(number) <= int(last))


@given(st.lists(patterns, min_size=1, max_size=5), digits)
def test_a_list_fits_when_one_of_its_parts_does(parts: list[str], number: str) -> None:
    each = [width_of_match(f"+{part}", number) for part in parts]
    found = [width for width in each if width is not None]
    assert width_of_match(" ; ".join(f"+{p}" for p in parts), number) == min(found, default=None)


@given(st.lists(patterns, max_size=5), st.sampled_from(["US", "GB", "DE", "HU"]))
def test_what_is_stored_reads_as_itself_in_any_country(parts: list[str], country: str) -> None:
    stored = normalize_mask(";".join(f"+{part}" for part in parts), country="US")
    assert normalize_mask(stored, country=country) == stored


@pytest.mark.parametrize(
    ("mask", "caller", "width"),
    [
        pytest.param("", CALLER, float("inf"), id="empty is everybody"),
        pytest.param("+15125550300", CALLER, 1, id="with plus"),
        pytest.param("15125550300", CALLER, 1, id="with country code"),
        pytest.param("(512) 555-0300", CALLER, 1, id="as at home"),
        pytest.param("512-555-0300", CALLER, 1, id="hyphens are no range"),
        pytest.param("0015125550300", CALLER, 1, id="00 is a plus"),
        pytest.param("+1512555****", CALLER, 10_000, id="pattern"),
        pytest.param("512555****", CALLER, 10_000, id="pattern as at home"),
        pytest.param("+1512555***", CALLER, None, id="a digit too few"),
        pytest.param("+1512555*****", CALLER, None, id="a digit too many"),
        pytest.param("5125550000-5125559999", CALLER, 10_000, id="range as at home"),
        pytest.param("+15125550000 - +15125550299", CALLER, None, id="beyond the range"),
        pytest.param("36*** ; 200-300;+15125550300", CALLER, 1, id="the narrowest part counts"),
        pytest.param("0036***", "36123", 1000, id="seven digits that start with 0036"),
        pytest.param("36***", "36123", 1000, id="short codes by pattern"),
        pytest.param("60000", "60000", 1, id="short code"),
        pytest.param("60000", "+160000", None, id="a short code is no number"),
        pytest.param("ACME", "Acme", 1, id="name in any case"),
        pytest.param("ACME", "ACMEE", None, id="a name must be the whole name"),
        pytest.param("****", "ACME", None, id="stars are digits"),
        pytest.param("", "ACME", float("inf"), id="a name fits an empty mask"),
    ],
)
def test_masks(mask: str, caller: str, width: float | None) -> None:
    assert width_of_match(normalize_mask(mask, country="US"), caller) == width


@pytest.mark.parametrize(
    ("mask", "stored"),
    [
        pytest.param(" 60000;60000 ", "60000", id="once"),
        pytest.param("919-555-01**", "+191955501**", id="country code of the tenant"),
        pytest.param("200-300", "200-300", id="short range"),
        pytest.param("447911123456", "+447911123456", id="abroad without plus"),
    ],
)
def test_masks_are_stored_as_e164(mask: str, stored: str) -> None:
    assert normalize_mask(mask, country="US") == stored


def test_a_trunk_zero_gives_way_to_the_country_code() -> None:
    assert normalize_mask("07911 ******", country="GB") == "+447911******"


@pytest.mark.parametrize(
    "mask",
    ["+", "1-", "12a34!", "300-200", "0**", "+1512*-+1513*", "1" * 16, "AB*", "\x00", "1;;x!"],
)
def test_what_is_no_mask_is_refused_with_words(mask: str) -> None:
    with pytest.raises(RuleProblem, match="“"):
        parse_mask(mask)


def test_a_mask_that_does_not_fit_its_column_is_refused() -> None:
    with pytest.raises(RuleProblem, match="split it"):
        normalize_mask(";".join(f"+1512555{n:04d}" for n in range(100)), country="US")


def test_senders_are_compared_by_their_digits_or_name() -> None:
    assert sender_key("+1 (512) 555-0300") == "15125550300"
    assert sender_key(" Bank 24 ") == "Bank 24"
