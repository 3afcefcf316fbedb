"""Messages taken many at a time end as those that are delivered one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
import responses
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from messaging.consent import optouts
from messaging.delivery import crew, lane, retries
from messaging.delivery.attempt import deliver
from messaging.models import Attachment, Conversation, Message, MessageSetting, OptOut
from messaging.outbound.send import send_message
from messaging.pacing import buckets
from tenants.models import Tenant, User
from tenants.roles import Role

ROOT = "https://messaging.bandwidth.com/api/v2/users"
_VARY = {"id", "at", "milliseconds"}
_MOMENTS = {"sending_at", "sent_at", "next_attempt_at", "lookup_at", "expires_at", "last_at"}


@pytest.fixture(autouse=True)
def _bandwidth(settings: Any) -> Iterator[None]:
    settings.PROVIDERS = {"bandwidth": "providers.bandwidth.provider.BandwidthProvider"}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as carrier:
        for account in ("9900001", "9900002"):
            carrier.add_callback("POST", f"{ROOT}/{account}/messages", callback=_answer)
        carrier.post(
            "https://api.bandwidth.com/api/v1/oauth2/token",
            json={"access_token": "t", "expires_in": 3600},
        )
        yield


# By the last digits of the number that is texted.
_ANSWERS: dict[str, Any] = {
    "01": (202, {"segmentCount": 1}),
    "02": (202, {"segmentCount": 3}),
    "03": (400, {"type": "request-validation", "description": "Wrong number"}),
    "04": (403, {"description": "Not yours"}),
    "05": (429, {"description": "Too many"}),
    "06": (500, {"description": "Sorry"}),
    "07": requests.ReadTimeout("late"),
    "08": requests.ConnectTimeout("away"),
    "09": (202, {"id": "", "segmentCount": 1}),
    "10": (202, {"id": "x" * 90, "segmentCount": 1}),
    "11": (202, {"id": "same-for-all", "segmentCount": 1}),
    "12": (400, {"type": "request-validation", "description": "Opted out", "errorCode": 4775}),
}


def _answer(request: Any) -> tuple[int, dict[str, str], str]:
    body = requests.compat.json.loads(request.body)
    said = _ANSWERS.get(body["to"][0][-2:], (202, {}))
    if isinstance(said, Exception):
        raise said
    status, fields = said
    answer = {"id": f"bw-{body['tag']}", **fields}
    return status, {"Retry-After": "7"}, requests.compat.json.dumps(answer)


def _many_at_once(tenant: Tenant) -> None:
    """Do what the task does, in this thread."""
    for _ in range(20):
        batch = lane.take(bulk=False, room=5)
        crew.write(tenant, [crew.ask(job) for job in batch.jobs])
        for key in batch.single:
            deliver(key)
        if not (batch.is_full or batch.has_more or batch.jobs):
            return


def _one_by_one(tenant: Tenant) -> None:
    keys = Message.objects.filter(status="queued", direction="out").order_by("created_at")
    for key in list(keys.values_list("pk", flat=True)):
        deliver(key)


def _rows(rows: Any) -> list[dict[str, Any]]:
    """Return what is stored, of moments only whether there is one."""
    return [
        {
            name: value is not None if name in _MOMENTS else value
            for name, value in row.items()
            if name not in _VARY
        }
        for row in rows.values()
    ]


def _stored(messages: list[Message]) -> list[Any]:
    found: list[Any] = []
    for message in messages:
        rows = Message.objects.filter(pk=message.pk)
        found += [_rows(rows), _rows(message.recipients), _rows(message.events)]
        found += [_rows(message.exchanges), rows.get().provider_message_id]
        found += _rows(Conversation.objects.filter(pk=message.conversation_id))
    return [*found, list(OptOut.objects.order_by("number").values_list("number", "source"))]


def _write(tenant: Tenant, user: User) -> list[Message]:
    """Write one message for each answer, and those that need more than a request."""

    def write(*ending: str, **changes: Any) -> Message:
        to = [f"+15125550{each}" for each in ending]
        return send_message(
            user=user,
            role=Role.ADMIN,
            tenant=tenant,
            sender="",
            recipients=to,
            text="Your table is ready",
            **changes,
        )

    messages = [write(f"4{ending}") for ending in _ANSWERS if ending != "05"]
    messages += [write("511"), write("401", "402"), write("401"), write("520"), write("521")]
    late, refused, with_file = messages[-1], messages[-2], messages[-3]
    Message.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    optouts.record_opt_out(None, refused.recipients.get().number, OptOut.Source.MANUAL)
    Message.objects.filter(pk=with_file.pk).update(kind="mms")
    Attachment.objects.create(
        message=with_file,
        name="lost.png",
        content_type="image/png",
        state=Attachment.State.READY,
        file=ContentFile(b"x", name="lost.png"),
    )
    messages.append(write("405"))  # the last: for a while nothing more leaves by its account
    return messages


@pytest.mark.parametrize("name", ["acme", "globex"])
def test_both_ways_store_the_same(
    name: str,
    request: pytest.FixtureRequest,
    acme_line: MessageSetting,
    globex_line: MessageSetting,
    root: User,
    inside: Callable[[Tenant], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tenant: Tenant = request.getfixturevalue(name)
    # Or on a busy machine a try would be due again before the last one is made.
    monkeypatch.setattr(retries, "pause_after", lambda *_, **__: 600.0)
    with inside(tenant):
        messages = _write(tenant, root)
        with transaction.atomic():
            _one_by_one(tenant)
            single = _stored(messages)
            transaction.set_rollback(True)
        monkeypatch.setattr(buckets, "PREFIX", f"pacing:{uuid4().hex}:")
        _many_at_once(tenant)

        assert _stored(messages) == single
        statuses = [
            m.status for m in Message.objects.filter(direction="out").order_by("created_at")
        ]
        assert "queued" in statuses
        assert {"sent", "failed", "unconfirmed"} < set(statuses)
