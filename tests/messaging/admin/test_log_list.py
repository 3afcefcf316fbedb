"""The list of the log: filters, search, and a million rows that nobody counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.admin.capped_pages import CappedPaginator
from messaging.conversations import conversation_with
from messaging.models import Attachment, Extension, Message
from tenants.models import PhoneNumber, Tenant
from tests.conftest import ACME_NUMBER, CUSTOMER

LIST = "/t/acme/messaging/message/"


def _say(count: int = 1, text: str = "Hello", **columns: Any) -> list[Message]:
    now = timezone.now()
    conversation = conversation_with(ACME_NUMBER, [CUSTOMER], at=now)
    values = {"direction": "in", "status": "received", "created_at": now, **columns}
    return Message.objects.bulk_create(
        Message(conversation=conversation, sender=CUSTOMER, text=text, **values)
        for _ in range(count)
    )


def test_the_list_asks_few_queries_however_many_messages(
    admin: Client, acme: Tenant, acme_number: PhoneNumber, inside: Any
) -> None:
    with inside(acme):
        for message in _say(60, kind="mms"):
            Attachment.objects.create(message=message, content_type="image/png")
        Extension.objects.create(number="101")
    admin.get("/t/acme/")

    for query in ("", "?q=hello", "?q=(512)+555-0300", "?status=received&extension=none"):
        with CaptureQueriesContext(connection) as asked:
            page = admin.get(f"{LIST}{query}")
        assert page.context["cl"].result_count == 60
        queries = [entry["sql"] for entry in asked if not entry["sql"].startswith("SET ")]
        assert len(queries) <= 12, queries


def test_more_than_so_many_are_not_counted(
    admin: Client, acme: Tenant, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CappedPaginator, "most", 3)
    with inside(acme):
        _say(5)

    page = admin.get(LIST)

    assert page.context["cl"].result_count == 3
    assert "more than 3 messages" in page.content.decode()
    assert "Show all" not in page.content.decode()


@pytest.mark.parametrize(
    ("query", "counts"),
    [
        pytest.param("?q=hello", 0, id="by common words alone"),
        pytest.param("?q=hello&o=1&p=2", 0, id="on another page of these"),
        pytest.param("?q=hello&direction=out", 1, id="with a filter, which may leave none"),
        pytest.param("?q=rare", 1, id="by rare words"),
    ],
)
def test_common_words_are_estimated_where_they_are_far_more_than_are_shown(
    admin: Client,
    acme: Tenant,
    inside: Any,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    counts: int,
) -> None:
    monkeypatch.setattr(CappedPaginator, "most", 60)
    with inside(acme), connection.cursor() as cursor:
        for i in range(120):  # PostgreSQL estimates beginnings of words by a hundred of them
            _say(4, text=f"Hello word{i}")
        _say(2, text="Rare")
        cursor.execute("ANALYZE messaging_message")

    with CaptureQueriesContext(connection) as asked:
        page = admin.get(f"{LIST}{query}")

    counted = [one for one in asked if 'COUNT(*) FROM (SELECT "messaging_message"' in one["sql"]]
    assert len(counted) == counts
    assert ("more than 60 messages" in page.content.decode()) is (not counts)
    shown = {"?q=hello": 30, "?q=hello&o=1&p=2": 30, "?q=rare": 2}.get(query, 0)
    assert len(page.context["cl"].result_list) == shown


def test_what_has_no_words_is_named_by_its_files(admin: Client, acme: Tenant, inside: Any) -> None:
    with inside(acme):
        one, two, _ = _say(3, text="")
        Attachment.objects.create(message=one, content_type="image/png")
        for _ in range(2):
            Attachment.objects.create(message=two, content_type="text/plain")

    body = admin.get(LIST).content.decode()

    for words in ("Picture", "2 files", "(no text)"):
        assert words in body


def test_a_filter_that_cannot_be_read_says_so(admin: Client, acme: Tenant, inside: Any) -> None:
    with inside(acme):
        _say()

    page = admin.get(f"{LIST}?from=yesterday")

    assert page.context["cl"].result_count == 0
    assert "is not a date" in page.content.decode()


@pytest.mark.parametrize(
    "query", ["q=%00", "q='%26|!", "status=x", "our_number=x", "from=0000-00-00", "p=x", "q=%5C"]
)
def test_nonsense_is_no_fault_of_the_server(query: str, admin: Client, acme: Tenant) -> None:
    assert admin.get(f"{LIST}?{query}").status_code in {200, 302}


def test_the_empty_log_says_what_to_do(admin: Client, acme: Tenant) -> None:
    assert "Open the inbox" in admin.get(LIST).content.decode()
    assert "Show all messages" in admin.get(f"{LIST}?status=failed").content.decode()


def test_the_search_over_all_screens_leaves_the_log_alone(
    admin: Client, acme: Tenant, inside: Any
) -> None:
    with inside(acme):
        _say(text="Needle")
    assert "message " not in admin.get("/t/acme/search/?s=Needle&extended=1").content.decode()
