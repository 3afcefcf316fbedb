from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from messaging.inbound import drain
from messaging.models import MessageSetting, SmsConfiguration
from providers.models import WebhookEvent


@pytest.fixture
def held_elsewhere(
    django_db_setup: None, django_db_blocker: Any
) -> Iterator[tuple[psycopg.Connection[Any], int]]:
    """Give a committed event that another connection is working on."""
    # Before `db`: what a test's transaction touches can be deleted only after its end.
    with django_db_blocker.unblock():
        parameters = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{n: parameters[n] for n in names if n in parameters}) as other:
        other.autocommit = True
        event = json.dumps({"type": "message-received", "message": {}})
        row = other.execute(
            "INSERT INTO providers_webhookevent"
            " (provider, dedupe_key, type, payload, state, attempts, error)"
            " VALUES ('bandwidth', %s, '', %s, 'pending', 0, '') RETURNING id",
            [b"held elsewhere..", event.encode()],
        ).fetchone()
        assert row is not None
        other.autocommit = False
        other.execute("SELECT 1 FROM providers_webhookevent WHERE id = %s FOR UPDATE", row)
        yield other, row[0]
        other.rollback()
        other.execute("DELETE FROM providers_webhookevent WHERE id = %s", row)
        other.commit()


def test_event_in_another_runs_hands_is_left_to_it(
    held_elsewhere: tuple[psycopg.Connection[Any], int],
    acme_line: MessageSetting,
    acme_configuration: SmsConfiguration,
    arrive: Any,
    payload: Any,
    texts: Any,
) -> None:
    other, held = held_elsewhere
    arrive(payload("inbound_sms", text="mine"), acme_configuration)
    assert drain.drain() == 1
    assert texts() == ["mine"]
    assert WebhookEvent.objects.get(pk=held).state == "pending"
    other.rollback()
    assert drain.drain() == 1
    assert WebhookEvent.objects.get(pk=held).state == "failed"
