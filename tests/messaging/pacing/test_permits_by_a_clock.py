"""What the limits let through over time, with the run's own Valkey and a clock of the test."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.pacing import buckets
from tests.messaging.pacing.street import START, Street, demand, limit


@pytest.fixture
def street() -> Street:
    return Street()


def bulk(many: int, **changes: object) -> list:  # type: ignore[type-arg]
    return [demand(is_bulk=True, **changes) for _ in range(many)]


def test_few_texts_go_at_once(street: Street) -> None:
    street.queue(*[demand() for _ in range(20)])
    street.run(until=0)
    assert len(street.gone) == 20


def test_more_go_at_the_rate(street: Street) -> None:
    street.queue(*[demand() for _ in range(200)])
    street.run(until=100)
    assert 115 <= street.segments() <= 120


def test_number_has_a_limit_of_its_own(street: Street) -> None:
    fast = limit("account", 100.0)
    slow, other = limit("one", 1.0), limit("two", 1.0)
    street.queue(*[demand(account=fast, number=slow) for _ in range(200)])
    street.queue(*[demand(account=fast, number=other) for _ in range(200)])
    street.run(until=60)
    gone = [each.number.name for _, each in street.gone]
    assert 75 <= gone.count("one") <= 80
    assert 75 <= gone.count("two") <= 80


def test_long_texts_count_by_their_segments(street: Street) -> None:
    street.queue(*[demand(segments=4) for _ in range(50)])
    street.run(until=60)
    assert 70 <= street.segments() <= 80 + 3


def test_text_longer_than_the_burst_goes_all_the_same(street: Street) -> None:
    long = demand(segments=31)
    street.queue(*[demand() for _ in range(15)], long)
    street.queue(*[demand() for _ in range(100)], at=1)
    street.run(until=60)
    assert street.went(long) <= 15


def test_long_text_is_not_starved_by_short_ones(street: Street) -> None:
    long = demand(segments=8, is_bulk=True)
    street.queue(*bulk(200), long)
    street.queue(*bulk(200), at=30)
    street.run(until=500)
    assert street.went(long) < 300


def test_bulk_leaves_room_for_replies(street: Street) -> None:
    street.queue(*bulk(500))
    replies = [demand() for _ in range(10)]
    for second, reply in enumerate(replies):
        street.queue(reply, at=10 + second)
    street.run(until=60)
    assert [street.went(reply) for reply in replies] == [10.0 + n for n in range(10)]
    assert street.segments() >= 60


def test_each_of_many_asks_about_once_or_twice(street: Street) -> None:
    street.queue(*bulk(500))
    street.run(until=600)
    assert len(street.gone) == 500
    assert street.asked <= 1600


def test_two_workers_share_the_limits(street: Street) -> None:
    other = Street()
    street.queue(*[demand() for _ in range(100)])
    other.queue(*[demand() for _ in range(100)])
    street.run(until=0)
    other.run(until=0)
    assert len(street.gone) + len(other.gone) == 20


def test_clock_that_lags_gives_nothing_twice(street: Street) -> None:
    street.queue(*[demand() for _ in range(20)])
    street.run(until=0)
    assert buckets.ask(demand(), now=START - 30).wait is not None
    assert buckets.ask(demand(), now=START).wait is not None


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rate=st.floats(0.5, 20),
    many=st.lists(
        st.tuples(st.floats(0, 30), st.integers(1, 8), st.booleans(), st.sampled_from("abc")),
        min_size=1,
        max_size=120,
    ),
    window=st.floats(1, 30),
    key=st.uuids(),
)
def test_no_window_gets_more_than_burst_and_rate(
    rate: float, many: list[tuple[float, int, bool, str]], window: float, key: object
) -> None:
    account = limit(f"account {key}", rate, 12)
    number = limit(f"number {key}", 1000.0)
    street = Street()
    for at, size, is_bulk, tenant in many:
        street.queue(
            demand(segments=size, is_bulk=is_bulk, account=account, number=number, tenant=tenant),
            at=at,
        )
    street.run(until=60)
    longest = max(size for _, size, _, _ in many)
    for start in {at for at, _ in street.gone}:
        # One long text may stand over the edge; of single segments none does.
        most = account.burst + longest - 1 + rate * window
        assert street.segments(since=start, until=start + window) <= most + 1e-3
