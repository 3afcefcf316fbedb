from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from messaging.consent.keywords import consent_keyword
from messaging.consent.optouts import is_opted_out, record_opt_out, release
from messaging.models import OptOut
from tenants.models import Tenant

OURS = "+19195550101"
OTHER_OF_OURS = "+19195550102"
CUSTOMER = "+15125550300"

Inside = Callable[[Tenant], AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("STOP", "stop"),
        ("stop", "stop"),
        ("  Stop. ", "stop"),
        ("STOP!!!", "stop"),
        ("“Stop”", "stop"),
        ("\uff33\uff34\uff2f\uff30", "stop"),
        ("S\u200bTOP\ufeff", "stop"),
        ("Opt  Out", "stop"),
        ("opt-out", "stop"),
        ("StopAll", "stop"),
        ("revoke", "stop"),
        ("Unsubscribe\n", "stop"),
        ("START", "start"),
        ("Unstop", "start"),
        ("yes.", "yes"),
        ("STOP ALL", "stop"),
        ("Cancel", "stop"),
        ("END.", "stop"),
        ("quit…", "stop"),
        ("OPTOUT", "stop"),
        ("S\u034fTOP\ufe0f", "stop"),
        ("\u2066STOP\u2069", "stop"),
        ("help?", "help"),
        ("INFO", "help"),
        ("please stop by at 5", ""),
        ("don't stop", ""),
        ("stopp", ""),
        ("yes please", ""),
        ("", ""),
        ("!!!", ""),
        ("." * 10_000 + "STOP", ""),
    ],
)
def test_keyword_is_the_whole_text_or_none(text: str, keyword: str) -> None:
    assert consent_keyword(text) == keyword


def test_opt_out_counts_for_the_number_that_was_told(acme: Tenant, inside: Inside) -> None:
    with inside(acme):
        record_opt_out(OURS, CUSTOMER, OptOut.Source.KEYWORD)
        assert is_opted_out(OURS, CUSTOMER)
        assert not is_opted_out(OTHER_OF_OURS, CUSTOMER)
        assert not is_opted_out(OURS, "+15125550399")


def test_opt_out_of_no_number_in_particular_counts_for_all(acme: Tenant, inside: Inside) -> None:
    with inside(acme):
        record_opt_out(None, CUSTOMER, OptOut.Source.MANUAL)
        assert is_opted_out(OURS, CUSTOMER)
        assert is_opted_out(OTHER_OF_OURS, CUSTOMER)


@pytest.mark.parametrize("our_number", [OURS, None])
def test_opt_out_twice_is_recorded_once(
    acme: Tenant, inside: Inside, our_number: str | None
) -> None:
    with inside(acme):
        record_opt_out(our_number, CUSTOMER, OptOut.Source.KEYWORD)
        record_opt_out(our_number, CUSTOMER, OptOut.Source.CARRIER)
        assert list(OptOut.objects.values_list("source", flat=True)) == ["keyword"]


def test_release_lifts_only_what_was_said_to_that_number(acme: Tenant, inside: Inside) -> None:
    with inside(acme):
        record_opt_out(OURS, CUSTOMER, OptOut.Source.KEYWORD)
        record_opt_out(OTHER_OF_OURS, CUSTOMER, OptOut.Source.KEYWORD)
        release(OURS, CUSTOMER)
        assert not is_opted_out(OURS, CUSTOMER)
        assert is_opted_out(OTHER_OF_OURS, CUSTOMER)


def test_opt_out_in_one_tenant_means_nothing_in_another(
    acme: Tenant, globex: Tenant, inside: Inside
) -> None:
    with inside(acme):
        record_opt_out(None, CUSTOMER, OptOut.Source.KEYWORD)
    with inside(globex):
        assert not is_opted_out(OURS, CUSTOMER)
