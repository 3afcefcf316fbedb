"""Quiet hours by the tenant's clock."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from messaging.models import NotificationChoice
from messaging.push.quiet import is_quiet, wants_notice

NEW_YORK = "America/New_York"


def _choice(begin: str | None, end: str | None) -> NotificationChoice:
    return NotificationChoice(
        quiet_from=time.fromisoformat(begin) if begin else None,
        quiet_until=time.fromisoformat(end) if end else None,
    )


@pytest.mark.parametrize(
    ("begin", "end", "at", "quiet"),
    [
        pytest.param(None, None, "2026-06-01T03:00", False, id="none"),
        pytest.param("12:00", "13:00", "2026-06-01T16:00", True, id="begins"),
        pytest.param("12:00", "13:00", "2026-06-01T15:59", False, id="before"),
        pytest.param("12:00", "13:00", "2026-06-01T16:59", True, id="last minute"),
        pytest.param("12:00", "13:00", "2026-06-01T17:00", False, id="over"),
        pytest.param("22:00", "07:00", "2026-06-02T02:00", True, id="evening"),
        pytest.param("22:00", "07:00", "2026-06-02T04:00", True, id="midnight"),
        pytest.param("22:00", "07:00", "2026-06-02T10:59", True, id="early"),
        pytest.param("22:00", "07:00", "2026-06-02T11:00", False, id="morning"),
        pytest.param("22:00", "07:00", "2026-06-02T16:00", False, id="noon"),
        pytest.param("22:00", "07:00", "2026-01-02T11:30", True, id="winter is an hour later"),
        # 2026-03-08: 2:00 becomes 3:00 in New York.
        pytest.param("01:00", "03:00", "2026-03-08T06:30", True, id="before the spring gap"),
        pytest.param("01:00", "03:00", "2026-03-08T07:00", False, id="after the spring gap"),
        # 2026-11-01: 2:00 becomes 1:00, so 1:30 is twice.
        pytest.param("01:00", "02:00", "2026-11-01T05:30", True, id="first 1:30 of autumn"),
        pytest.param("01:00", "02:00", "2026-11-01T06:30", True, id="second 1:30 of autumn"),
        pytest.param("01:00", "02:00", "2026-11-01T07:00", False, id="after the second hour"),
    ],
)
def test_quiet(begin, end, at, quiet) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert is_quiet(_choice(begin, end), moment, NEW_YORK) is quiet


def test_the_zone_is_the_tenants() -> None:
    moment = datetime(2026, 6, 2, 2, 0, tzinfo=UTC)
    assert is_quiet(_choice("22:00", "07:00"), moment, NEW_YORK)
    assert not is_quiet(_choice("22:00", "07:00"), moment, "Asia/Tokyo")


@pytest.mark.parametrize("enabled", [True, False])
def test_the_switch_is_above_the_hours(enabled) -> None:
    choice = NotificationChoice(enabled=enabled)
    assert wants_notice(choice, datetime(2026, 6, 2, tzinfo=UTC), NEW_YORK) is enabled


def test_without_a_choice_everything_is_told() -> None:
    assert wants_notice(None, datetime(2026, 6, 2, tzinfo=UTC), NEW_YORK)
