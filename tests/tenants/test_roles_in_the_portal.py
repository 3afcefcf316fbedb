"""Who comes through which door."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("alice", "/t/acme/", 200),
        ("alice", "/t/globex/", 403),
        ("gina", "/t/acme/", 403),
        ("bob", "/t/acme/", 403),
        ("root", "/t/acme/", 200),
        ("alice", "/system/", 403),
        ("root", "/system/", 200),
        ("alice", "/t/nowhere/", 404),
    ],
)
def test_a_door_opens_to_its_role_only(
    request, signed_in, acme, globex, person, path, status
) -> None:
    client = signed_in(request.getfixturevalue(person))
    assert client.get(path).status_code == status


def test_a_stranger_is_sent_to_the_sign_in(acme) -> None:
    response = Client().get("/t/acme/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=%2Ft%2Facme%2F"
