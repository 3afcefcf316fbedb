"""A form on another site changes nothing here: every address but the webhook asks for our token."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.portal.addresses import PUBLIC, TENANT, Address, People, Samples, addresses

# Carriers have no cookies: they sign in by the endpoint's own credentials.
WEBHOOK = "webhook/"


def _forging(person: Client) -> Client:
    """The person's browser, with a form that it was tricked into sending."""
    client = Client(enforce_csrf_checks=True)
    client.cookies = person.cookies
    return client


def _taken(client: Client, prefix: str, rows: list[Address], samples: Samples) -> dict[str, int]:
    answers: dict[str, int] = {}
    for address in rows:
        path = prefix + address.filled(samples)
        for send in (client.post, client.put, client.patch, client.delete):
            status = send(path, {}, content_type="application/json").status_code
            if status != 403:
                answers[f"{send.__name__} {path}"] = status
    return answers


@pytest.mark.parametrize(
    ("urlconf", "person"),
    [
        pytest.param(TENANT, "admin", id="a tenant's admin"),
        pytest.param(TENANT, "extension_user", id="an extension user"),
        pytest.param(PUBLIC, "system_admin", id="a system admin"),
    ],
)
def test_no_address_takes_a_form_without_our_token(
    urlconf: str, person: str, furnished: Samples, people: People, signed_in: Any
) -> None:
    prefix = "/t/acme/" if urlconf == TENANT else "/"
    rows = [one for one in addresses(urlconf) if not one.path.startswith(WEBHOOK)]
    assert len(rows) > 60

    assert _taken(_forging(signed_in(getattr(people, person))), prefix, rows, furnished) == {}
