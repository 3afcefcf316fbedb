"""Whatever a body holds: no door fails, all say the same, and its good events are stored.

Some hundreds by the seed; `make fuzz` tries hundreds of thousands.
"""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from config.fuzz.bodies import HEAVY, MOST_CALLS, MOST_MEMORY, calls_of
from config.fuzz.doors import Doors
from config.fuzz.inputs import Maker


@pytest.fixture
def doors(settings: Any) -> Iterator[Doors]:
    settings.BANDWIDTH_ACCOUNT_ID = "9900009"
    settings.BANDWIDTH_WEBHOOK_USERNAME = settings.BANDWIDTH_WEBHOOK_PASSWORD = "fuzz"
    with Doors() as made:
        yield made


@pytest.fixture
def maker(request: pytest.FixtureRequest) -> Maker:
    """Made by the run's own seed, which pytest prints."""
    seed = request.config.getoption("randomly_seed", 7)
    return Maker(Random(f"{seed}"))  # noqa: S311


def test_all_doors_answer_the_same_and_never_with_a_5xx(doors: Doors, maker: Maker) -> None:
    answers = Counter(doors.check(maker.body()) for _ in range(400))
    assert answers.keys() <= {200, 400, 413}
    assert min(answers[200], answers[400]) > 20  # it is not all refused, nor all taken


def test_no_good_event_is_lost_among_bad_ones(doors: Doors, maker: Maker) -> None:
    for _ in range(150):
        mixed = maker.mixed()
        doors.check_good(mixed.body, mixed.good)


@pytest.mark.parametrize("name", HEAVY)
def test_the_heaviest_bodies_cost_no_more_than_is_said(doors: Doors, name: str) -> None:
    body = HEAVY[name]()
    doors.ask(body)  # what is made once is made
    tracemalloc.start()
    try:
        doors.ask(body)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
    assert calls_of(lambda: doors.ask(body)) < MOST_CALLS(len(body))
