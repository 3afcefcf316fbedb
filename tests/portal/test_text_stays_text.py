"""Whatever people and strangers write is shown as it was written, in every place it turns up.

One hostile text is put into every column that holds words, which are read from the models, and
every page is looked at for what of it is no text any more. Then come mails, notifications,
spreadsheets, file names and the log, string by string.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import CharField, EmailField, Model, TextField
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from django_tenants.utils import tenant_context

from messaging.exports import writer
from messaging.exports.asking import ask_for_messages, ask_for_person
from messaging.mail.content import compose
from messaging.models import (
    Attachment,
    ConsentEntry,
    Contact,
    MailDelivery,
    Message,
    Note,
)
from messaging.push.content import mention_of, notice_of, senders, titles
from tenants.encryption import EncryptedTextField
from tests.conftest import CUSTOMER
from tests.portal.addresses import PUBLIC, TENANT, People, Samples, addresses

# Breaks out of an attribute, an element, a script, a comment, a template and the direction of
# writing; the start must fit into the shortest column.
HOSTILE = (
    "\"'><x7 y7=1>{{7|add:70}}{% x7 %}\u202elive\u2066\u200f</title></script><x7><!-- &lt;x7&gt;"
    " ${7*7} %0d%0aX-7: 1 javascript:x7() [x7](javascript:x7()) \U0001f9b7 \u05e9\u05dc\u05d5 "
    + "W"
    * 150
)
# Columns that hold no words but what has a form of its own, judged where it is taken in.
FORMED = {
    "number", "our_number", "sender", "recipient", "dialed", "participants_key", "email", "address",
    "extension", "extensions", "range_first", "range_last", "number_prefixes", "lengths",
    "timezone", "country", "slug", "schema_name", "domain", "path", "kind", "action", "type",
    "method", "provider", "encoding", "consent_keyword", "last_status", "last_direction", "hint",
    "shared_with", "mentions", "years", "months", "days", "weekdays", "times", "caller_mask",
    "sender_id", "content_type", "source_url", "provider_url", "endpoint", "p256dh", "auth",
    "password", "object_pk", "cid", "actor_email", "provider_message_id", "made",
}  # fmt: skip
HIDDEN = {"messaging.discardedfile", "tenants.domain", "messaging.autoreplysent"}  # shown nowhere

STRINGS = {
    "a script": "<script>alert(1)</script>",
    "an attribute": '" onmouseover="alert(1)',
    "a template": "{{ settings.SECRET_KEY }}{% debug %}",
    "a formula": "=cmd|' /C calc'!A0",
    "a plus": "+1+1",
    "a minus": "-2+3",
    "an at": "@SUM(A1:A9)",
    "a tab": "\t=1+1",
    "a carriage return": "\r=1+1",
    "an apostrophe": "'=1+1",
    "a separator": 'a";=1+1;"b',
    "a header": "x\r\nBcc: all@example.com\r\n\r\nbody",
    "an encoded header": "x%0d%0aBcc: all@example.com",
    "an encoded word": "=?utf-8?q?=0d=0aBcc:_all=40example=2ecom?=",
    "bidi controls": "invoice\u202efdp.exe\u202c\u2066\u200f",
    "invisible characters": "a\u200b\u0000\u0007\u001b[31mb\u2028c".replace("\u0000", ""),
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "a long word": "W" * 1500,
    "markdown": "[x](javascript:alert(1)) **b** `c`",
    "an address": "javascript:alert(1) data:text/html,<script>alert(1)</script>",
    "a path": "../../etc/passwd\\..\\x.html",
}
every_string = pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS.keys())


# Escaped, none of these signs stands before or around the text's own element.
_MARKUP = re.compile(r"""<x7|["'](?:>|&gt;)(?:<|&lt;)x7""")
_SCRIPT = re.compile(
    r"""\b(?:href|src|action|formaction)=["']?\s*(?:javascript|vbscript|data:text)"""
)


def _wrong_in(page: str) -> list[str]:
    """Name what a browser would take for more than text, or a template has worked out."""
    signs = {"markup": _MARKUP, "a script": _SCRIPT, "a template": re.compile(">77{% x7")}
    return [name for name, sign in signs.items() if sign.search(page)]


