"""Blocks of numbers and daily figures over the platform's API."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import PhoneNumber, Tenant, Trunk, UsageDay

ALLOT = "/api/v1/phone-numbers/allot/"
USAGE = "/api/v1/usage/"


@pytest.fixture
def platform(api, root) -> Client:
    return api(root)


def _allot(client: Client, trunk: Any, tenant: Any, numbers: Any) -> Any:
    body = {"trunk": trunk, "tenant": tenant, "numbers": numbers}
    return client.post(ALLOT, body, content_type="application/json")


def test_a_block_is_given_out(platform, trunk, acme) -> None:
    _allot(platform, trunk.pk, None, "+19195550101-+19195550102")
    _allot(platform, trunk.pk, "acme", "+19195550103")
    answer = _allot(platform, trunk.pk, "acme", "9195550101-9195550105")
    assert (answer.status_code, answer.json()) == (
        200,
        {"added": 2, "already": 1, "handed_over": 2},
    )
    assert PhoneNumber.objects.filter(tenant=acme).count() == 5


def test_clashes_are_told_in_words_and_nothing_is_stored(platform, trunk, globex_number) -> None:
    answer = _allot(platform, trunk.pk, "acme", "+13125550200-+13125550202")
    assert answer.status_code == 400
    assert answer.json() == {
        "numbers": ["+1 312-555-0201 already belongs to Globex Plumbing (trunk Bandwidth)."]
    }
    assert PhoneNumber.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"numbers": "abc"}, "numbers"),
        ({"numbers": 5.5}, "numbers"),
        ({"numbers": ""}, "numbers"),
        ({"numbers": "+12000000000-+19999999999"}, "numbers"),
        ({"trunk": 10**30}, "trunk"),
        ({"trunk": "x"}, "trunk"),
        ({"tenant": "nobody"}, "tenant"),
        ({"tenant": "a\x00"}, "tenant"),
    ],
    ids=str,
)
def test_a_mistake_is_told_at_its_field(change, field, platform, trunk) -> None:
    body = {"trunk": trunk.pk, "tenant": "acme", "numbers": "9195550101", **change}
    answer = platform.post(ALLOT, body, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert not PhoneNumber.objects.exists()


def test_a_tenants_trunk_is_not_for_others(platform, acme) -> None:
    own = Trunk.objects.create(name="Own", tenant=acme)
    assert _allot(platform, own.pk, "globex", "9195550101").status_code == 400


@pytest.fixture
def figures(acme, globex) -> None:
    for tenant in (acme, globex):
        for day in range(1, 31):
            UsageDay.objects.create(
                tenant=tenant,
                day=date(2026, 3, day),
                received=day,
                sent=2,
                segments=5,
                counted_at=timezone.now(),
            )


def test_figures_are_told_by_day(platform, figures) -> None:
    row = platform.get(USAGE).json()["results"][0]
    row.pop("counted_at")
    assert row == {
        "tenant": "acme",
        "day": "2026-03-30",
        "received": 30,
        "sent": 2,
        "delivered": 0,
        "failed": 0,
        "segments": 5,
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("tenant=acme", 30),
        ("tenant=nobody", 0),
        ("after=2026-03-30", 2),
        ("before=2026-03-02", 4),
        ("tenant=globex&after=2026-03-02&before=2026-03-03", 2),
    ],
)
def test_figures_are_filtered(query, count, platform, figures) -> None:
    assert platform.get(f"{USAGE}?{query}").json()["count"] == count


def test_a_day_that_is_none_is_a_field_error(platform) -> None:
    answer = platform.get(f"{USAGE}?after=yesterday")
    assert (answer.status_code, list(answer.json())) == (400, ["after"])


def test_many_figures_take_few_queries(platform, figures) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert len(platform.get(f"{USAGE}?page_size=60").json()["results"]) == 60
    assert len(captured) <= 6


@pytest.mark.parametrize("person", ["alice", "bob", "gina"])
def test_only_system_admins_may(person, request, api, trunk) -> None:
    client = api(request.getfixturevalue(person))
    assert client.get(USAGE).status_code == 403
    assert _allot(client, trunk.pk, "acme", "9195550101").status_code == 403
    assert not PhoneNumber.objects.exists()


def test_figures_are_read_only(platform, figures) -> None:
    assert platform.post(USAGE, {}, content_type="application/json").status_code == 405
    assert Tenant.objects.count() == 2


def test_both_are_described(platform) -> None:
    schema = platform.get("/api/v1/schema/").content.decode()
    for path in (USAGE, ALLOT, "/api/v1/webhook-events/{id}/discard/"):
        assert path in schema
