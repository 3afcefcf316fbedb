"""The bench's tenant has the size and the shape that it claims, and its pages are timed."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Count

from config.bench import data
from config.bench.measure import Measured, table
from messaging.models import Conversation, Message, ReadMark


@pytest.mark.django_db
def test_rows_are_made_as_asked(monkeypatch, acme, inside) -> None:
    with inside(acme):
        monkeypatch.setattr(data, "_without_indexes", connection.cursor)
        people = data._people(acme)
        data._fill(people, conversations=500, messages=9_000)
        sizes = Message.objects.values("conversation").annotate(n=Count("pk"))
        assert Message.objects.count() == 9_000
        assert Conversation.objects.count() == sizes.count() == 500
        assert max(row["n"] for row in sizes) > 17
        assert not Conversation.objects.filter(last_text="").exists()
        assert ReadMark.objects.filter(user=people[1]).exists()


def test_the_table_tells_what_failed() -> None:
    fine = Measured(key="a", title="A page", seconds=(0.01, 0.02), queries=3, status=200)
    lost = Measured(key="b", title="Another", seconds=(0.01,), queries=1, status=404)
    shown = table([fine, lost])
    assert "10.0      20.0         3" in shown
    assert "answered 404" in shown


def test_percentiles_are_of_the_calls() -> None:
    calls = tuple(n / 1000 for n in range(1, 31))
    one = Measured(key="a", title="A", seconds=calls, queries=1, status=200)
    assert one.figures == [("p50", 15.0), ("p95", 29.0)]


@pytest.mark.django_db
def test_the_benchs_people_are_made_once(acme, inside) -> None:
    with inside(acme):
        data._people(acme)
        data._people(acme)
        assert acme.memberships.filter(user__email__endswith="@bench.example").count() == 2
