"""Every documented delivery code is explained."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from providers.bandwidth.codes import CODES, Outcome, lookup
from providers.types import FailureReason

DOCUMENTED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "payloads/bandwidth/error_codes.json").read_text()
)


def test_the_table_is_complete() -> None:
    assert set(CODES) == {str(row["code"]) for row in DOCUMENTED}


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: str(row["code"]))
def test_a_documented_code_has_its_name_outcome_and_sentence(row: dict[str, Any]) -> None:
    code = lookup(str(row["code"]))
    assert code.name == row["name"]
    assert (code.outcome, code.retries) == (row["outcome"], row["retries"])
    assert code.is_retryable == (row["outcome"] == "transient")
    assert code.sentence.endswith(".")
    assert len(code.sentence) <= 200


@dataclass(frozen=True)
class Unlisted:
    code: str
    outcome: Outcome
    retries: int
    reason: FailureReason


@pytest.mark.parametrize(
    "case",
    [
        Unlisted("4999", Outcome.PERMANENT, 0, FailureReason.REJECTED),
        Unlisted("5998", Outcome.TRANSIENT, 1, FailureReason.CARRIER),
        Unlisted("9001", Outcome.UNKNOWN, 0, FailureReason.UNKNOWN),
        Unlisted("1234", Outcome.UNKNOWN, 0, FailureReason.UNKNOWN),
        Unlisted("49999", Outcome.UNKNOWN, 0, FailureReason.UNKNOWN),
        Unlisted("abc", Outcome.UNKNOWN, 0, FailureReason.UNKNOWN),
        Unlisted("", Outcome.PERMANENT, 0, FailureReason.UNKNOWN),
    ],
    ids=lambda case: case.code or "none",
)
def test_an_unlisted_code_follows_the_numbering_scheme(case: Unlisted) -> None:
    code = lookup(case.code)
    assert (code.outcome, code.retries, code.reason) == (case.outcome, case.retries, case.reason)
    assert case.code in code.sentence


@pytest.mark.parametrize("code", ["4475", "4775"])
def test_both_opt_out_codes_are_opt_outs(code: str) -> None:
    assert lookup(code).reason is FailureReason.OPTED_OUT
