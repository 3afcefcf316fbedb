"""One person's data: handed over as a file, and erased but for what forbids to text them again."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from auditlog.models import LogEntry
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from messaging import queue, tasks
from messaging.consent.optouts import has_refused
from messaging.exports import writer
from messaging.exports.asking import ask_for_messages, ask_for_person
from messaging.models import (
    Attachment,
    Broadcast,
    BroadcastRecipient,
    ConsentEntry,
    Contact,
    Conversation,
    Erasure,
    Export,
    Message,
    Note,
    OptOut,
)
from messaging.retention import erasing, person
from messaging.visibility import unread_total
from providers.models import WebhookEvent
from tenants.models import Tenant, User
from tests.conftest import ACME_NUMBER, CUSTOMER
from tests.messaging.retention.conftest import Say

OTHER = "+13125550777"
GROUP = sorted([CUSTOMER, OTHER])
DETAIL = "/t/acme/messaging/contact/{}/"


@pytest.fixture
def dana(say: Say, at_acme: Tenant, globex: Tenant, alice: User) -> Contact:
    """A customer with something of everything, beside others."""
    contact = Contact.objects.create(number=CUSTOMER, name="Dana Rivers", notes="allergic")
    heard = say(3, text="canary: my x-ray", file="x-ray.png", kind="mms")
    say(2, text="canary: come on Monday", direction="out", status="delivered", sender=ACME_NUMBER)
    later = timezone.now() + timedelta(days=3)
    say(1, text="canary: tomorrow at 9", direction="out", status="scheduled", scheduled_at=later)
    Note.objects.create(
        conversation=heard.conversation, text="canary note", created_at=timezone.now()
    )
    say(4, others=GROUP, sender=CUSTOMER, text="canary in the group", file="me.png")
    say(4, others=GROUP, text="hello all", direction="out", status="sent", sender=ACME_NUMBER)
    say(3, others=GROUP, text="the other one", sender=OTHER)
    say(3, others=[OTHER], text="a neighbour")
    broadcast = Broadcast.objects.create(name="Sale", our_number=ACME_NUMBER, text="Sale!")
    for number in (CUSTOMER, OTHER):
        broadcast.recipients.create(number=number, fields={"name": "canary"}, contact=contact)
    OptOut.objects.create(our_number=ACME_NUMBER, number=CUSTOMER, source="keyword")
    for action in ("opt_out", "help"):
        ConsentEntry.objects.create(
            at=timezone.now(), our_number=ACME_NUMBER, number=CUSTOMER, action=action,
            source="keyword", message_id=heard.pk, detail="canary",
        )  # fmt: skip
    body = json.dumps([{"message": {"from": CUSTOMER, "text": "canary"}}]).encode()
    for place, (tenant, payload, state) in enumerate(
        [(at_acme, body, "processed"), (at_acme, body, "failed"), (at_acme, b"[]", "processed"),
         (globex, body, "processed")]
    ):  # fmt: skip
        WebhookEvent.objects.create(
            provider="bandwidth", dedupe_key=b"e%15d" % place, payload=payload, state=state,
            tenant=tenant,
        )  # fmt: skip
    export = ask_for_messages(alice, at_acme, {})
    export.file.save("x", ContentFile(b"canary"))
    return contact


def _everything(schema: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        tables = [table for (table,) in cursor.fetchall()]
        lines = []
        for table in tables:
            cursor.execute(f'SELECT row_to_json(one)::text FROM "{schema}"."{table}" one')  # noqa: S608
            lines += [f"{table}: {line}" for (line,) in cursor.fetchall()]
    return "\n".join(lines)


@pytest.mark.audited
def test_a_person_is_erased(
    dana: Contact, at_acme: Tenant, alice: User, media_folder: Path, rung: list[Any]
) -> None:
    erasure = erasing.ask(CUSTOMER, user=alice)
    assert erasing.ask(CUSTOMER, user=alice) == erasure
    assert rung[-1] == (queue.ERASE, str(erasure.pk))

    tasks.erase_person("t_acme", str(erasure.pk))

    left = _everything("t_acme")
    assert [line for line in left.split("\n") if "canary" in line and OTHER not in line] == []
    assert "Dana" not in left
    assert "allergic" not in left
    # What forbids to text the person, and the address of the group.
    named = {line.partition(":")[0] for line in left.split("\n") if CUSTOMER in line}
    assert named == {
        "auditlog_logentry",  # of the opt-out
        "messaging_optout",
        "messaging_consententry",
        "messaging_conversation",
    }
    kinds = LogEntry.objects.filter(changes__icontains=CUSTOMER)
    assert set(kinds.values_list("content_type__model", flat=True)) == {"optout"}
    assert has_refused(ACME_NUMBER, CUSTOMER)
    assert [(c.action, c.detail) for c in ConsentEntry.objects.all()] == [("opt_out", "")]
    assert set(Message.objects.values_list("text", flat=True)) == {
        "hello all",
        "the other one",
        "a neighbour",
    }
    assert set(Conversation.objects.values_list("participants_key", flat=True)) == {
        ",".join(GROUP),
        OTHER,
    }
    assert unread_total(Conversation.objects.all(), alice) == 2
    assert [r.number for r in BroadcastRecipient.objects.all()] == [OTHER]
    assert [f for f in media_folder.rglob("*") if f.is_file()] == []
    erasure.refresh_from_db()
    assert (erasure.state, erasure.number, erasure.messages, erasure.files) == ("done", "", 4, 2)
    events = WebhookEvent.objects.order_by("dedupe_key")
    assert [(bytes(e.payload)[:2], e.state) for e in events] == [
        (b"{}", "processed"),
        (b"{}", "discarded"),
        (b"[]", "processed"),
        (b"[{", "processed"),
    ]
    told = LogEntry.objects.get(content_type__model="erasure")
    assert (told.object_repr, told.changes) == ("data of …0300", {"hint": [None, "…0300"]})


def test_a_text_that_is_being_sent_is_waited_for(
    say: Say, at_acme: Tenant, alice: User, rung: list[Any]
) -> None:
    text = say(0, direction="out", status="sending")
    erasure = erasing.ask(CUSTOMER, user=alice)

    erasing.run(erasure.pk)

    erasure.refresh_from_db()
    assert (erasure.state, erasure.number) == ("pending", CUSTOMER)
    assert rung.count((queue.ERASE, str(erasure.pk))) == 2
    Message.objects.filter(pk=text.pk).update(status="sent")
    Erasure.objects.update(touched_at=timezone.now() - timedelta(minutes=1))
    erasing.sweep()
    assert rung.count((queue.ERASE, str(erasure.pk))) == 3
    erasing.run(erasure.pk)
    assert not Message.objects.exists()


def test_a_worker_that_died_is_followed_by_another(
    dana: Contact, at_acme: Tenant, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*args: Any) -> None:
        raise Killed

    erasure = erasing.ask(CUSTOMER, user=alice)
    with monkeypatch.context() as patched:
        patched.setattr(erasing, "_remove_contact", kill)
        with pytest.raises(Killed):
            erasing.run(erasure.pk)
    erasing.run(erasure.pk)  # too early: the other may be at it
    assert Contact.objects.exists()
    Erasure.objects.update(touched_at=timezone.now() - erasing.SILENCE)

    erasing.run(erasure.pk)

    erasure.refresh_from_db()
    assert (erasure.state, erasure.messages) == ("done", 4)
    assert not Contact.objects.exists()


def test_a_short_code_inside_a_number_is_another_party(say: Say, at_acme: Tenant) -> None:
    say(1, others=["+15125555512"])
    code = say(1, others=["55512"])
    assert person.threads_of("55512").own == [code.conversation_id]
    assert person.threads_of("55512").groups == []


def test_a_person_gets_a_file_of_it_all(
    dana: Contact, at_acme: Tenant, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "_BATCH", 2)
    export = ask_for_person(alice, CUSTOMER)

    writer.run(export.pk)

    export.refresh_from_db()
    assert (export.state, export.rows_done, export.error) == ("done", 5, "")
    with export.file.open("rb") as file, ZipFile(file) as archive:
        assert archive.testzip() is None
        sheet = io.StringIO(archive.read("messages.csv").decode("utf-8-sig"))
        texts = [row["Text"] for row in csv.DictReader(sheet)]
        told = json.loads(archive.read("person.json"))
        consent = archive.read("consent.csv").decode("utf-8-sig")
        files = [name for name in archive.namelist() if name.startswith("files/")]
        assert archive.read(files[0]) == b"abc"
    assert texts[-3:] == ["canary: my x-ray", "canary: come on Monday", "canary: tomorrow at 9"]
    assert set(texts[:2]) == {"canary in the group", "hello all"}
    assert len(files) == Attachment.objects.count() == 2
    assert told["contact"]["name"] == "Dana Rivers"
    assert [note["text"] for note in told["notes"]] == ["canary note"]
    assert told["texts_refused"][0]["our_number"] == ACME_NUMBER
    assert "Opted out" in consent


def test_the_contacts_page_asks_for_the_number(
    dana: Contact, at_acme: Tenant, alice: User, bob: User, signed_in: Any, inside: Any
) -> None:
    admin, page = signed_in(alice), DETAIL.format(dana.pk)
    form = {"_form_submitted": "True"}
    told = admin.get(f"{page}erase/").content.decode()
    assert "group" in told
    for typed, count in (("(512) 555-0301", 0), ("", 0), ("(512) 555-0300", 1)):
        admin.post(f"{page}erase/", form | {"number": typed})
        with inside(at_acme):
            assert Erasure.objects.count() == count
    assert "…0300" in admin.get("/t/acme/messaging/erasure/").content.decode()
    admin.post(f"{page}export-data/", form)
    with inside(at_acme):
        assert Export.objects.get(kind="person").filters == {"number": CUSTOMER}
    listed = admin.get("/t/acme/messaging/export/").content.decode()
    assert "(512) 555-0300" in listed
    for action in ("erase/", "export-data/"):
        assert signed_in(bob).post(page + action, form).status_code == 403


def test_the_api_asks_for_the_number(
    dana: Contact, at_acme: Tenant, alice: User, bob: User, gina: User, api: Any, inside: Any
) -> None:
    path = f"/t/acme/api/v1/contacts/{dana.pk}/"

    def post(user: User, what: str, **body: str) -> Any:
        client: Client = api(user)
        return client.post(path + what, body, content_type="application/json")

    for user in (bob, gina):
        for what in ("erase/", "export-data/"):
            assert post(user, what, number=CUSTOMER).status_code == 403
    assert post(alice, "erase/", number=OTHER).status_code == 400
    assert post(alice, "erase/").status_code == 400
    answer = post(alice, "erase/", number=CUSTOMER)
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    with inside(at_acme):
        erasing.run(Erasure.objects.get().pk)
    seen = api(alice).get(f"/t/acme/api/v1/erasures/{answer.json()['id']}/").json()
    assert (seen["state"], seen["hint"], seen["messages"]) == ("done", "…0300", 4)
    assert "number" not in seen
    assert api(bob).get("/t/acme/api/v1/erasures/").status_code == 403
