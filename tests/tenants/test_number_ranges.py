"""Reading lists of numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.number_ranges import MOST, UnreadableNumbers, read_numbers

FIRST = 9195550000


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("919 555 0101", ["+19195550101"]),
        ("(919) 555-0101", ["+19195550101"]),
        ("1-919-555-0101", ["+19195550101"]),
        ("+1 919 555 0101; 9195550102", ["+19195550101", "+19195550102"]),
        ("9195550101,9195550102\n9195550103", [f"+1919555010{n}" for n in (1, 2, 3)]),
        (" 9195550101 ;;\n, 9195550101 ", ["+19195550101"]),
        ("+19195550101-+19195550103", [f"+1919555010{n}" for n in (1, 2, 3)]),
        ("9195550101 - 9195550102", ["+19195550101", "+19195550102"]),
        ("919-555-0101-919-555-0102", ["+19195550101", "+19195550102"]),
        ("(919) 555-0101 \u2013 (919) 555-0102", ["+19195550101", "+19195550102"]),
        ("9195550101-9195550101", ["+19195550101"]),
        ("72720-72722", ["72720", "72721", "72722"]),
        ("9195550102-9195550103; 9195550101-9195550102", [f"+1919555010{n}" for n in (2, 3, 1)]),
    ],
    ids=str,
)
def test_a_list_is_read_in_any_usual_form(text, numbers) -> None:
    assert read_numbers(text) == numbers


@pytest.mark.parametrize(
    ("text", "country", "numbers"),
    [
        ("030-1234567", "DE", ["+49301234567"]),
        ("0301234567-0301234568", "DE", ["+49301234567", "+49301234568"]),
        ("020 7946 0958", "GB", ["+442079460958"]),
    ],
)
def test_a_list_is_read_as_people_of_the_country_write(text, country, numbers) -> None:
    assert read_numbers(text, country=country) == numbers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "at least one"),
        (" ;\n,", "at least one"),
        ("abc", "“abc” is not a phone number"),
        ("555-0101", "not a phone number"),
        ("9195550109-9195550101", "ends before it begins"),
        ("9195550101-0109", "both ends of a range in full"),
        ("72720-9195550101", "same number of digits"),
        (f"+1{FIRST}-+1{FIRST + MOST}", "10,001 numbers"),
        ("+12000000000-+19999999999", "numbers; at most 10,000"),
        (f"+1{FIRST}-+1{FIRST + MOST - 1}; 9295550100", "10,001 numbers"),
        ("1," * (MOST + 1), "10,001 numbers"),
    ],
    ids=lambda value: value[:30],
)
def test_what_cannot_be_read_is_told(text, words) -> None:
    with pytest.raises(UnreadableNumbers) as refused:
        read_numbers(text)
    assert words in str(refused.value)


def test_many_mistakes_are_told_in_a_few_lines() -> None:
    with pytest.raises(UnreadableNumbers) as refused:
        read_numbers(";".join(f"no{n}" for n in range(50)))
    assert len(refused.value.problems) == 11
    assert refused.value.problems[-1] == "And 40 more like these."


offsets = st.integers(min_value=0, max_value=9999)


@given(start=offsets, end=offsets)
def test_a_range_holds_each_number_between_its_ends_once(start, end) -> None:
    text = f"+1{FIRST + start}-+1{FIRST + end}"
    if end < start:
        with pytest.raises(UnreadableNumbers):
            read_numbers(text)
        return
    numbers = read_numbers(text)
    assert len(numbers) == len(set(numbers)) == end - start + 1
    assert (numbers[0], numbers[-1]) == (f"+1{FIRST + start}", f"+1{FIRST + end}")
    assert numbers == sorted(numbers)
    assert all(len(number) == 12 for number in numbers)


@given(
    pairs=st.lists(
        st.tuples(offsets, st.integers(min_value=0, max_value=50)), min_size=1, max_size=6
    ),
    separator=st.sampled_from([";", ",", "\n", " ; ", "\r\n", ",\n"]),
)
def test_ranges_that_overlap_hold_no_number_twice(pairs, separator) -> None:
    ends = [(start, min(start + length, 9999)) for start, length in pairs]
    text = separator.join(f"{FIRST + start} - {FIRST + end}" for start, end in ends)
    expected = {f"+1{FIRST + n}" for start, end in ends for n in range(start, end + 1)}
    numbers = read_numbers(text)
    assert len(numbers) == len(expected)
    assert set(numbers) == expected


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text) -> None:
    try:
        count = len(read_numbers(text))
    except UnreadableNumbers:
        return
    assert 0 < count <= MOST
