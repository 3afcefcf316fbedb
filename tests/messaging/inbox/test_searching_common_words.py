"""Who sees few threads finds the newest of common words, all of them and in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from messaging import word_search
from messaging.models import Conversation, Extension, Message
from messaging.word_search import newest_hits
from tenants.models import Tenant

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORDS = "'invoice':*"
Ages = Callable[[int], float]


@pytest.fixture
def desk(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> Iterator[Extension]:
    """Of 40 threads the extension sees four; a newest message is one of the last 30."""
    monkeypatch.setattr(word_search, "_SAMPLE", 30)
    monkeypatch.setattr(word_search, "_COMMON", 5)
    monkeypatch.setattr(word_search, "_FAR", 60)
    monkeypatch.setattr(word_search, "_FEW_THREADS", 10)
    with tenant_context(acme):
        yield Extension.objects.create(number="101")


def _say(desk: Extension, age: Ages, *, seen_every: int = 10, text: str = "The Invoices") -> None:
    threads = Conversation.objects.bulk_create(
        Conversation(
            our_number="+19195550101",
            participants_key=f"+1512555{i:04}",
            extension=desk if i % seen_every == 0 else None,
            # Some were written to by a broadcast alone, which leaves a thread's own time alone.
            last_at=NOW - timedelta(days=9_000) if i % 20 == 0 else NOW,
        )
        for i in range(40)
    )
    dice = Random(7)  # noqa: S311
    Message.objects.bulk_create(
        Message(
            conversation=dice.choice(threads),
            direction="in",
            status="received",
            sender="+15125550300",
            text=text if i % 2 else "Hello",
            created_at=NOW - timedelta(minutes=age(i)),
        )
        for i in range(600)
    )


def _expected(desk: Extension, most: int) -> list[object]:
    rows = Message.objects.filter(conversation__extension=desk, text="The Invoices")
    return list(rows.order_by("-created_at", "-id").values_list("pk", flat=True)[:most])


AGES = [
    pytest.param(lambda i: i, id="evenly spread"),
    pytest.param(lambda i: i**3, id="ever fewer"),
    pytest.param(lambda i: 0 if i < 300 else 10_000_000, id="half now and half long ago"),
    pytest.param(lambda i: i // 50, id="many at the same moment"),
    pytest.param(lambda _: 0, id="all at one moment"),
]


@pytest.mark.parametrize("most", [1, 7, 1000])
@pytest.mark.parametrize("age", AGES)
def test_hits_in_few_threads_are_complete_and_newest_first(
    desk: Extension, age: Ages, most: int
) -> None:
    _say(desk, age)
    visible = Conversation.objects.filter(extension=desk)

    with CaptureQueriesContext(connection) as asked:
        found = [pk for _, pk, _, _ in newest_hits(WORDS, visible, most=most)]

    assert found == _expected(desk, most)
    # Neither in the index of the words nor by a longer walk: in the threads, in three stretches.
    assert all("LATERAL" in query["sql"] for query in asked.captured_queries[1:])
    assert len(asked) <= 4


@pytest.mark.parametrize(
    ("seen_every", "few"),
    [pytest.param(1, 10, id="sees all"), pytest.param(10, 3, id="sees too many to read singly")],
)
def test_other_ways_find_the_same(
    desk: Extension, monkeypatch: pytest.MonkeyPatch, seen_every: int, few: int
) -> None:
    monkeypatch.setattr(word_search, "_FEW_THREADS", few)
    _say(desk, lambda i: i, seen_every=seen_every)
    visible = Conversation.objects.filter(extension=desk)

    found = [pk for _, pk, _, _ in newest_hits(WORDS, visible, most=50)]

    assert found == _expected(desk, 50)


def test_common_words_of_others_alone_are_not_found(desk: Extension) -> None:
    _say(desk, lambda i: i)
    Message.objects.filter(conversation__extension=desk).update(text="Hello")

    assert newest_hits(WORDS, Conversation.objects.filter(extension=desk), most=5) == []


def test_nothing_is_found_where_nothing_was_said(desk: Extension) -> None:
    assert newest_hits(WORDS, Conversation.objects.filter(extension=desk), most=5) == []