def _is_planted(model: type[Model], column: Any) -> bool:
    return (
        isinstance(column, CharField | TextField)
        and not isinstance(column, EmailField | EncryptedTextField)
        and not column.choices
        and column.name not in FORMED
        and model._meta.label_lower not in HIDDEN
    )


@pytest.fixture(scope="module")
def planted(furnished: Samples, people: People) -> Samples:
    """Acme, with the hostile text wherever it has words."""
    labels = ("messaging", "tenants", "providers", "auditlog")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    with tenant_context(people.tenant):
        for model in models:
            columns = {
                column.name: HOSTILE[: column.max_length]
                for column in model._meta.concrete_fields
                if _is_planted(model, column)
            }
            if model is ConsentEntry:  # a ledger that is only ever added to
                ConsentEntry.objects.create(
                    at=timezone.now(),
                    number=CUSTOMER,
                    action="opt_out",
                    source="keyword",
                    **columns,
                )
            elif columns:
                model._default_manager.update(**columns)
        Contact.objects.update(tags=[HOSTILE[:40]])
        _keep_file()
    return furnished


def _keep_file() -> None:
    attachment = Attachment.objects.get()
    attachment.state, attachment.content_type, attachment.size = "ready", "application/pdf", 8
    attachment.file.save("x", ContentFile(b"%PDF-1.4"))


def test_every_column_of_words_is_planted() -> None:
    lists = {
        f"{model._meta.label_lower}.{column.name}"
        for label in ("messaging", "tenants", "providers")
        for model in apps.get_app_config(label).get_models()
        for column in model._meta.concrete_fields
        if isinstance(column, ArrayField) and column.name not in FORMED
    }
    assert lists == {"messaging.contact.tags"}
    shortest = HOSTILE.index(">{{") + 1
    assert "y7" in HOSTILE[:shortest]
    assert shortest <= 16


def test_the_signs_are_seen() -> None:
    assert _wrong_in(f"<p>{HOSTILE}</p>") == ["markup"]
    assert _wrong_in(HOSTILE.replace("<", "&lt;").replace(">", "&gt;")) == ["markup"]
    assert _wrong_in('<a href="javascript:x7()">') == ["a script"]
    assert _wrong_in(escape(HOSTILE)) == []


