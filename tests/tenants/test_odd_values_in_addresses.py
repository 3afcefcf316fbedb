"""Values in an address that a form would never make."""

from __future__ import annotations

import pytest

FAR_OFF = "2026-10-01T05:29:25%2B19:31"  # an offset beyond what PostgreSQL holds


@pytest.mark.parametrize(
    ("person", "path"),
    [
        pytest.param("root", f"/system/tenants/accessentry/?at__gte={FAR_OFF}", id="access log"),
        pytest.param("root", f"/system/auditlog/logentry/?timestamp__gte={FAR_OFF}", id="audit"),
        pytest.param(
            "root", f"/system/providers/webhookevent/?received_at__gte={FAR_OFF}", id="webhook log"
        ),
        pytest.param(
            "alice", f"/t/acme/auditlog/logentry/?timestamp__gte={FAR_OFF}", id="tenant's audit"
        ),
        pytest.param(
            "alice", f"/t/acme/messaging/message/?created_at__gte={FAR_OFF}", id="message log"
        ),
    ],
)
def test_a_time_that_cannot_be_is_not_our_fault(request, signed_in, acme, person, path) -> None:
    answer = signed_in(request.getfixturevalue(person)).get(path)

    assert answer.status_code in (302, 400)
