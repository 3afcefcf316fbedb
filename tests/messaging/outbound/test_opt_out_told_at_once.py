"""A carrier that answers a request with "they opted out" is believed, as one that says so later."""

from __future__ import annotations

import pytest

from messaging.delivery.attempt import deliver
from messaging.models import ConsentEntry, OptOut
from providers.errors import MessageRejected
from providers.types import FailureReason
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import CUSTOMER


@pytest.mark.parametrize(
    ("recipients", "is_recorded"),
    [([CUSTOMER], True), ([CUSTOMER, "+15125550301"], False)],
    ids=["one", "a group, of which it is not said who"],
)
def test_refusal_for_an_opt_out_is_recorded(
    write: Write,
    carrier: type[ScriptedCarrier],
    recipients: list[str],
    is_recorded: bool,  # noqa: FBT001  # a case of the table
) -> None:
    message = write(recipients=recipients)
    carrier.script[:] = [
        MessageRejected("They opted out.", error_code="4775", reason=FailureReason.OPTED_OUT)
    ]
    deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, message.failure_reason) == ("failed", "opted_out")
    outs = list(OptOut.objects.values_list("our_number", "number", "source"))
    lines = list(ConsentEntry.objects.values_list("number", "action", "source", "detail"))
    if is_recorded:
        assert outs == [(message.sender, CUSTOMER, "carrier")]
        assert lines == [(CUSTOMER, "opt_out", "carrier", "Code 4775")]
    else:
        assert (outs, lines) == ([], [])
