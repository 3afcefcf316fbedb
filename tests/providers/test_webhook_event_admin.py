"""The webhook log in the system portal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from providers import log_search
from providers.log_search import received_before, received_since
from providers.models import WebhookEvent

LOG = "/system/providers/webhookevent/"


@pytest.fixture
def portal(signed_in, root) -> Any:
    return signed_in(root)


@pytest.fixture
def event(db) -> WebhookEvent:
    return WebhookEvent.objects.create(
        provider="bandwidth",
        dedupe_key=b"k" * 16,
        type="message-received",
        payload=b'{"text": "<script>alert(1)</script>"}',
        state="unrouted",
        attempts=2,
        error="Nobody has this number.",
    )


def test_a_payload_is_shown_as_text(portal, event) -> None:
    page = portal.get(f"{LOG}{event.pk}/change/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert "Unrouted" in page
    assert "('unrouted'" not in page


def test_the_log_is_filtered_by_state(portal, event) -> None:
    assert "message-received" in portal.get(f"{LOG}?state__exact=unrouted").content.decode()
    assert not portal.get(f"{LOG}?state__exact=failed").context["cl"].result_list


def test_selected_events_are_replayed(portal, event) -> None:
    chosen = {"action": "replay_selected", "_selected_action": [event.pk]}
    asked = portal.post(LOG, chosen).content.decode()
    assert "Replay these events?" in asked
    event.refresh_from_db()
    assert event.state == "unrouted"
    portal.post(LOG, {**chosen, "confirmed": "yes"})
    event.refresh_from_db()
    assert (event.state, event.attempts, event.error) == ("pending", 0, "")


def test_one_event_is_replayed_after_a_question(portal, event) -> None:
    path = f"{LOG}{event.pk}/replay_one/"
    assert "Replay this event?" in portal.get(path).content.decode()
    event.refresh_from_db()
    assert event.state == "unrouted"
    portal.post(path, {"_form_submitted": "True"})
    event.refresh_from_db()
    assert event.state == "pending"


def _event(key: int, **fields: Any) -> WebhookEvent:
    values = {"provider": "bandwidth", "type": "message-received", "payload": b"{}", **fields}
    return WebhookEvent.objects.create(dedupe_key=key.to_bytes(16), **values)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=Acme", {2}),
        ("q=Nobody+has", {0}),
        ("type=message-failed", {2}),
        ("provider=bandwidth", {0, 1, 2}),
        ("provider=other", set()),
        ("received_at_from=2026-03-10&received_at_to=2026-03-10", {1}),
        ("received_at_to=2026-03-09", set()),
        ("tenant__id__exact={acme}", {2}),
    ],
)
def test_the_log_is_searched_and_filtered(query, found, portal, event, acme) -> None:
    late = datetime(2026, 3, 10, 23, 59, tzinfo=UTC)
    keys = {
        event.pk: 0,
        _event(1, received_at=late).pk: 1,
        _event(2, tenant=acme, type="message-failed").pk: 2,
    }
    rows = portal.get(f"{LOG}?{query.format(acme=acme.pk)}").context["cl"].result_list
    assert {keys[row.pk] for row in rows} == found


@pytest.mark.parametrize("state", ["failed", "rejected", "unrouted"])
def test_what_came_to_nothing_is_discarded_and_replayed_later(state, portal, event) -> None:
    WebhookEvent.objects.update(state=state)
    path = f"{LOG}{event.pk}/discard_one/"
    assert "Discard this event?" in portal.get(path).content.decode()
    portal.post(path, {"_form_submitted": "True"})
    event.refresh_from_db()
    assert (event.state, event.error) == ("discarded", "Nobody has this number.")
    portal.post(f"{LOG}{event.pk}/replay_one/", {"_form_submitted": "True"})
    event.refresh_from_db()
    assert event.state == "pending"


@pytest.mark.parametrize("state", ["pending", "processed", "discarded"])
def test_what_waits_or_is_done_is_not_discarded(state, portal, event) -> None:
    WebhookEvent.objects.update(state=state)
    portal.post(f"{LOG}{event.pk}/discard_one/", {"_form_submitted": "True"})
    page = portal.get(f"{LOG}{event.pk}/change/").content.decode()
    assert "Only failed, rejected and unrouted events can be discarded." in page
    assert "discard_one" not in page
    event.refresh_from_db()
    assert event.state == state


def test_a_waiting_event_is_left_alone_politely(portal, event) -> None:
    waiting = _event(1, attempts=1, error="once more")
    for act, words in (("discard", "Events discarded: 1."), ("replay", "back into the queue: 1.")):
        chosen = {
            "action": f"{act}_selected",
            "_selected_action": [event.pk, waiting.pk],
            "confirmed": "yes",
        }
        page = portal.post(LOG, chosen, follow=True).content.decode()
        assert words in page
        assert "Left alone" in page
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts, waiting.error) == ("pending", 1, "once more")


def test_the_list_shows_no_texts(portal, event) -> None:
    assert "alert(1)" not in portal.get(LOG).content.decode()


def test_many_events_take_few_queries(portal, acme) -> None:
    for key in range(60):
        _event(key, tenant=acme)
    with CaptureQueriesContext(connection) as captured:
        assert portal.get(LOG).status_code == 200
    assert len(captured) <= 12


@pytest.mark.parametrize("person", ["alice", "bob", "gina"])
def test_only_system_admins_see_or_touch_the_log(person, request, signed_in, event) -> None:
    browser = signed_in(request.getfixturevalue(person))
    assert browser.get(LOG).status_code == 403
    for act in ("discard_one", "replay_one"):
        path = f"{LOG}{event.pk}/{act}/"
        assert browser.post(path, {"_form_submitted": "True"}).status_code == 403
    event.refresh_from_db()
    assert event.state == "unrouted"


def test_the_log_cannot_be_edited(portal, event) -> None:
    portal.post(f"{LOG}{event.pk}/change/", {"state": "processed"})
    assert portal.post(f"{LOG}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    assert portal.get(f"{LOG}add/").status_code == 403
    event.refresh_from_db()
    assert event.state == "unrouted"


def test_discarding_many_asks_first(portal, event) -> None:
    chosen = {"action": "discard_selected", "_selected_action": [event.pk]}
    assert "Discard these events?" in portal.post(LOG, chosen).content.decode()
    event.refresh_from_db()
    assert event.state == "unrouted"
    portal.post(LOG, {**chosen, "confirmed": "yes"})
    event.refresh_from_db()
    assert event.state == "discarded"


def _days(*days: int) -> list[WebhookEvent]:
    return [
        _event(number, received_at=datetime(2026, 3, day, 12, tzinfo=UTC))
        for number, day in enumerate(days)
    ]


@pytest.mark.parametrize("day", range(1, 10))
def test_days_are_found_by_halving_the_log(day, db, monkeypatch) -> None:
    monkeypatch.setattr(log_search, "_NEIGHBOURS", 0)
    events = _days(2, 2, 3, 5, 5, 5, 8)
    moment = datetime(2026, 3, day, 12, tzinfo=UTC)
    since = received_since(WebhookEvent.objects.all(), moment)
    before = received_before(WebhookEvent.objects.all(), moment)
    assert {*since} == {event for event in events if event.received_at >= moment}
    assert {*before} == {event for event in events if event.received_at < moment}


def test_gaps_in_the_log_do_not_matter(db, monkeypatch) -> None:
    monkeypatch.setattr(log_search, "_NEIGHBOURS", 0)
    events = _days(2, 3, 4, 5, 6, 7, 8)
    WebhookEvent.objects.filter(pk__in=[events[1].pk, events[3].pk, events[4].pk]).delete()
    found = received_since(WebhookEvent.objects.all(), datetime(2026, 3, 4, tzinfo=UTC))
    assert {*found} == {events[2], events[5], events[6]}


def test_an_empty_log_has_no_days(db) -> None:
    assert not received_since(WebhookEvent.objects.all(), datetime(2026, 3, 4, tzinfo=UTC))


def test_words_are_looked_for_in_the_newest_events_only(portal, event, monkeypatch) -> None:
    monkeypatch.setattr(log_search, "SEARCHED", 2)
    newer = [_event(number, error="Nobody has this number.") for number in range(2)]
    rows = portal.get(f"{LOG}?q=Nobody").context["cl"].result_list
    assert {row.pk for row in rows} == {row.pk for row in newer}
