"""Range maths, and the order of rules that fit."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.inbound.rules.matching import ranked
from messaging.inbound.rules.problems import RuleProblem
from messaging.inbound.rules.ranges import DidRange, last_digits, read_extensions, shown_did
from messaging.models import InboundRule

FIRST = 19195550000
START = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.integers(1, 9000), st.integers(2, 6), st.data())
def test_range_to_range_is_a_bijection(size: int, width: int, data: st.DataObject) -> None:
    size = min(size, 10**width)
    start = data.draw(st.integers(0, 10**width - size))
    typed = f"{start:0{width}d}-{start + size - 1:0{width}d}"
    dids = DidRange(first=FIRST, last=FIRST + size - 1)

    extensions = read_extensions(typed, dids, field="range")
    reached = [extensions.at(did - dids.first) for did in range(dids.first, dids.last + 1)]

    assert len(set(reached)) == size
    assert (reached[0], reached[-1]) == (extensions.first, extensions.last)
    assert all(len(extension) == width for extension in reached)
    assert reached == sorted(reached)


@given(st.integers(1, 500), st.integers(1, 500))
def test_ranges_of_other_sizes_are_refused(dids: int, extensions: int) -> None:
    if dids == extensions:
        return
    with pytest.raises(RuleProblem, match="same size"):
        read_extensions(
            f"1000-{1000 + extensions - 1}",
            DidRange(first=FIRST, last=FIRST + dids - 1),
            field="range",
        )


@pytest.mark.parametrize("typed", ["", "1100", "99-100", "1200-1100", "a-b", "1100-1101-1102"])
def test_what_is_no_range_of_extensions_is_refused(typed: str) -> None:
    with pytest.raises(RuleProblem):
        read_extensions(typed, DidRange(first=FIRST, last=FIRST), field="range")


def test_the_end_of_a_did_is_tried_from_the_longest() -> None:
    assert last_digits(19195550101)[0] == "9195550101"
    assert last_digits(19195550101)[-2:] == ["101", "01"]


def test_dids_are_shown_as_they_are_stored() -> None:
    assert str(DidRange(first=FIRST, last=FIRST + 9)) == "+19195550000-+19195550009"
    assert shown_did(60000) == "60000"


rules = st.lists(
    st.tuples(
        st.sampled_from(["", "+15125550300", "+1512555030*", "+15125550300-+15125550304", "ACME"]),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    max_size=8,
)


@given(rules, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_the_rules_come(
    made: list[tuple[str, int, int]], chance: random.Random
) -> None:
    each = [
        InboundRule(
            pk=pk,
            name=str(pk),
            caller_mask=mask,
            did_first=FIRST,
            did_last=FIRST + size,
            created_at=START + timedelta(days=age),
        )
        for pk, (mask, size, age) in enumerate(made, 1)
    ]
    shuffled = each.copy()
    chance.shuffle(shuffled)

    one = ranked(each, "+15125550300")
    other = ranked(shuffled, "+15125550300")

    assert [match.rule.pk for match in one] == [match.rule.pk for match in other]
    assert all(a.order < b.order for a, b in pairwise(one))
    assert {m.rule.pk for m in one} == {r.pk for r in each if r.caller_mask != "ACME"}
