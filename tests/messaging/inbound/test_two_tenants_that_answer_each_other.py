"""Two companies of this platform that answer by themselves do not text each other for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from messaging.delivery.attempt import deliver
from messaging.models import AutoReply, BusinessHours, Message, MessageSetting
from messaging.outbound.send import send_message
from providers.memory import MemoryProvider, Sent
from tenants.models import PhoneNumber, Tenant, User
from tenants.roles import Role
from tests.conftest import ACME_NUMBER, GLOBEX_NUMBER
from tests.messaging.inbound.conftest import Arrive, Run

MOST_ROUNDS = 20

Converse = Callable[[str], list[tuple[str, str]]]
Close = Callable[..., None]


@pytest.fixture
def outbox(settings: Any) -> Iterator[list[Sent]]:
    """What the carrier of every account took."""
    settings.PROVIDERS = {"bandwidth": "providers.memory.MemoryProvider"}
    MemoryProvider.memory.reset()
    yield MemoryProvider.memory.outbox
    MemoryProvider.memory.reset()


@pytest.fixture
def close(acme: Tenant, globex: Tenant, inside: Any) -> Close:
    """Close both companies for good, and let each say so in its words."""

    def say(*, acme_text: str, globex_text: str) -> None:
        for tenant, text in ((acme, acme_text), (globex, globex_text)):
            with inside(tenant):
                never = BusinessHours.objects.create(name="Never", week={})
                AutoReply.objects.create(name="Closed", kind="closed", text=text, hours=never)

    return say


def _send_queued() -> None:
    for key in Message.objects.filter(status="queued").values_list("pk", flat=True):
        deliver(key)


def _webhook(sent: Sent) -> dict[str, Any]:
    """Return what the carrier tells the one who is texted."""
    return {
        "type": "inbound",
        "id": f"in-{sent.provider_message_id}",
        "from": sent.message.sender,
        "to": sent.message.recipients[0],
        "text": sent.message.text,
    }


@pytest.fixture
def converse(
    acme: Tenant,
    globex: Tenant,
    alice: User,
    acme_line: MessageSetting,
    globex_line: MessageSetting,
    outbox: list[Sent],
    arrive: Arrive,
    run_drain: Run,
    inside: Any,
) -> Converse:
    """Let Acme text Globex, carry all that follows, and return it: sender's name, text."""
    # So many texts at once are more than a number's limit lets through.
    PhoneNumber.objects.update(segments_per_second=100)
    names = {ACME_NUMBER: "acme", GLOBEX_NUMBER: "globex"}
    accounts = {ACME_NUMBER: acme_line.provider, GLOBEX_NUMBER: globex_line.provider}

    def run(text: str) -> list[tuple[str, str]]:
        with inside(acme):
            send_message(
                user=alice,
                role=Role.ADMIN,
                tenant=acme,
                sender=ACME_NUMBER,
                recipients=[GLOBEX_NUMBER],
                text=text,
            )
        begin = carried = len(outbox)
        for _ in range(MOST_ROUNDS):
            for tenant in (acme, globex):
                with inside(tenant):
                    _send_queued()
            if len(outbox) == carried:
                return [(names[each.message.sender], each.message.text) for each in outbox[begin:]]
            for each in outbox[carried:]:
                arrive(_webhook(each), accounts[each.message.recipients[0]])
            carried = len(outbox)
            run_drain()
        raise AssertionError(f"They still text each other after {carried - begin} texts.")

    return run


@pytest.mark.parametrize(
    "acme_text", ["Acme is closed.", "Closed."], ids=["own words", "the same words"]
)
def test_each_says_once_that_it_is_closed(converse: Converse, close: Close, acme_text: str) -> None:
    close(acme_text=acme_text, globex_text="Closed.")
    assert converse("Hello") == [("acme", "Hello"), ("globex", "Closed."), ("acme", acme_text)]


@pytest.mark.parametrize(
    ("word", "senders"),
    [
        ("HELP", ["acme", "globex", "acme", "globex"]),
        ("STOP", ["acme", "globex", "acme"]),
        ("START", ["acme", "globex", "acme", "globex"]),
    ],
)
def test_consent_word_is_answered_and_each_says_once_that_it_is_closed(
    converse: Converse, close: Close, word: str, senders: list[str]
) -> None:
    close(acme_text="Acme is closed.", globex_text="Globex is closed.")
    said = converse(word)
    assert [sender for sender, _ in said] == senders
    assert said[1][1].startswith("Globex Plumbing: ")
    assert [text for _, text in said[2:]] == ["Acme is closed.", "Globex is closed."][
        : len(senders) - 2
    ]


def test_auto_replies_that_ask_for_help_are_not_sent(converse: Converse, close: Close) -> None:
    close(acme_text="HELP", globex_text="INFO")  # refused today; rows of before may say it
    assert [sender for sender, _ in converse("Hello")] == ["acme"]
    assert [sender for sender, _ in converse("HELP")] == ["acme", "globex"]


def test_all_is_sent_and_received_and_nothing_waits(
    converse: Converse, close: Close, acme: Tenant, globex: Tenant, inside: Any
) -> None:
    close(acme_text="Acme is closed.", globex_text="Globex is closed.")
    converse("Hello")
    for tenant, sent, received in ((acme, 2, 1), (globex, 1, 2)):
        with inside(tenant):
            assert Message.objects.filter(direction="out", status="sent").count() == sent
            assert Message.objects.filter(direction="in").count() == received
            assert Message.objects.count() == sent + received
