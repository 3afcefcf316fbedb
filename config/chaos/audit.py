"""Reading everything of a run's companies out of the portal, its API and its files."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.db.models import Prefetch
from django.utils import timezone

from config.chaos.companies import Company
from config.chaos.found import File, Row, Thread
from config.chaos.ledger import Event
from messaging.models import Attachment, Conversation, Message, MessageEvent, ReadMark
from providers.intake import dedupe_key
from providers.models import WebhookEvent
from providers.types import WebhookItem
from tenants.context import entered

_MOST_UNREAD = 100  # the API counts no further
_PATIENCE = 30.0


def rows_of(company: Company) -> list[Row]:
    """Return all messages of a company."""
    with entered(company.schema_name):
        messages = Message.objects.select_related("conversation").prefetch_related(
            "attachments", Prefetch("events", MessageEvent.objects.order_by("id"))
        )
        return [_row(company, message) for message in messages]


def threads_of(company: Company) -> list[Thread]:
    """Return all conversations: what their rows and the API say, and what their messages do."""
    unread = _unread_by_api(company)
    with entered(company.schema_name):
        marks = dict(
            ReadMark.objects.filter(user=company.user).values_list("conversation", "read_at")
        )
        messages: dict[int, list[Message]] = defaultdict(list)
        for message in Message.objects.order_by("created_at", "id"):
            messages[message.conversation_id].append(message)
        return [
            _thread(company, thread, messages[thread.pk], marks.get(thread.pk), unread)
            for thread in Conversation.objects.all()
        ]


def inbox_of(events: Iterable[Event], companies: Sequence[Company]) -> dict[Event, list[str]]:
    """Return the states of the rows that each event has in the webhook inbox."""
    keys: dict[bytes, Event] = {}
    for event in events:
        item = WebhookItem(
            type=event.type, message_id=event.message_id, recipient=event.to, payload=b""
        )
        keys |= {dedupe_key(company.endpoint_id, item): event for company in companies}
    states: dict[Event, list[str]] = defaultdict(list)
    endpoints = [company.endpoint_id for company in companies]
    stored = WebhookEvent.objects.filter(endpoint__in=endpoints)
    for key, state in stored.values_list("dedupe_key", "state"):
        states[keys.get(bytes(key), Event("", bytes(key).hex(), ""))].append(state)
    return states


def sending_waits(company: Company) -> Iterator[tuple[float, str]]:
    """Yield how many seconds each message that went out waited for it, with its id."""
    with entered(company.schema_name):
        sent = Message.objects.filter(direction=Message.Direction.OUT, sent_at__isnull=False)
        for message in sent:
            if message.sent_at is not None:
                yield (message.sent_at - message.created_at).total_seconds(), str(message.pk)


def files_of_nobody(company: Company) -> int:
    """Count files that no row names: of a fetch that was killed, or for which there was no room."""
    folder = Path(settings.DATA_DIR) / "media"
    with entered(company.schema_name):
        named = set(Attachment.objects.exclude(file="").values_list("file", flat=True))
    there = (folder / company.schema_name).rglob("*")
    return sum(str(path.relative_to(folder)) not in named for path in there if path.is_file())


def _row(company: Company, message: Message) -> Row:
    now = timezone.now()
    return Row(
        id=str(message.pk),
        slug=company.slug,
        direction=message.direction,
        status=message.status,
        ours=message.conversation.our_number,
        others=message.conversation.participants_key,
        text=message.text,
        carriers_id=message.provider_message_id,
        is_being_settled=message.lookup_at is not None,
        files=tuple(
            File(state=file.state, digest=_digest(file))
            for file in sorted(message.attachments.all(), key=lambda file: file.position)
        ),
        more={
            "tenant": company.slug,
            "status": message.status,
            "age": round((now - message.created_at).total_seconds(), 1),
            "carriers_id": message.provider_message_id,
            "attempts": message.attempts,
            "error": message.error_text,
            "next_attempt_at": _told(message.next_attempt_at),
            "lookup_at": _told(message.lookup_at),
            "lookups": message.lookups,
            "timeline": [
                f"{_told(event.at)} {event.status} {event.detail}".strip()
                for event in message.events.all()
            ],
            "files": [
                f"{file.state} {file.size} {file.error}" for file in message.attachments.all()
            ],
        },
    )


def _digest(file: Attachment) -> str:
    if file.state != Attachment.State.READY:
        return ""
    try:
        with file.file.open("rb") as content:
            return hashlib.sha256(content.read()).hexdigest()
    except (OSError, ValueError):
        return ""


def _told(moment: Any) -> str:
    return "" if moment is None else f"{moment:%H:%M:%S.%f}"[:-3]


def _thread(
    company: Company,
    thread: Conversation,
    messages: Sequence[Message],
    read_at: Any,
    unread: dict[int, int],
) -> Thread:
    last = messages[-1] if messages else None
    inbound = [m.created_at for m in messages if m.direction == Message.Direction.IN]
    waiting = sum(1 for at in inbound if read_at is None or at > read_at)
    return Thread(
        slug=company.slug,
        ours=thread.our_number,
        others=thread.participants_key,
        said={
            "unread": unread.get(thread.pk, -1),
            "last_text": thread.last_text,
            "last_at": thread.last_at,
            "last_status": thread.last_status,
            "last_inbound_at": thread.last_inbound_at,
        },
        counted={
            "unread": min(waiting, _MOST_UNREAD),
            "last_text": last.text[:200] if last else "",
            "last_at": last.created_at if last else thread.last_at,
            "last_status": last.status if last else "",
            "last_inbound_at": max(inbound, default=None),
        },
    )


def _unread_by_api(company: Company) -> dict[int, int]:
    counts: dict[int, int] = {}
    address: str | None = f"{company.portal}/t/{company.slug}/api/v1/conversations/?page_size=200"
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {company.api_key}"
        while address:
            answer = session.get(address, timeout=_PATIENCE)
            answer.raise_for_status()
            page = answer.json()
            counts |= {row["id"]: row["unread_count"] for row in page["results"]}
            address = page["next"]
    return counts
