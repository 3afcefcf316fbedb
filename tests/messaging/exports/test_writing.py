"""Writing exports: in batches, once, and to the end even if a worker dies."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from messaging import queue
from messaging.exports import message_sheet, upkeep, writer
from messaging.exports.asking import TooMany, ask_for_messages
from messaging.models import Attachment, Contact, Export, Message
from tenants.models import Tenant, User
from tests.conftest import CUSTOMER
from tests.messaging.exports.conftest import Say


def _rows(export: Export) -> list[dict[str, str]]:
    export.refresh_from_db()
    with export.file.open("rb") as file:
        return list(csv.DictReader(io.StringIO(file.read().decode("utf-8-sig"))))


def _written(user: User, tenant: Tenant, **filters: str) -> Export:
    export = ask_for_messages(user, tenant, filters)
    writer.run(export.pk)
    export.refresh_from_db()
    return export


def test_asking_stores_a_row_and_rings(
    alice: User, at_acme: Tenant, rung: list[tuple[str, str]]
) -> None:
    export = ask_for_messages(alice, at_acme, {"status": "failed", "p": "2"})

    assert (export.state, export.filters, export.user) == ("pending", {"status": "failed"}, alice)
    assert rung == [(queue.RUN_EXPORT, str(export.pk))]


def test_one_person_asks_for_so_many_at_once(alice: User, at_acme: Tenant) -> None:
    for _ in range(5):
        ask_for_messages(alice, at_acme, {})
    with pytest.raises(TooMany, match="still being written"):
        ask_for_messages(alice, at_acme, {})


def test_the_file_has_the_messages_newest_first(
    alice: User, at_acme: Tenant, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_sheet, "BATCH", 3)
    same = timezone.now() - timedelta(days=1)
    for n in range(7):
        say(f"text {n}")
    for n in range(5):  # of one moment, over the border of two batches
        say(f"twin {n}", created_at=same)

    export = _written(alice, at_acme)

    texts = [row["Text"] for row in _rows(export)]
    assert sorted(texts[:5]) == [f"twin {n}" for n in range(5)]
    assert texts[5:] == [f"text {n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    assert (export.state, export.rows_done, export.rows_total) == ("done", 12, 12)
    assert export.size == default_storage.size(export.file.name) > 0


def test_a_row_tells_all_of_a_message(alice: User, at_acme: Tenant, say: Say) -> None:
    at_acme.timezone = "America/New_York"
    Contact.objects.create(number=CUSTOMER, name="=Dana")
    message = say(
        '=HYPERLINK("x")\nline, "two"',
        direction="out",
        kind="mms",
        status="failed",
        failure_reason="spam",
        error_code="4770",
        error_text="Refused.",
        provider_message_id="17",
        author=alice,
        created_at="2026-07-01T16:00:00Z",
    )
    Attachment.objects.create(message=message)

    (row,) = _rows(_written(alice, at_acme))

    assert row["Time"] == "2026-07-01T12:00:00-04:00"
    assert row["Text"] == '\'=HYPERLINK("x")\nline, "two"'
    assert row["Our number"] == "'+19195550101"
    assert (row["Contact number"], row["Contact name"]) == (f"'{CUSTOMER}", "'=Dana")
    assert (row["Status"], row["Reason"], row["Error"]) == ("Failed", "Taken for spam", "Refused.")
    assert (row["Kind"], row["Files"], row["Author"]) == ("MMS", "1", alice.email)


def test_the_file_keeps_to_the_filters(alice: User, at_acme: Tenant, say: Say) -> None:
    say("yes", status="failed", direction="out")
    say("no")

    assert [row["Text"] for row in _rows(_written(alice, at_acme, status="failed"))] == ["yes"]


def test_messages_that_come_later_are_not_in_it(alice: User, at_acme: Tenant, say: Say) -> None:
    export = ask_for_messages(alice, at_acme, {})
    say("later", created_at=timezone.now() + timedelta(seconds=1))
    writer.run(export.pk)

    assert _rows(export) == []


def test_a_finished_export_is_not_written_again(alice: User, at_acme: Tenant, say: Say) -> None:
    export = _written(alice, at_acme)
    say()
    writer.run(export.pk)

    assert _rows(export) == []


def test_a_deleted_export_leaves_no_file(
    alice: User, at_acme: Tenant, say: Say, media_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say()
    export = ask_for_messages(alice, at_acme, {})
    batches = message_sheet.batches

    def deleted_meanwhile(*args: Any) -> Any:
        upkeep.delete(export)
        return batches(*args)

    monkeypatch.setattr(writer, "batches", deleted_meanwhile)
    writer.run(export.pk)

    assert not Export.objects.exists()
    assert not list(media_folder.rglob("*.csv"))


def test_a_dead_writer_is_followed_by_another(
    alice: User, at_acme: Tenant, say: Say, rung: list[tuple[str, str]]
) -> None:
    say()
    export = ask_for_messages(alice, at_acme, {})
    Export.objects.update(state="running", attempts=1)
    rung.clear()

    upkeep.sweep()
    writer.run(export.pk)
    assert rung == []
    assert Export.objects.get().state == "running"

    Export.objects.update(touched_at=timezone.now() - timedelta(minutes=3))
    upkeep.sweep()
    assert rung == [(queue.RUN_EXPORT, str(export.pk))]
    writer.run(export.pk)
    assert (Export.objects.get().state, Export.objects.get().attempts) == ("done", 2)


def test_a_lost_bell_is_rung_again(
    alice: User, at_acme: Tenant, rung: list[tuple[str, str]]
) -> None:
    export = ask_for_messages(alice, at_acme, {})
    Export.objects.update(touched_at=timezone.now() - timedelta(minutes=1))
    rung.clear()

    upkeep.sweep()
    upkeep.sweep()

    assert rung == [(queue.RUN_EXPORT, str(export.pk))]


def test_the_third_interruption_is_the_last(alice: User, at_acme: Tenant) -> None:
    ask_for_messages(alice, at_acme, {})
    Export.objects.update(
        state="running", attempts=3, touched_at=timezone.now() - timedelta(minutes=3)
    )

    upkeep.sweep()

    export = Export.objects.get()
    assert export.state == "failed"
    assert "interrupted" in export.error


def test_a_full_disk_is_tried_three_times(
    alice: User, at_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "_finish", full)
    export = ask_for_messages(alice, at_acme, {})
    states = []
    for _ in range(3):
        writer.run(export.pk)
        states.append(Export.objects.get().state)

    assert states == ["pending", "pending", "failed"]
    assert "disk" in Export.objects.get().error


def test_filters_that_make_no_sense_any_more_end_it(alice: User, at_acme: Tenant) -> None:
    export = Export.objects.create(kind="messages", filters={"status": "lost"}, user=alice)
    writer.run(export.pk)

    export.refresh_from_db()
    assert export.state == "failed"
    assert "there is no “lost”" in export.error


def test_old_exports_are_forgotten_with_their_files(
    alice: User, at_acme: Tenant, say: Say, media_folder: Path
) -> None:
    say()
    old, new = _written(alice, at_acme), _written(alice, at_acme)
    Export.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))

    upkeep.sweep()

    assert list(Export.objects.values_list("pk", flat=True)) == [new.pk]
    assert [path.stem for path in media_folder.rglob("*.csv")] == [new.pk.hex]


def test_an_unknown_export_is_nothing_to_do(at_acme: Tenant) -> None:
    writer.run(uuid.uuid4())
    assert not Message.objects.exists()
