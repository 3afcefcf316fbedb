"""The webhook log in the system portal."""

from __future__ import annotations

from typing import Any

import pytest

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


def test_the_log_is_filtered_by_state(portal, event) -> None:
    assert "message-received" in portal.get(f"{LOG}?state__exact=unrouted").content.decode()
    found = portal.get(f"{LOG}?state__exact=failed").context["cl"].result_count
    assert found == 0


def test_selected_events_are_replayed(portal, event) -> None:
    chosen = {"action": "replay_selected", "_selected_action": [event.pk]}
    portal.post(LOG, chosen)
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


def test_the_log_cannot_be_edited(portal, event) -> None:
    portal.post(f"{LOG}{event.pk}/change/", {"state": "processed"})
    assert portal.post(f"{LOG}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    assert portal.get(f"{LOG}add/").status_code == 403
    event.refresh_from_db()
    assert event.state == "unrouted"
