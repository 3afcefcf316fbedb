"""Any order and repetition of a set of receipts ends in the same state: a property."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.delivery.attempt import deliver
from messaging.models import Message, OptOut
from messaging.models.message import RANK, Status
from messaging.pacing import buckets
from providers.bandwidth.codes import lookup
from providers.errors import OutcomeUnknown
from providers.types import OutboundMessage, ReceiptStatus
from tests.messaging.outbound.carrier import ScriptedCarrier
from tests.messaging.outbound.conftest import Write
from tests.messaging.outbound.receipt import AT, CUSTOMER

Arrive = Callable[..., bool]
GROUP = (CUSTOMER, "+15125550301", "+15125550302")
LIMIT = "4781"  # sent again by itself
CODES = {"unconfirmed": ["9902", "4702"], "failed": ["4720", "4406", "4775", "5600", LIMIT]}


@dataclass(frozen=True, order=True)
class Word:
    """One receipt: what it says of whom, and when that happened."""

    number: str
    status: str
    code: str
    minute: int

    @property
    def at(self) -> datetime:
        return AT + timedelta(minutes=self.minute)

    @property
    def text(self) -> str:
        return f"Code {self.code} it was."

    def arrive(self, message: Message, arrive: Arrive) -> None:
        values: dict[str, Any] = {"recipient": self.number, "occurred_at": self.at}
        values |= {"error_code": self.code, "error_text": self.text if self.code else ""}
        if self.status == "failed":
            values["failure_reason"] = lookup(self.code).reason
        else:
            values["failure_reason"] = None
        assert arrive(message, self.status, **values)


def words_about(number: str) -> st.SearchStrategy[Word]:
    def word(status: str) -> st.SearchStrategy[Word]:
        codes = st.sampled_from(CODES.get(status, [""]))
        return st.builds(Word, st.just(number), st.just(status), codes, st.integers(0, 3))

    return st.sampled_from([each.value for each in ReceiptStatus]).flatmap(word)


@dataclass(frozen=True)
class Story:
    """Receipts in the order they come, and how many of them beat the carrier's own answer."""

    recipients: tuple[str, ...]
    words: tuple[Word, ...]
    early: int
    is_answered: bool


@st.composite
def stories(draw: st.DrawFn) -> Story:
    recipients = draw(st.sampled_from([GROUP[:1], GROUP[:2], GROUP]))
    about = st.sampled_from(recipients).flatmap(words_about)
    words = draw(st.lists(about, min_size=1, max_size=6))
    repeated = draw(st.lists(st.sampled_from(words), max_size=3))
    order = draw(st.permutations(words + repeated))
    return Story(
        recipients=recipients,
        words=tuple(order),
        early=draw(st.integers(0, len(order))),
        is_answered=draw(st.booleans()),
    )


def outcome_of(words: Sequence[Word]) -> tuple[str, Word | None]:
    """Return the state a recipient must end in, and the receipt that counts for it."""
    ranked = {"sending": Status.SENT, "sent": Status.SENT}
    states = [(ranked.get(word.status, Status(word.status)), word) for word in words]
    if not states:
        return Status.SENT, None
    highest = max((state for state, _ in states), key=lambda state: RANK[state])
    return highest, min(
        (word for state, word in states if state == highest),
        key=lambda word: (word.code != LIMIT, word.at, word.code),
    )


def expected(story: Story) -> dict[str, Any]:
    """Say what the set of receipts means, whatever their order."""
    fates = {
        number: outcome_of([word for word in story.words if word.number == number])
        for number in story.recipients
    }
    at_rest = all(RANK[state] > RANK[Status.SENT] for state, _ in fates.values())
    again = {
        number
        for number, (state, word) in fates.items()
        if at_rest and state == Status.FAILED and word and word.code == LIMIT
    }
    fates |= dict.fromkeys(again, (Status.QUEUED, None))
    states = [state for state, _ in fates.values()]
    worst = next((s for s in (Status.FAILED, Status.UNCONFIRMED) if s in states), None)
    told = [word for state, word in fates.values() if worst and state == worst and word]
    first = min(told, key=lambda word: (word.at, word.code, word.number), default=None)
    is_group = len(story.recipients) > 1
    all_have_it = set(states) == {Status.DELIVERED}
    text = "" if first is None else f"{first.number}: {first.text}" if is_group else first.text
    # When somebody gets it again the first sending's id is given up, and with it its time; who
    # turns out to have it by then leaves no trace of that.
    kept = (
        {}
        if any(word.code == LIMIT for word in story.words)
        else {
            "sent_at": min(word.at for word in story.words),
            "provider_message_id": "bw-1",
        }
    )
    return {
        "status": min(states, key=lambda state: RANK[state]),
        "error_code": first.code if first else "",
        "error_text": text,
        "failure_reason": lookup(first.code).reason if first and worst == Status.FAILED else "",
        "delivered_at": max(word.at for _, word in fates.values() if word) if all_have_it else None,
        **kept,
        "recipients": [
            (
                number,
                state,
                word.code if word and state in (Status.FAILED, Status.UNCONFIRMED) else "",
            )
            for number, (state, word) in fates.items()
        ],
    }


def ending(message: Message) -> dict[str, Any]:
    message.refresh_from_db()
    names = ["status", "error_code", "error_text", "failure_reason", "delivered_at", "sent_at"]
    ends = {name: getattr(message, name) for name in [*names, "provider_message_id"]}
    ends["recipients"] = [(r.number, r.status, r.error_code) for r in message.recipients.all()]
    return ends


@pytest.mark.usefixtures("at_acme")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories())
def test_every_order_of_the_same_receipts_ends_the_same(
    story: Story, write: Write, carrier: type[ScriptedCarrier], arrive: Arrive
) -> None:
    # What the story before left behind.
    Message.objects.all().update(provider_message_id="")
    OptOut.objects.all().delete()
    buckets.PREFIX = f"pacing:{uuid4().hex}:"
    message = write(recipients=list(story.recipients))

    def answer(_: OutboundMessage) -> str:
        for word in story.words[: story.early]:
            word.arrive(message, arrive)
        if not story.is_answered:
            raise OutcomeUnknown("The connection broke.")
        return "bw-1"

    carrier.script[:] = [answer]
    deliver(message.pk)
    for word in story.words[story.early :]:
        word.arrive(message, arrive)

    wanted = expected(story)
    ends = ending(message)
    assert {name: ends[name] for name in wanted} == wanted
    assert ends["provider_message_id"] == ("" if ends["status"] == "queued" else "bw-1") or (
        ends["status"] != "sent" and "sent_at" not in wanted
    )
