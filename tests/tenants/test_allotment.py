"""Giving out numbers in blocks: all of a block, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants import allotment
from tenants.allotment import CannotAllot, StillUsed
from tenants.models import PhoneNumber, Tenant, Trunk

BLOCK = "+19195550101-+19195550105"


def _owners() -> dict[str, str | None]:
    return {row.number[-3:]: row.tenant and row.tenant.slug for row in PhoneNumber.objects.all()}


def test_a_block_is_given_to_a_tenant(trunk, acme) -> None:
    done = allotment.allot(trunk, acme, f"{BLOCK}; 1-888-555-0100; 72720")
    assert (len(done.added), done.already, done.handed_over) == (7, (), ())
    assert PhoneNumber.objects.filter(tenant=acme, trunk=trunk).count() == 7
    kinds = dict(PhoneNumber.objects.values_list("number", "kind"))
    assert (kinds["+18885550100"], kinds["72720"]) == ("toll_free", "short_code")


def test_numbers_without_a_tenant_are_free_and_are_handed_over_later(trunk, acme) -> None:
    allotment.allot(trunk, None, BLOCK)
    PhoneNumber.objects.filter(number="+19195550101").update(is_main=True)
    PhoneNumber.objects.create(number="+19195550106", trunk=trunk, tenant=acme, is_main=True)
    done = allotment.allot(trunk, acme, "+19195550101-+19195550107")
    counts = (len(done.added), len(done.handed_over), len(done.already))
    assert counts == (1, 5, 1)
    assert set(_owners().values()) == {"acme"}
    assert PhoneNumber.objects.get(is_main=True).number == "+19195550106"


def test_a_number_of_another_tenant_is_named_and_nothing_is_stored(trunk, acme, globex) -> None:
    PhoneNumber.objects.create(number="+19195550105", trunk=trunk, tenant=globex)
    with pytest.raises(CannotAllot) as refused:
        allotment.allot(trunk, acme, BLOCK)
    assert refused.value.reasons == [
        "+1 919-555-0105 already belongs to Globex Plumbing (trunk Bandwidth)."
    ]
    assert _owners() == {"105": "globex"}


def test_many_clashes_are_counted(trunk, acme, globex) -> None:
    allotment.allot(trunk, globex, "+19195550100-+19195550129")
    with pytest.raises(CannotAllot) as refused:
        allotment.allot(trunk, acme, "+19195550100-+19195550199")
    assert len(refused.value.reasons) == 21
    assert refused.value.reasons[-1] == "And 10 more numbers that are taken."


@pytest.mark.parametrize(
    ("owner", "words"),
    [("acme", "already belongs to Acme Dental Group (trunk Other)"), (None, "on another trunk")],
)
def test_a_number_on_another_trunk_clashes(owner, words, trunk, acme) -> None:
    other = Trunk.objects.create(name="Other")
    tenant = acme if owner else None
    PhoneNumber.objects.create(number="+19195550101", trunk=other, tenant=tenant)
    with pytest.raises(CannotAllot, match=words.replace("(", r"\(").replace(")", r"\)")):
        allotment.allot(trunk, acme, BLOCK)
    assert PhoneNumber.objects.count() == 1


@pytest.mark.parametrize("slug", ["globex", None])
def test_numbers_of_a_tenants_trunk_go_to_that_tenant_only(slug, acme) -> None:
    own = Trunk.objects.create(name="Own", tenant=acme)
    tenant = Tenant.objects.filter(slug=slug).first()
    with pytest.raises(CannotAllot, match="belongs to Acme"):
        allotment.allot(own, tenant, BLOCK)
    assert allotment.allot(own, acme, BLOCK).total == 5


def test_two_who_enter_the_same_number_at_once_get_it_once(
    trunk, acme, globex, monkeypatch
) -> None:
    def overtaken(*args: Any) -> Any:
        plan = planned(*args)
        PhoneNumber.objects.create(number="+19195550103", trunk=trunk, tenant=globex)
        return plan

    planned = allotment.plan
    monkeypatch.setattr(allotment, "plan", overtaken)
    with pytest.raises(CannotAllot, match="at this moment"):
        allotment.allot(trunk, acme, BLOCK)
    assert _owners() == {"103": "globex"}


def test_a_free_number_that_was_just_given_away_is_not_taken(
    trunk, acme, globex, monkeypatch
) -> None:
    allotment.allot(trunk, None, BLOCK)

    def overtaken(*args: Any) -> Any:
        plan = planned(*args)
        PhoneNumber.objects.filter(number="+19195550103").update(tenant=globex)
        return plan

    planned = allotment.plan
    monkeypatch.setattr(allotment, "plan", overtaken)
    with pytest.raises(CannotAllot, match="at this moment"):
        allotment.allot(trunk, acme, BLOCK)
    assert [slug for slug in _owners().values() if slug] == ["globex"]


def test_thousands_of_numbers_take_a_few_statements(trunk, acme) -> None:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        allotment.allot(trunk, acme, "+19195550000-+19195559999")
    assert len(captured) <= 30  # most of them for the audit trail, 500 rows each
    assert PhoneNumber.objects.filter(tenant=acme).count() == 10_000


def test_numbers_are_taken_back(trunk, acme, globex) -> None:
    allotment.allot(trunk, acme, BLOCK)
    PhoneNumber.objects.filter(number="+19195550101").update(is_main=True)
    chosen = PhoneNumber.objects.filter(number__lte="+19195550103")
    assert allotment.take_back(chosen) == 3
    assert _owners() == {"101": None, "102": None, "103": None, "104": "acme", "105": "acme"}
    assert not PhoneNumber.objects.filter(is_main=True).exists()


def test_a_number_in_use_keeps_all_the_others_where_they_are(acme_line, trunk, acme) -> None:
    allotment.allot(trunk, acme, "+19195550102-+19195550109")
    with pytest.raises(StillUsed, match=r"\+1 919-555-0101 \(Acme Dental Group\)\."):
        allotment.take_back(PhoneNumber.objects.all())
    assert set(_owners().values()) == {"acme"}


def test_numbers_on_a_tenants_own_trunk_stay_with_it(acme) -> None:
    own = Trunk.objects.create(name="Own", tenant=acme)
    allotment.allot(own, acme, BLOCK)
    assert allotment.take_back(PhoneNumber.objects.all()) == 0
    assert set(_owners().values()) == {"acme"}
