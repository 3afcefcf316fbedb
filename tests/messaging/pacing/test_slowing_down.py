"""Half the rate when a carrier asks for it, and back little by little."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from messaging.models import Message, SmsConfiguration
from messaging.pacing import buckets, figures, slowdown
from messaging.pacing.limits import Limit
from tenants.models import PhoneNumber
from tests.messaging.pacing.street import START, Street, demand, limit

ACCOUNT = limit("account", 10.0)


def rate_at(now: float, account: Limit = ACCOUNT) -> float:
    return figures.pace(account, now=now).rate


def test_full_queue_halves_the_accounts_rate() -> None:
    slowdown.queue_full(ACCOUNT, retry_after=None, now=START)
    assert rate_at(START) == pytest.approx(5.0)


def test_rate_comes_back_little_by_little() -> None:
    slowdown.queue_full(ACCOUNT, retry_after=None, now=START)
    rates = [rate_at(START + second) for second in (0, 60, 150, 300, 900)]
    assert rates == pytest.approx([5.0, 6.0, 7.5, 10.0, 10.0])


def test_answers_about_one_burst_count_once() -> None:
    for second in range(9):
        slowdown.queue_full(ACCOUNT, retry_after=None, now=START + second)
    assert rate_at(START + 9) == pytest.approx(5.0, rel=0.05)
    slowdown.queue_full(ACCOUNT, retry_after=None, now=START + 11)
    assert rate_at(START + 11) == pytest.approx(2.6, rel=0.05)


def test_rate_never_falls_to_nothing() -> None:
    for step in range(50):
        slowdown.queue_full(ACCOUNT, retry_after=None, now=START + 20 * step)
    assert rate_at(START + 20 * 49) == pytest.approx(10.0 / 16, rel=0.3)


@pytest.mark.parametrize(("asked", "silence"), [(None, 10.0), (120.0, 120.0), (1.0, 1.0)])
def test_account_rests_for_as_long_as_the_carrier_asks(asked: float | None, silence: float) -> None:
    assert slowdown.queue_full(ACCOUNT, retry_after=asked, now=START) == pytest.approx(silence)
    quick = demand(account=ACCOUNT)
    assert buckets.ask(quick, now=START + silence - 0.5).wait == pytest.approx(0.5, abs=0.01)
    assert buckets.ask(quick, now=START + silence + 0.01).wait is None


def test_others_accounts_go_on() -> None:
    slowdown.queue_full(ACCOUNT, retry_after=60, now=START)
    assert buckets.ask(demand(account=limit("other", 1.0)), now=START).wait is None


def test_slower_account_lets_half_as_much_through() -> None:
    street = Street()
    street.queue(*[demand(account=ACCOUNT) for _ in range(2000)])
    street.run(until=20)
    before = street.segments(since=10, until=20)
    slowdown.queue_full(ACCOUNT, retry_after=1, now=START + 20)
    street.run(until=50)
    after = street.segments(since=30, until=40)
    assert before == pytest.approx(100, abs=5)
    assert 45 <= after <= 70


def test_state_expires_when_the_rate_is_back() -> None:
    slowdown.queue_full(ACCOUNT, retry_after=None, now=START)
    left = buckets.server().ttl(buckets.key("slow:account", ACCOUNT.name))
    assert 300 <= left <= 400


@pytest.fixture
def failed(write: Callable[..., Message], arrive: Callable[..., bool]) -> Callable[..., Message]:
    """A text of Acme's number that a carrier refused by a code."""

    def fail(code: str, **changes: Any) -> Message:
        message = write(**changes)
        Message.objects.filter(pk=message.pk).update(status="sent", provider_message_id="bw-1")
        message.refresh_from_db()
        assert arrive(message, "failed", error_code=code)
        return message

    return fail


@pytest.mark.parametrize("code", ["4780", "4781", "4785"])
def test_volume_code_slows_the_number_down(
    failed: Callable[..., Message], acme_number: PhoneNumber, code: str
) -> None:
    failed(code)
    pace = figures.number_pace(acme_number, configuration=SmsConfiguration.objects.get())
    assert pace.rate == pytest.approx(0.5, rel=0.01)
    assert pace.slowed_since is not None


@pytest.mark.parametrize("code", ["4750", "4770", ""])
def test_other_code_does_not(
    failed: Callable[..., Message], acme_number: PhoneNumber, code: str
) -> None:
    failed(code)
    pace = figures.number_pace(acme_number, configuration=SmsConfiguration.objects.get())
    assert pace.rate == pytest.approx(1.0)


def test_campaigns_numbers_slow_down_together(
    failed: Callable[..., Message], acme_number: PhoneNumber
) -> None:
    PhoneNumber.objects.update(campaign_id="CABC123")
    other = PhoneNumber.objects.create(
        number="+19195550102",
        trunk=acme_number.trunk,
        tenant=acme_number.tenant,
        campaign_id="CABC123",
    )
    failed("4781")
    pace = figures.number_pace(other, configuration=SmsConfiguration.objects.get())
    assert pace.rate == pytest.approx(0.5, rel=0.01)
