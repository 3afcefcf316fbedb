"""What happens to a claim that grew old before its request, and to an answer beside a fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from messaging.delivery import attempt, crew, lane, media_upload, settling
from messaging.models import Message, MessageSetting
from messaging.outbound.send import send_message
from messaging.pacing import buckets
from providers.memory import MemoryProvider
from tenants.models import Tenant, User
from tenants.roles import Role

LONG_AGO = timedelta(minutes=4)


@pytest.fixture
def message(
    acme: Tenant,
    acme_line: MessageSetting,
    root: User,
    inside: Callable[[Tenant], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    monkeypatch.setattr(buckets, "PREFIX", f"pacing:{uuid4().hex}:")
    with inside(acme):
        yield send_message(
            user=root,
            role=Role.ADMIN,
            tenant=acme,
            sender="",
            recipients=["+15125550401"],
            text="Your table is ready",
        )


@pytest.fixture
def sent(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    settings.PROVIDERS = {"bandwidth": "providers.memory.MemoryProvider"}
    tags: list[str] = []
    send = MemoryProvider.send

    def note(self: MemoryProvider, parcel: Any) -> Any:
        tags.append(parcel.tag)
        return send(self, parcel)

    monkeypatch.setattr(MemoryProvider, "send", note)
    return tags


def test_what_waited_too_long_after_its_claim_is_queued_again_unsent(
    acme: Tenant, message: Message, sent: list[str]
) -> None:
    (job,) = lane.take(bulk=False, room=5).jobs
    job.message.sending_at = timezone.now() - LONG_AGO
    Message.objects.update(sending_at=job.message.sending_at)
    crew.write(acme, [crew.ask(job)])
    message.refresh_from_db()
    assert (message.status, sent) == ("queued", [])


def test_a_message_whose_files_took_too_long_is_queued_again_unsent(
    message: Message, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload(of: Message, _: Any) -> tuple[str, ...]:
        of.sending_at = timezone.now() - LONG_AGO
        Message.objects.update(sending_at=of.sending_at)
        return ()

    monkeypatch.setattr(media_upload, "upload", upload)
    attempt.deliver(message.pk)
    message.refresh_from_db()
    assert (message.status, sent) == ("queued", [])


def test_an_answer_is_written_although_writing_many_failed(
    acme: Tenant, message: Message, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> Any:
        raise InterfaceError("connection already closed")

    monkeypatch.setattr(settling, "accept_all", fail)
    crew.write(acme, [crew.ask(job) for job in lane.take(bulk=False, room=5).jobs])
    message.refresh_from_db()
    assert (message.status, sent) == ("sent", [str(message.pk)])


class Away:
    """Database that is there again at the n-th try."""

    def __init__(self, tries: float) -> None:
        self.left = tries

    def ensure_connection(self) -> None:
        """Fail until then."""
        self.left -= 1
        if self.left > 0:
            raise OperationalError("the database system is starting up")

    def close(self) -> None:
        """Do nothing."""

    close_if_health_check_failed = close


@pytest.mark.parametrize(("tries", "pauses"), [(1, 0), (4, 3), (1000, 121)])
def test_answers_wait_for_the_database_for_a_minute(
    tries: int, pauses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(crew, "connection", Away(tries))
    monkeypatch.setattr(crew, "close_old_connections", lambda: None)
    monkeypatch.setattr(crew.time, "monotonic", lambda: sum(slept))
    monkeypatch.setattr(crew.time, "sleep", slept.append)
    crew.await_database()
    assert len(slept) == pauses
