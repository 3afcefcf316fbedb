"""All that a tenant has of one person, as a ZIP to hand over."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from mimetypes import guess_extension
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo
from zoneinfo import ZoneInfo

from django.core.serializers.json import DjangoJSONEncoder

from messaging.models import (
    Attachment,
    BroadcastRecipient,
    ConsentEntry,
    Contact,
    Message,
    Note,
    OptOut,
)
from messaging.models.message import Status
from messaging.retention.person import batches, texts_of, threads_of
from tenants.cells import safe
from tenants.models import Tenant

_TEXTS = ["Time", "Direction", "Our number", "In a group", "Text", "Files", "Status", "ID"]
_CONSENT = ["Time", "Our number", "What", "How", "Detail"]
_ABOUT = """What {company} has of {number}, as of {now}.

messages.csv  texts from and to this number, oldest first
files/        their pictures and files, each named as the column "Files" says
person.json   the contact, notes about the thread, broadcasts, and whether texts are refused
consent.csv   when texts were refused or allowed, and how

Of threads with several people only what this person wrote, and what was sent to all, is here.
"""

Progress = Callable[[int], None]


def write(file: IO[bytes], number: str, tenant: Tenant, *, progress: Progress) -> int:
    """Write the ZIP and return how many texts are in it.

    Raises OSError.
    """
    zone = ZoneInfo(tenant.timezone)
    now = datetime.now(zone)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        about = _ABOUT.format(company=tenant.name, number=number, now=f"{now:%Y-%m-%d %H:%M}")
        archive.writestr("README.txt", about)
        told = json.dumps(_person(number), cls=DjangoJSONEncoder, indent=1, ensure_ascii=False)
        archive.writestr("person.json", told)
        with _sheet(archive, "consent.csv") as sheet:
            sheet.writerows([_CONSENT, *_consent(number, zone)])
        done = 0
        with _sheet(archive, "messages.csv") as sheet:
            sheet.writerow(_TEXTS)
            for found in batches(texts_of(number), "attachments"):
                sheet.writerows(_row(text, zone) for text in found)
                done += len(found)
                progress(done)
        files = Attachment.objects.filter(message__in=texts_of(number)).exclude(file="")
        for place, attachment in enumerate(files.order_by("pk").iterator(chunk_size=500)):
            _write_file(archive, attachment, zone)
            if place % 50 == 0:
                progress(done)
    return done


def _row(text: Message, zone: ZoneInfo) -> list[str]:
    thread = text.conversation
    cells = [
        text.created_at.astimezone(zone).isoformat(timespec="seconds"),
        Message.Direction(text.direction).label,
        thread.our_number,
        "yes" if len(thread.participants) > 1 else "",
        text.text,
        ", ".join(_name(each) for each in text.attachments.all() if each.file),
        Status(text.status).label,
        str(text.pk),
    ]
    return [safe(str(cell)) for cell in cells]


def _person(number: str) -> dict[str, Any]:
    threads = threads_of(number)
    contact = Contact.objects.filter(number=number)
    notes = Note.objects.filter(conversation__in=threads.own).order_by("created_at")
    sent_to = BroadcastRecipient.objects.filter(number=number).order_by("pk")
    return {
        "number": number,
        "contact": contact.values(
            "name", "company", "email", "tags", "notes", "created_at"
        ).first(),
        "notes": list(notes.values("created_at", "text")),
        "broadcasts": list(sent_to.values("broadcast__name", "fields", "state", "reason")),
        "texts_refused": list(
            OptOut.objects.filter(number=number).values("our_number", "source", "created_at")
        ),
    }


def _consent(number: str, zone: ZoneInfo) -> Iterable[list[str]]:
    for line in ConsentEntry.objects.filter(number=number).order_by("at", "pk"):
        cells = [
            line.at.astimezone(zone).isoformat(timespec="seconds"),
            line.our_number or "all",
            line.get_action_display(),
            line.get_source_display(),
            line.detail,
        ]
        yield [safe(cell) for cell in cells]


def _write_file(archive: ZipFile, attachment: Attachment, zone: ZoneInfo) -> None:
    info = ZipInfo(
        f"files/{_name(attachment)}", attachment.created_at.astimezone(zone).timetuple()[:6]
    )
    info.compress_type = ZIP_STORED  # pictures are compressed already
    try:
        with attachment.file.open("rb") as source, archive.open(info, "w") as member:
            shutil.copyfileobj(source, member)
    except FileNotFoundError:  # deleted by age at this moment
        return


def _name(attachment: Attachment) -> str:
    # Never the sender's own: it may be a path, or the same twice.
    return attachment.pk.hex + (guess_extension(attachment.content_type) or "")


@contextmanager
def _sheet(archive: ZipFile, name: str) -> Iterator[Any]:
    with archive.open(name, "w", force_zip64=True) as member:
        # The mark at the start tells Excel that it is UTF-8.
        text = io.TextIOWrapper(member, encoding="utf-8-sig", newline="", write_through=True)
        yield csv.writer(text)
        text.detach()
