"""What a tenant keeps no longer is deleted at night, whole, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from messaging import queue, tasks
from messaging.models import (
    Attachment,
    Broadcast,
    ConsentEntry,
    Contact,
    Conversation,
    DiscardedFile,
    HandlingEvent,
    Message,
    MessageEvent,
    Note,
    OptOut,
    ReadMark,
    Recipient,
)
from messaging.retention import nightly
from messaging.retention.files import delete_discarded
from messaging.visibility import unread_total
from providers import retention as old_events
from providers.models import WebhookEvent
from tenants.models import Tenant, User
from tenants.retention import at_night, second_thoughts
from tests.conftest import ACME_NUMBER, CUSTOMER
from tests.messaging.retention.conftest import Say

OTHER = "+13125550777"


def _texts() -> list[str]:
    return sorted(Message.objects.values_list("text", flat=True))


def _files(folder: Path) -> int:
    return sum(1 for each in folder.rglob("*") if each.is_file())


def _keep(tenant: Tenant, **days: int | None) -> Tenant:
    for name, value in days.items():
        setattr(tenant, f"keep_{name}_days", value)
    tenant.save()
    return tenant


def test_old_texts_go_with_all_that_hangs_on_them(
    say: Say, at_acme: Tenant, media_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "BATCH", 3)
    for days in (31, 32, 33, 34, 35, 36, 40):
        say(days, file="x-ray.png")
    say(29, file="kept.png")
    say(31, direction="out", status="scheduled", text="next year")
    say(90, others=[OTHER])
    say(90, others=[CUSTOMER, OTHER], text="group")

    assert nightly.run(_keep(at_acme, messages=30)) is False

    assert _texts() == ["29 days", "next year"]
    assert Recipient.objects.count() == MessageEvent.objects.count() == 2
    assert Conversation.objects.get().participants_key == CUSTOMER
    assert _files(media_folder) == 1
    assert not DiscardedFile.objects.exists()


def test_who_keeps_all_keeps_all(say: Say, at_acme: Tenant) -> None:
    say(4000)
    assert nightly.run(at_acme) is False
    assert _texts() == ["4000 days"]


def test_a_thread_shows_what_is_left_of_it(say: Say, at_acme: Tenant, alice: User) -> None:
    say(40)
    last = say(3, direction="out", status="delivered", text="Bye")

    nightly.run(_keep(at_acme, messages=30))

    thread = Conversation.objects.get()
    assert (thread.last_text, thread.last_at, thread.last_inbound_at) == (
        "Bye",
        last.created_at,
        None,
    )
    assert unread_total(Conversation.objects.all(), alice) == 0


def test_a_thread_stays_as_long_as_a_note_of_it(say: Say, at_acme: Tenant, alice: User) -> None:
    thread = say(40).conversation
    ReadMark.objects.create(conversation=thread, user=alice, read_at=timezone.now())
    for days in (2, 50):
        at = timezone.now() - timedelta(days=days)
        Note.objects.create(conversation=thread, text=f"{days}", created_at=at)
        HandlingEvent.objects.create(conversation=thread, at=at, kind="done")
    _keep(at_acme, messages=30)

    nightly.run(at_acme)

    thread.refresh_from_db()
    assert (thread.last_text, thread.last_status) == ("", "")
    assert [note.text for note in Note.objects.all()] == ["2"]
    assert HandlingEvent.objects.count() == 1
    Note.objects.update(created_at=timezone.now() - timedelta(days=31))
    nightly.run(at_acme)
    assert not Conversation.objects.exists()


def test_files_alone_go_and_say_so(say: Say, at_acme: Tenant, media_folder: Path) -> None:
    say(31, file="old.png")
    say(29, file="new.png")
    waiting = say(40, file="later.png", direction="out", status="scheduled")

    nightly.run(_keep(at_acme, media=30))

    assert len(_texts()) == 3
    gone = Attachment.objects.get(name="old.png")
    assert (gone.state, gone.file.name) == ("expired", "")
    assert waiting.attachments.get().file
    assert _files(media_folder) == 2


def test_consent_contacts_and_other_tenants_stay(
    say: Say, at_acme: Tenant, globex: Tenant, inside: Any
) -> None:
    at = timezone.now() - timedelta(days=3000)
    message = say(3000)
    ConsentEntry.objects.create(
        at=at, number=CUSTOMER, action="opt_out", source="keyword", message_id=message.pk
    )
    OptOut.objects.create(our_number=ACME_NUMBER, number=CUSTOMER)
    Contact.objects.create(number=CUSTOMER, name="Dana")
    with inside(globex):
        theirs = Conversation.objects.create(our_number="+1", participants_key="+2", last_at=at)
        Message.objects.create(
            conversation=theirs, direction="in", status="received", sender="+2", created_at=at
        )

    nightly.run(_keep(at_acme, messages=7, media=7, audit=30))

    assert not Message.objects.exists()
    assert (ConsentEntry.objects.count(), OptOut.objects.count(), Contact.objects.count()) == (
        1,
        1,
        1,
    )
    with inside(globex):
        assert Message.objects.count() == 1


def test_a_broadcast_goes_when_its_last_text_has(say: Say, at_acme: Tenant) -> None:
    at = timezone.now() - timedelta(days=40)
    over, still, draft = (
        Broadcast.objects.create(name=name, our_number=ACME_NUMBER, text="Sale", state=state)
        for name, state in (("over", "done"), ("still", "done"), ("draft", "draft"))
    )
    Broadcast.objects.update(created_at=at, finished_at=at)
    for each in (over, still, draft):
        each.recipients.create(number=CUSTOMER)
    say(40, direction="out", status="delivered", origin="broadcast", broadcast=over)
    say(20, direction="out", status="delivered", origin="broadcast", broadcast=still)

    nightly.run(_keep(at_acme, messages=30))

    assert set(Broadcast.objects.values_list("name", flat=True)) == {"still", "draft"}


def test_the_trail_goes_by_its_own_time(at_acme: Tenant) -> None:
    contacts = ContentType.objects.get_for_model(Contact)
    for days in (61, 59):
        entry = LogEntry.objects.create(
            content_type=contacts, object_pk="1", object_repr=f"{days} days", action=0
        )
        LogEntry.objects.filter(pk=entry.pk).update(timestamp=timezone.now() - timedelta(days=days))

    nightly.run(_keep(at_acme, audit=60))

    left = LogEntry.objects.filter(content_type=contacts)
    assert set(left.values_list("object_repr", flat=True)) == {"59 days"}


def test_a_file_that_the_store_keeps_is_found_again(
    say: Say, at_acme: Tenant, media_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in range(31, 36):
        say(days, file="x-ray.png")
    with monkeypatch.context() as broken:
        stuck = list(Attachment.objects.order_by("created_at").values_list("file", flat=True))
        delete = default_storage.delete

        def fail(name: str) -> None:
            if name in stuck[:3]:
                raise OSError("disk")
            delete(name)

        broken.setattr(default_storage._wrapped, "delete", fail)
        nightly.run(_keep(at_acme, messages=30))
        assert not Attachment.objects.exists()
        # Those that are stuck do not stand before the others for long.
        delete_discarded()
        assert _files(media_folder) == 3

    assert delete_discarded() == 3

    assert _files(media_folder) == 0


def test_a_long_backlog_is_deleted_in_turns(
    say: Say, at_acme: Tenant, monkeypatch: pytest.MonkeyPatch, rung: list[tuple[str, ...]]
) -> None:
    monkeypatch.setattr(nightly, "_TURN", -1.0)
    monkeypatch.setattr(nightly, "BATCH", 1)
    for _ in range(3):
        say(40)
    _keep(at_acme, messages=30)

    for left in (2, 1, 0):
        tasks.delete_old("t_acme")
        assert Message.objects.count() == left
        assert rung.pop() == (queue.DELETE_OLD, "t_acme")
    tasks.delete_old("t_acme")
    assert rung == []


def test_a_batch_takes_as_many_statements_for_one_text_as_for_all(
    say: Say, at_acme: Tenant, django_assert_num_queries: Any
) -> None:
    for each in range(20):
        say(40 + each, others=[f"+1312555{each:04d}"])
    with django_assert_num_queries(5):  # a savepoint is two of them
        nightly._Messages(timezone.now() - timedelta(days=30))()
    assert not Conversation.objects.exists()


NIGHTS = [
    pytest.param("America/New_York", 7, ["t_acme"], id="two in the morning there"),
    pytest.param("America/New_York", 2, [], id="evening there"),
    pytest.param("UTC", 3, ["t_acme"], id="three"),
    pytest.param("Asia/Tokyo", 3, [], id="noon there"),
]


@pytest.mark.parametrize(("zone", "hour", "visited"), NIGHTS)
def test_it_is_done_in_the_tenants_own_night(
    zone: str, hour: int, visited: list[str], acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 12, 1, hour, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    acme.timezone = zone
    _keep(acme, messages=30)
    assert at_night() == visited


def test_a_shorter_time_holds_a_day_later(say: Say, at_acme: Tenant) -> None:
    say(40)
    at_acme.keep_messages_days = 30
    columns = second_thoughts(at_acme, ["keep_messages_days"])
    at_acme.save(update_fields=columns)
    assert columns == ["keep_messages_days", "retention_from"]

    nightly.run(at_acme)
    assert _texts() == ["40 days"]

    Tenant.objects.update(retention_from=timezone.now())
    nightly.run(Tenant.objects.get(pk=at_acme.pk))
    assert _texts() == []


@pytest.mark.parametrize("days", [60, None])
def test_a_longer_time_holds_at_once(days: int | None, acme: Tenant) -> None:
    _keep(acme, messages=30)
    acme.keep_messages_days = days
    assert second_thoughts(acme, ["keep_messages_days"]) == ["keep_messages_days"]


EVENTS = [
    pytest.param("acme", 29, "processed", True, id="younger than the tenant keeps"),
    pytest.param("acme", 31, "processed", False, id="older"),
    pytest.param("acme", 31, "failed", False, id="older, came to nothing"),
    pytest.param("acme", 300, "pending", True, id="not yet an event"),
    pytest.param("globex", 89, "processed", True, id="younger than usual"),
    pytest.param("globex", 91, "processed", False, id="older than usual"),
    pytest.param(None, 89, "unrouted", True, id="nobody's, younger"),
    pytest.param(None, 91, "unrouted", False, id="nobody's, older"),
]


@pytest.mark.parametrize("turn", [20.0, -1.0], ids=["at once", "in turns"])
def test_webhook_events_are_kept_as_long_as_their_tenant_says(
    turn: float, acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_events, "_STRETCH", 2)
    monkeypatch.setattr(old_events, "_TURN", turn)
    _keep(acme, events=30)
    tenants = {"acme": acme, "globex": globex, None: None}
    for place, case in enumerate(EVENTS):
        slug, days, state, _ = case.values
        WebhookEvent.objects.create(
            provider="bandwidth", dedupe_key=b"k%15d" % place, payload=b"{}", type=str(case.id),
            state=state, tenant=tenants[slug], received_at=timezone.now() - timedelta(days=days),
        )  # fmt: skip

    after: int | None = 0
    while after is not None:
        after = old_events.forget_events(after)

    left = {case.id for case in EVENTS if case.values[3]}
    assert set(WebhookEvent.objects.values_list("type", flat=True)) == left


def test_every_batch_finds_its_rows_by_an_index(at_acme: Tenant) -> None:
    values = nightly._values(timezone.now()) | {"after": timezone.now() - timedelta(days=9)}
    for statement, index in (
        (nightly._MESSAGES, "message_newest"),
        (nightly._FILES, "attachment_kept"),
        (nightly._TRAIL, "auditlog_logentry_timestamp"),
    ):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"EXPLAIN {statement}", values)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert index in plan
