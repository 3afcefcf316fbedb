"""How many requests are under way at once, and who gets room for them."""

from __future__ import annotations

from typing import cast

import pytest

from messaging import queue
from messaging.delivery import gathering, room
from messaging.delivery.crew import Crew
from messaging.delivery.gathering import Gathered
from messaging.delivery.room import Room
from messaging.delivery.settling import Answer
from tenants.models import Tenant


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(queue, "ring", lambda task, schema: asked.append((task, schema)))
    return asked


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(room, "time", found)
    monkeypatch.setattr(gathering, "time", found)
    return found


@pytest.fixture
def crew() -> Crew:
    return Crew(96)


def test_one_tenant_never_takes_all_the_room(crew: Crew, rung: list[tuple[str, str]]) -> None:
    assert [crew.reserve("t_acme", 50, task="due") for _ in range(3)] == [50, 0, 0]
    assert crew.reserve("t_globex", 40, task="due") == 30


def test_two_tenants_whose_carriers_hang_leave_room_for_a_third(
    rung: list[tuple[str, str]],
) -> None:
    crew = Crew(256)
    for schema in ("t_acme", "t_globex"):
        while crew.reserve(schema, 64, task="due"):
            pass
    assert crew.reserve("t_other", 4, task="due") > 0
    assert rung == []


def test_a_crew_of_one_takes_one(rung: list[tuple[str, str]]) -> None:
    crew = Crew(1)
    assert [crew.reserve(schema, 64, task="due") for schema in ("t_acme", "t_globex")] == [1, 0]


def test_a_broadcast_takes_less_than_its_tenant_may(
    crew: Crew, rung: list[tuple[str, str]]
) -> None:
    assert [crew.reserve("t_acme", 32, task="bulk", at_once=32) for _ in range(2)] == [32, 0]
    crew.release("t_acme", 32)
    assert rung == [("bulk", "t_acme")]


def test_who_found_no_room_is_rung_for_once_there_is(
    crew: Crew, rung: list[tuple[str, str]]
) -> None:
    crew.reserve("t_acme", 60, task="due")
    assert crew.reserve("t_acme", 60, task="due") == 0
    crew.release("t_acme", 10)
    assert rung == []
    crew.release("t_acme", 50)
    assert rung == [("due", "t_acme")]
    crew.release("t_acme", 0)
    assert rung == [("due", "t_acme")]


def test_no_more_are_rung_for_than_there_is_room_for(
    crew: Crew, rung: list[tuple[str, str]]
) -> None:
    assert [crew.reserve(schema, 48, task="due") for schema in ("t_acme", "t_globex")] == [48, 32]
    assert [crew.reserve(schema, 48, task="due") for schema in ("t_acme", "t_globex")] == [0, 0]
    crew.release("t_acme", 40)
    assert rung == [("due", "t_acme")]


def test_little_room_waits_for_more_while_answers_come_in(
    clock: Clock, rung: list[tuple[str, str]]
) -> None:
    places = Room(96)
    assert [places.reserve(name, 60, task="due") for name in ("t_acme", "t_globex")] == [60, 24]
    places.release("t_acme", 4)
    assert (places.reserve("t_other", 4, task="due"), rung) == (0, [])
    clock.now += 0.2
    places.ring()
    assert rung == [("due", "t_other")]
    assert places.reserve("t_other", 4, task="due") == 4


def test_an_answer_waits_for_those_of_its_tenant_and_a_lone_one_for_nobody(clock: Clock) -> None:
    acme, globex = Tenant(pk=1, schema_name="t_acme"), Tenant(pk=2, schema_name="t_globex")
    one, two, three = (cast("Answer", object()) for _ in range(3))
    places = Room(96)
    gathered = Gathered(places)

    def written() -> list[tuple[Tenant, list[Answer]]]:
        done: list[tuple[Tenant, list[Answer]]] = []
        for tenant, answers in gathered.complete():
            places.release(tenant.schema_name, len(answers))
            done.append((tenant, answers))
        return done

    places.reserve("t_acme", 3, task="due")
    places.reserve("t_globex", 1, task="due")
    gathered.add(acme, one)
    assert written() == []
    gathered.add(globex, two)
    assert written() == [(globex, [two])]
    clock.now += 0.2
    assert written() == [(acme, [one])]
    gathered.add(acme, two)
    gathered.add(acme, three)
    assert written() == [(acme, [two, three])]
    assert gathered.patience() is None
