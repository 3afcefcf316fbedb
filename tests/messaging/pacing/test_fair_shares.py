"""Tenants that have the platform's account in common, by a clock of the test."""

from __future__ import annotations

import pytest

from messaging.pacing.limits import Demand
from tests.messaging.pacing.street import Street, demand, limit


@pytest.fixture
def street() -> Street:
    return Street()


def texts(tenant: str, many: int, *, is_bulk: bool = True, rate: float = 2.0) -> list[Demand]:
    account = limit("platform", rate)
    return [demand(tenant=tenant, is_bulk=is_bulk, account=account) for _ in range(many)]


def test_tenant_alone_gets_the_whole_rate(street: Street) -> None:
    street.queue(*texts("acme", 1000))
    street.run(until=300)
    assert 600 <= street.segments() <= 610 + 1


@pytest.mark.parametrize("is_bulk", [True, False], ids=["bulk", "by the API"])
def test_three_tenants_get_a_third_each(street: Street, is_bulk: bool) -> None:  # noqa: FBT001
    street.queue(*texts("acme", 3000, is_bulk=is_bulk))
    street.queue(*texts("globex", 400, is_bulk=is_bulk), at=30)
    street.queue(*texts("initech", 400, is_bulk=is_bulk), at=30)
    street.run(until=330)
    got = street.by_tenant(since=60)
    assert sum(got.values()) >= 0.95 * 2 * 270
    for tenant in ("acme", "globex", "initech"):
        assert got[tenant] == pytest.approx(180, rel=0.15)


def test_share_that_nobody_uses_is_lent_and_given_back(street: Street) -> None:
    street.queue(*texts("acme", 3000))
    street.queue(*texts("globex", 50), at=60)
    street.run(until=400)
    assert street.by_tenant()["globex"] == 50
    assert max(at for at, each in street.gone if each.tenant == "globex") <= 60 + 60
    assert street.segments(since=200) >= 0.95 * 2 * 200


def test_reply_of_another_tenant_goes_at_once(street: Street) -> None:
    street.queue(*texts("acme", 10_000 // 10))
    street.queue(*texts("acme", 300, is_bulk=False))
    replies = texts("globex", 5, is_bulk=False)
    for second, reply in enumerate(replies):
        street.queue(reply, at=20 + 10 * second)
    street.run(until=90)
    waits = [street.went(reply) - (20 + 10 * n) for n, reply in enumerate(replies)]
    assert max(waits) <= 0.5


def test_bulk_of_one_is_not_shut_out_by_a_flood_of_another(street: Street) -> None:
    street.queue(*texts("acme", 3000, is_bulk=False))
    street.queue(*texts("globex", 400), at=30)
    street.run(until=330)
    assert street.by_tenant(since=60)["globex"] >= 0.8 * 270
