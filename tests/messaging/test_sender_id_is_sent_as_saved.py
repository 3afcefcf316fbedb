"""What is taken for a sender ID when it is typed is what texts go out from."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.models import SmsConfiguration
from messaging.number_settings import NumberProblem, normalize_sender_id
from messaging.outbound.sender_ids import default_sender
from tenants.models import PhoneNumber, Tenant


@pytest.mark.parametrize(
    ("typed", "saved"),
    [
        ("Acme Dental", "Acme Dental"),
        ("Smith & Co", "Smith & Co"),
        ("A-1_Plus+", "A-1_Plus+"),
        ("12345", "12345"),
        (" (919) 555-0101 ", "+19195550101"),
    ],
    ids=["name", "name with &", "name with other signs", "short code", "own number"],
)
def test_it_is_read_the_same_way_twice(
    acme: Tenant,
    acme_number: PhoneNumber,
    acme_configuration: SmsConfiguration,
    inside: Any,
    typed: str,
    saved: str,
) -> None:
    with inside(acme):
        acme_configuration.sender_id = normalize_sender_id(acme, typed)
        assert acme_configuration.sender_id == saved
        assert default_sender(acme_configuration) == saved


@pytest.mark.parametrize("typed", ["Acme!", "Too long a name", "Zähne", "1", "☎"])
def test_what_no_carrier_takes_is_refused(acme: Tenant, inside: Any, typed: str) -> None:
    with inside(acme), pytest.raises(NumberProblem) as problem:
        normalize_sender_id(acme, typed)
    assert problem.value.field == "sender_id"


def test_another_tenants_number_is_refused(
    acme: Tenant, globex_number: PhoneNumber, inside: Any
) -> None:
    with inside(acme), pytest.raises(NumberProblem):
        normalize_sender_id(acme, globex_number.number)
