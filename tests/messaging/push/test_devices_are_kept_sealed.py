"""A device's address and keys are encrypted in the database; those from before go on ringing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from messaging.models import PushSubscription
from messaging.push import devices
from messaging.push.outgoing import send_trial
from messaging.push.sending import Answer
from tenants.models import Tenant, User

_COLUMNS = "SELECT endpoint, p256dh, auth, endpoint_hash FROM t_acme.messaging_pushsubscription"


def _columns() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        [row] = cursor.fetchall()
        return list(row)


@pytest.fixture
def plain(
    turned_on: Callable[..., Any], bob: User, acme: Tenant, inside: Any
) -> tuple[Any, list[str]]:
    """Bob's phone as an earlier release kept it, and what it hands out."""
    phone = turned_on(bob, acme)
    told = list(phone.fields.values())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE t_acme.messaging_pushsubscription"
            " SET endpoint = %s, p256dh = %s, auth = %s, endpoint_hash = %s",
            [*told, hashlib.sha256(phone.endpoint.encode()).digest()],
        )
    return phone, told


def _rings(service: Any, acme: Tenant, phone: Any) -> bool:
    service.post(phone.endpoint, status=201)
    [row] = PushSubscription.objects.all()
    return send_trial(row, acme) is Answer.TAKEN


def test_nothing_of_a_device_can_be_read_in_the_database(
    turned_on, bob, acme, inside, service
) -> None:
    phone = turned_on(bob, acme)
    *sealed, digest = _columns()
    assert all(value.startswith("gAAAA") for value in sealed)
    assert bytes(digest) != hashlib.sha256(phone.endpoint.encode()).digest()
    with inside(acme):
        assert _rings(service, acme, phone)


@pytest.mark.parametrize("way", ["by the command", "by a visit", "by turning it on again"])
def test_a_device_from_before_rings_and_is_sealed(
    plain, bob, acme, inside, service, turned_on, way
) -> None:
    phone, told = plain
    with inside(acme):
        assert _rings(service, acme, phone)
    if way == "by the command":
        with pytest.raises(Exception, match="3 values still need an older key"):
            call_command("rotate_encryption_keys", "--check", stdout=StringIO())
        call_command("rotate_encryption_keys", stdout=StringIO())
    elif way == "by a visit":
        with inside(acme):
            assert devices.recognise(bob, phone.endpoint) is not None
    else:
        told = list(turned_on(bob, acme).fields.values())
    assert all(value.startswith("gAAAA") for value in _columns()[:3])
    with inside(acme):
        [row] = devices.by_endpoint(bob, phone.endpoint)
        assert [row.endpoint, row.p256dh, row.auth] == told
        assert _rings(service, acme, phone)
