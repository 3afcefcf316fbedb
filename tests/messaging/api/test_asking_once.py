"""`Idempotency-Key`: what comes again after a lost answer is done once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from messaging.api import once
from messaging.models import Broadcast, IdempotencyKey, Message, MessageSetting, OptOut
from tenants.models import Tenant, User

ANN, BEN = "+15125550301", "+15125550302"
OURS, THEIRS = "+19195550101", "+13125550201"
TEXT = {"to": [ANN], "text": "Your crown is ready."}
BOTH = {**TEXT, "to": [ANN, BEN], "send_individually": True}
DRAFT = {"name": "Closed", "from": OURS, "text": "Closed today.", "numbers": [ANN]}


def _post(
    client: Client, body: dict[str, Any], key: str, *, slug: str = "acme", what: str = "messages"
) -> Any:
    url = f"/t/{slug}/api/v1/{what}/"
    return client.post(url, body, content_type="application/json", headers={once.HEADER: key})


@pytest.fixture
def admin(api: Any, alice: User, acme_line: MessageSetting) -> Client:
    client: Client = api(alice)
    return client


@pytest.fixture
def stored(acme: Tenant, inside: Any) -> Callable[..., int]:
    """Count what Acme has of a table."""

    def count(model: Any = Message) -> int:
        with inside(acme):
            return int(model.objects.count())

    return count


@pytest.mark.parametrize(
    ("body", "what", "model", "made"),
    [
        pytest.param(TEXT, "messages", Message, 1, id="a text"),
        pytest.param(BOTH, "messages", Message, 2, id="a text to each"),
        pytest.param(DRAFT, "broadcasts", Broadcast, 1, id="a broadcast"),
    ],
)
def test_a_request_that_comes_again_is_done_once(admin, stored, body, what, model, made) -> None:
    first = _post(admin, body, "order-4711", what=what)
    assert (first.status_code, first.headers.get(once.REPLAYED)) == (201, None), first.content

    second = _post(admin, body, "order-4711", what=what)

    assert (second.status_code, second.headers[once.REPLAYED]) == (200, "true")
    assert second.json() == first.json()
    assert stored(model) == made
    assert _post(admin, body, "order-4712", what=what).status_code == 201
    assert stored(model) == made * 2


@pytest.mark.parametrize(
    ("body", "key", "status"),
    [
        pytest.param({**TEXT, "text": "Another"}, "k", 422, id="another text"),
        pytest.param({**TEXT, "to": [BEN]}, "k", 422, id="another recipient"),
        pytest.param({**TEXT, "from": OURS}, "k", 422, id="a sender"),
        pytest.param({**TEXT, "media": [str(once.UUID(int=1))]}, "k", 422, id="a file"),
        pytest.param(TEXT, "", 400, id="an empty key"),
        pytest.param(TEXT, "x" * 256, 400, id="a long key"),
        pytest.param(TEXT, "a b", 400, id="a key with a space"),
        pytest.param(TEXT, "clé", 400, id="a key beyond ASCII"),
    ],
)
def test_what_is_not_the_same_request_is_refused(admin, stored, body, key, status) -> None:
    assert _post(admin, TEXT, "k").status_code == 201
    refused = _post(admin, body, key)
    assert refused.status_code == status
    told = refused.json()
    assert told["code"] == "key_reused" if status == 422 else set(told) == {once.HEADER}
    assert stored() == 1


def test_keys_of_other_people_and_tenants_never_meet(
    admin, api, acme, globex, alice, bob, gina, globex_line, inside, stored
) -> None:
    """Though one person works in both."""
    alice.memberships.create(tenant=globex, role="admin")
    clients = [("acme", admin), ("acme", api(bob)), ("globex", admin), ("globex", api(gina))]
    answers = [_post(client, TEXT, "k", slug=slug) for slug, client in clients]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 4
    assert stored() == 2


def test_what_was_refused_may_come_again_with_its_key(admin, acme, inside, stored) -> None:
    with inside(acme):
        opt_out = OptOut.objects.create(our_number=OURS, number=ANN)
    assert _post(admin, TEXT, "k").status_code == 422
    assert stored(IdempotencyKey) == 0
    with inside(acme):
        opt_out.delete()
    assert _post(admin, TEXT, "k").status_code == 201


def test_what_is_deleted_is_not_sent_again(admin, acme, inside, stored) -> None:
    assert _post(admin, DRAFT, "k", what="broadcasts").status_code == 201
    with inside(acme):
        Broadcast.objects.all().delete()
    assert _post(admin, DRAFT, "k", what="broadcasts").status_code == 409
    assert stored(Broadcast) == 0


def test_keys_are_forgotten_after_days(admin, acme, inside, stored) -> None:
    _post(admin, TEXT, "old")
    with inside(acme):
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=3, hours=1))
    _post(admin, TEXT, "new")
    assert stored(IdempotencyKey) == 1


def test_who_comes_while_the_first_is_under_way_is_told_so(
    admin, acme, alice, stored, monkeypatch
) -> None:
    """The first is another process that has not come to its end."""
    monkeypatch.setattr(once, "PATIENCE", "1ms")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '4s'")  # the connection's own
    values = connection.get_connection_params()
    with psycopg.connect(**{k: values[k] for k in ("dbname", "user", "password", "host", "port")
                            if k in values}) as other:  # fmt: skip
        other.execute(
            "INSERT INTO t_acme.messaging_idempotencykey"
            " (user_id, key_hash, fingerprint, made, created_at) VALUES (%s, %s, '', '{}', now())",
            [alice.pk, once.hashlib.sha256(b"k").digest()],
        )
        assert _post(admin, TEXT, "k").status_code == 409
        assert stored() == 0
        other.rollback()
    assert _post(admin, TEXT, "k").status_code == 201
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("4s",)
        cursor.execute("RESET lock_timeout")
