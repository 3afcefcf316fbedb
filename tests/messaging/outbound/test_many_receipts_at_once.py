"""Receipts that are applied together end in the same rows as one by one: a property."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from messaging.delivery import timeline
from messaging.delivery.receipts import apply_receipt
from messaging.delivery.receipts_many import Told, apply_receipts
from messaging.models import Conversation, Message, MessageEvent, Recipient, SmsConfiguration
from messaging.models.message import Status
from messaging.pacing import buckets
from providers.bandwidth.codes import lookup
from providers.types import DeliveryReceipt, ReceiptStatus
from tenants.models import Tenant, Trunk
from tests.conftest import ACME_NUMBER, CUSTOMER, _configuration
from tests.messaging.outbound.receipt import AT

FRIEND = "+15125550301"
CODES = {"unconfirmed": ["9902", "4702"], "failed": ["4720", "4406", "4775", "4781"]}

# Of whom a message is, what became of it until now, and its place among the threads.
# (status, carrier's id, account, recipients, thread)
MESSAGES = [
    (Status.SENT, "bw-0", 0, 1, 0),
    (Status.QUEUED, "", 0, 1, 0),
    (Status.SENDING, "", 1, 1, 1),
    (Status.UNCONFIRMED, "", 0, 1, 2),
    (Status.SENT, "bw-4", 0, 2, 3),
    (Status.FAILED, "bw-5", 1, 1, 4),
    (Status.CANCELED, "", 0, 1, 5),
    (Status.SENDING, "", 0, 1, 6),  # sent again
]
KEYS = [UUID(int=n + 1) for n in range(len(MESSAGES))]


@dataclass(frozen=True)
class Word:
    """One receipt about one of MESSAGES, by what and which account it names."""

    tenant: int
    message: int
    status: str
    code: str
    minute: int
    named_by: str = "both"
    is_by_other: bool = False
    tag_of: int | None = None

    def receipt(self) -> DeliveryReceipt:
        tagged = self.message if self.tag_of is None else self.tag_of
        return DeliveryReceipt(
            provider_message_id="" if self.named_by == "tag" else f"bw-{self.message}",
            tag="" if self.named_by == "id" else str(KEYS[tagged]),
            recipient=FRIEND if self.minute == 3 else CUSTOMER,
            status=ReceiptStatus(self.status),
            occurred_at=AT + timedelta(minutes=self.minute),
            error_code=self.code,
            error_text=f"Code {self.code} it was." if self.code else "",
            failure_reason=lookup(self.code).reason if self.status == "failed" else None,
        )


def words() -> st.SearchStrategy[Word]:
    def word(status: str) -> st.SearchStrategy[Word]:
        return st.builds(
            Word,
            tenant=st.sampled_from([0, 0, 1]),
            message=st.integers(0, len(MESSAGES) - 1),
            status=st.just(status),
            code=st.sampled_from(CODES.get(status, [""])),
            minute=st.integers(0, 3),
            named_by=st.sampled_from(["both", "both", "tag", "id"]),
            is_by_other=st.sampled_from([False] * 9 + [True]),
            tag_of=st.sampled_from([None] * 9 + [0, 1, 2, 7]),
        )

    return st.sampled_from([each.value for each in ReceiptStatus]).flatmap(word)


@st.composite
def batches(draw: st.DrawFn) -> list[list[Word]]:
    """Receipts as they come, some of them twice, cut into batches."""
    few = draw(st.lists(words(), min_size=3, max_size=10))
    order = draw(st.permutations(few + draw(st.lists(st.sampled_from(few), max_size=4))))
    cut = draw(st.integers(0, len(order)))
    return [list(order[:cut]), list(order[cut:])]


@dataclass(frozen=True)
class Home:
    """One tenant with two accounts."""

    tenant: Tenant
    accounts: tuple[SmsConfiguration, SmsConfiguration]

    def furnish(self) -> None:
        threads = [
            Conversation(our_number=ACME_NUMBER, participants_key=f"+1512555{n:04}", last_at=AT)
            for n in range(7)
        ]
        Conversation.objects.bulk_create(threads)
        for n, (status, number, account, recipients, thread) in enumerate(MESSAGES):
            created_at = AT - timedelta(minutes=60 - n)
            message = Message.objects.create(
                pk=KEYS[n],
                conversation=threads[thread],
                direction="out",
                status=status,
                sender=ACME_NUMBER,
                configuration=self.accounts[account],
                provider_message_id=number,
                created_at=created_at,
                lookup_at=AT if status == Status.UNCONFIRMED else None,
                next_attempt_at=AT if status == Status.SENDING else None,
                failure_reason="rejected" if status == Status.FAILED else "",
            )
            for other in (CUSTOMER, FRIEND)[:recipients]:
                Recipient.objects.create(message=message, number=other, status=status)
            Conversation.objects.filter(pk=threads[thread].pk).update(
                last_at=created_at, last_direction="out", last_status=status
            )
        timeline.record(message, Status.QUEUED, detail=timeline.sent_again("bw-old"))

    def told(self, event: int, word: Word) -> Told:
        account = MESSAGES[word.message][2] ^ word.is_by_other
        return Told(event_id=event, receipt=word.receipt(), configuration=self.accounts[account])

    def rows(self) -> list[Any]:
        hidden = ("id", "conversation_id", "next_attempt_at")
        messages = [
            {name: value for name, value in row.items() if name not in hidden}
            # A limit's pause is drawn by lot.
            | {"waits": row["next_attempt_at"] is not None}
            for row in Message.objects.order_by("id").values()
        ]
        recipients = Recipient.objects.order_by("message", "number")
        lines = MessageEvent.objects.order_by("message", "id").exclude(detail__startswith="Sent a")
        said = ("message", "at", "status", "recipient", "error_code", "detail", "webhook_event_id")
        return [
            messages,
            list(recipients.values_list("message", "number", "status", "error_code")),
            list(lines.values_list(*said)),
            list(Conversation.objects.order_by("id").values_list("last_at", "last_status")),
        ]


def one_by_one(told: Sequence[Told]) -> set[int]:
    return {
        each.event_id
        for each in told
        if apply_receipt(
            each.receipt, configuration=each.configuration, webhook_event_id=each.event_id
        )
    }


def together(told: Sequence[Told]) -> set[int]:
    dealt_with = apply_receipts(told)
    return dealt_with | one_by_one([each for each in told if each.event_id not in dealt_with])


def ending(
    homes: Sequence[Home], story: list[list[Word]], apply: Callable[[Sequence[Told]], set[int]]
) -> list[Any]:
    """Return all rows after these batches, and what is left over after a second try."""
    buckets.PREFIX = f"pacing:{uuid4().hex}:"
    ends: list[Any] = []
    with transaction.atomic():
        for place, home in enumerate(homes):
            with tenant_context(home.tenant):
                waiting: list[Told] = []
                event = 0
                for batch in story:
                    told = []
                    for word in batch:
                        event += 1
                        if word.tenant == place:
                            told.append(home.told(event, word))
                    applied = apply(told)
                    waiting += [each for each in told if each.event_id not in applied]
                applied = apply(waiting)
                ends.append(home.rows())
                ends.append([e.event_id for e in waiting if e.event_id not in applied])
        transaction.set_rollback(True)
    return ends


@pytest.fixture
def homes(
    acme: Tenant,
    globex: Tenant,
    trunk: Trunk,
    acme_configuration: SmsConfiguration,
    globex_configuration: SmsConfiguration,
) -> list[Home]:
    both = [
        Home(tenant, (first, _configuration(tenant, trunk, name="Second", account_id=number)))
        for tenant, first, number in [
            (acme, acme_configuration, "9900011"),
            (globex, globex_configuration, "9900012"),
        ]
    ]
    for home in both:
        with tenant_context(home.tenant):
            home.furnish()
    return both


# By one account a text of the other's, whose own receipt comes right behind.
_CROSSED = [Word(0, 0, "sent", "", 0, is_by_other=True, tag_of=2), Word(0, 2, "sent", "", 0)]


@example(story=[_CROSSED, []])
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=batches())
def test_together_they_end_as_one_by_one(story: list[list[Word]], homes: list[Home]) -> None:
    assert ending(homes, story, together) == ending(homes, story, one_by_one)


@pytest.mark.parametrize(
    ("word", "is_plain"),
    [
        (Word(0, 0, "delivered", "", 0), True),
        (Word(0, 0, "failed", "4720", 0), True),
        (Word(0, 1, "sent", "", 0, named_by="tag"), True),
        (Word(0, 2, "delivered", "", 0), True),
        (Word(0, 0, "failed", "4775", 0), False),
        (Word(0, 0, "failed", "4781", 0), False),
        (Word(0, 0, "delivered", "", 0, is_by_other=True), False),
        (Word(0, 4, "delivered", "", 0), False),
        (Word(0, 6, "delivered", "", 0), False),
        (Word(0, 7, "delivered", "", 0), False),
        (Word(0, 1, "delivered", "", 0, named_by="id"), False),
    ],
    ids=[
        "delivered",
        "failed",
        "sooner than our own note",
        "while it is being sent",
        "an opt-out",
        "a volume limit",
        "by another account",
        "of a group",
        "of a canceled message",
        "of one that was sent again",
        "of an unknown message",
    ],
)
def test_only_what_is_plain_is_applied_together(
    word: Word, homes: list[Home], *, is_plain: bool
) -> None:
    with tenant_context(homes[0].tenant):
        assert apply_receipts([homes[0].told(7, word)]) == ({7} if is_plain else set())


def test_id_of_another_message_is_left_to_be_found_out(homes: list[Home]) -> None:
    claims = Word(0, 4, "sent", "", 0, tag_of=1, named_by="both")
    with tenant_context(homes[0].tenant):
        Message.objects.filter(pk=KEYS[4]).update(configuration=homes[0].accounts[1])

        assert apply_receipts([homes[0].told(7, claims)]) == set()
        assert Message.objects.get(pk=KEYS[1]).provider_message_id == ""