def test_no_page_takes_words_for_markup_or_template(
    planted: Samples, people: People, signed_in: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with tenant_context(people.tenant):  # and the trail tells of it
        contact = Contact.objects.get()
        contact.company = f"{HOSTILE[:60]} and Sons"
        contact.save()
    wrong: dict[str, list[str]] = {}
    shown = 0
    visits = [
        (people.admin, TENANT, "/t/acme/", ""),
        (people.system_admin, PUBLIC, "/", "system/"),
    ]
    with caplog.at_level(logging.INFO):
        for person, urlconf, prefix, under in visits:
            client = signed_in(person)
            for address in addresses(urlconf):
                path = prefix + address.filled(planted)
                if not address.path.startswith(under) or "/api/" in path or "logout" in path:
                    continue
                answer = client.get(path)
                if answer.status_code != 200 or "text/html" not in answer["Content-Type"]:
                    continue
                page = answer.content.decode()
                shown += "{{7|add:70}}" in page
                if signs := _wrong_in(page):
                    wrong[path] = signs
                assert answer["X-Content-Type-Options"] == "nosniff"
                assert "default-src" in answer["Content-Security-Policy"], path

    assert wrong == {}
    assert shown > 60
    assert "y7=1" not in caplog.text


def test_the_api_tells_words_as_they_are(planted: Samples, people: People, api: Any) -> None:
    client, told = api(people.admin), 0
    for address in addresses(TENANT):
        if address.path.startswith("api/") and "/docs/" not in address.path:
            answer = client.get(f"/t/acme/{address.filled(planted)}")
            assert answer["X-Content-Type-Options"] == "nosniff"
            if answer.status_code == 200 and "json" in answer["Content-Type"]:
                told += HOSTILE[:40] in json.dumps(answer.json(), ensure_ascii=False).replace(
                    '\\"', '"'
                )
            assert "html" not in answer.get("Content-Type", "")
    assert told > 20


@pytest.mark.parametrize("path", ["/t/acme/", "/t/acme/api/v1/", "/", "/webhook/bandwidth/sms/"])
def test_an_address_writes_one_line_into_the_log(
    path: str, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    Client().get(f"{path}x%0d%0aERROR%20forged%1b%5b31m%e2%80%a8%00")

    assert caplog.records or path != "/"
    for record in caplog.records:
        assert record.getMessage().isprintable(), ascii(record.getMessage())


def _write(text: str, people: People) -> Message:
    """Have a customer of this name write this, in a thread that is there already."""
    text = text.replace("\x00", "")
    tenant = people.tenant
    tenant.name = text[:100]
    Contact.objects.update(name=text[:100], company=text[:100], notes=text, tags=[])
    message = Message.objects.get(direction="in")
    message.text = text
    message.save()
    Attachment.objects.update(name=text[:200])
    _keep_file()
    return message


@every_string
def test_mails_notifications_and_sheets_say_it(
    text: str, furnished: Samples, people: People, signed_in: Any, settings: Any
) -> None:
    settings.DEFAULT_FROM_EMAIL = "texts@trunkline.example"
    with tenant_context(people.tenant):
        message = _write(text, people)
        mail = MailDelivery(message=message, address="desk@acme.example")
        Note.objects.update(text=text)
        note = Note.objects.get()
        sender = senders([message], people.tenant)[CUSTOMER]
        title = titles([message.conversation], people.tenant)[message.conversation_id]
        notices = [
            notice_of(message, sender, people.tenant, is_hidden=False),
            mention_of(note, title, people.tenant, is_hidden=False),
        ]
        sent = message_from_bytes(
            compose(mail, people.tenant).message().as_bytes(), policy=policy.default
        )
        exports = [
            ask_for_messages(people.admin, people.tenant, {}),
            ask_for_person(people.admin, CUSTOMER),
        ]
        for export in exports:
            writer.run(export.pk)
            export.refresh_from_db()
            assert export.state == "done"
        with exports[0].file.open("rb") as file:
            log = list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"), newline="")))
        client = signed_in(people.admin)
        # What the API takes is what a sheet has to bring back.
        words = {"name": text[:100], "company": text[:100], "notes": text, "tags": [text[:40]]}
        path = f"/t/acme/api/v1/contacts/{Contact.objects.get().pk}/"
        taken = client.patch(path, words, content_type="application/json")
        assert taken.status_code == 200
        sheet = client.get("/t/acme/messaging/contact/export/").getvalue()
    contacts = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"), newline="")))

    # Mail: one sender, one addressee, no header of the text's, and the words in the body.
    assert set(sent.keys()) <= {
        "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID",
        "Auto-Submitted",
    }  # fmt: skip
    assert [a.addr_spec for a in sent["From"].addresses] == ["texts@trunkline.example"]
    assert [a.addr_spec for a in sent["To"].addresses] == ["desk@acme.example"]
    plain = sent.get_body(("plain",)).get_content()
    assert sent.get_body(("html",)) is None
    assert text.split("\r\n", maxsplit=1)[0].strip() in plain.replace("\r", "") or text in plain
    (file_part,) = sent.iter_attachments()
    for shown in (
        str(sent["Subject"]),
        file_part.get_filename(),
        *(n.title for n in notices),
        *(n.body for n in notices),
    ):
        assert shown.isprintable() or "\U0001f1e9" in shown, ascii(shown)
        assert not {"\u202e", "\u2066", "\u200f", "\r", "\n", "\x1b"} & set(shown)
        assert len(shown) <= 260
    # Spreadsheets: nothing is run, nothing is lost, and reading them in changes nothing.
    for row in [*log, *contacts]:
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert any(text in (cell, cell[1:]) for row in log for cell in row)
    page = client.post(
        "/t/acme/messaging/contact/import/", {"file": SimpleUploadedFile("x.csv", sheet)}
    )
    outcome = page.context["outcome"]
    assert [str(problem) for problem in outcome.problems] == []
    assert (page.context["counts"]["new"], page.context["counts"]["changed"]) == (0, 0)


@every_string
def test_a_files_name_is_a_name_only(
    text: str, furnished: Samples, people: People, signed_in: Any
) -> None:
    with tenant_context(people.tenant):
        _write(text, people)
        key = Attachment.objects.get().pk
    answer = signed_in(people.admin).get(f"/t/acme/inbox/media/{key}/")

    said = answer["Content-Disposition"]
    assert said.startswith("attachment")
    assert said.isprintable()
    assert said.isascii()
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
