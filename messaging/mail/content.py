"""The e-mail that carries an inbound text: plain text, with the pictures that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formataddr
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone

from messaging.models import Attachment, Contact, MailDelivery, Message
from messaging.plaintext import one_line
from tenants.links import absolute, tenant_path
from tenants.models import Tenant
from tenants.numbers import for_people

# Many mail servers take 25 MB, and base64 makes a third more of a file.
_MOST_BYTES = 15_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    name: str
    content: bytes
    content_type: str


def compose(mail: MailDelivery, tenant: Tenant) -> EmailMessage:
    """Build the e-mail of a delivery; text from outside reaches headers as one plain line only."""
    message = mail.message
    conversation = message.conversation
    sender = _sender(message, tenant)
    our_number = for_people(conversation.our_number, country=tenant.country)
    files, missing = _files(list(message.attachments.all()))
    body = render_to_string(
        "mail/text.txt",
        {
            "sender": sender,
            "our_number": our_number,
            "received": _when(message, tenant),
            "text": message.text,
            "attached": [file.name for file in files],
            "missing": missing,
            "link": absolute(tenant_path(tenant, f"inbox/{conversation.pk}/")),
        },
    )
    email = EmailMessage(
        subject=_header(f"Text from {sender} to {our_number}", limit=150),
        body=body,
        from_email=formataddr((_header(tenant.name, limit=60), settings.DEFAULT_FROM_EMAIL))
        if "<" not in settings.DEFAULT_FROM_EMAIL
        else settings.DEFAULT_FROM_EMAIL,
        to=[mail.address],
        headers={
            # The same at each try: a mail server that took it before a crash can tell.
            "Message-ID": f"<{message.pk.hex}.{mail.pk}.{tenant.schema_name}@{_host()}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    for file in files:
        email.attach(file.name, file.content, file.content_type)
    return email


def _header(text: str, *, limit: int) -> str:
    """Fold the text into one line that no mail program takes for encoded words."""
    return one_line(text, limit=limit).replace("=?", "= ?")


def _sender(message: Message, tenant: Tenant) -> str:
    number = for_people(message.sender, country=tenant.country)
    contact = Contact.objects.filter(number=message.sender).first()
    return one_line(f"{contact.name} {number}" if contact else number, limit=100)


def _when(message: Message, tenant: Tenant) -> str:
    local = timezone.localtime(message.created_at, ZoneInfo(tenant.timezone))
    return f"{local:%Y-%m-%d %H:%M %Z}"


def _files(attachments: Sequence[Attachment]) -> tuple[list[_File], list[str]]:
    files: list[_File] = []
    missing: list[str] = []
    room = _MOST_BYTES
    for attachment in attachments:
        name = _header(attachment.name, limit=100) or f"file {attachment.position}"
        if attachment.state != Attachment.State.READY or attachment.size > room:
            missing.append(name)
            continue
        try:
            with attachment.file.open("rb") as opened:
                content = opened.read()
        except OSError:  # the text must not wait for a storage that has lost a picture
            missing.append(name)
            continue
        room -= attachment.size
        files.append(_File(name=name, content=content, content_type=attachment.content_type))
    return files, missing


def _host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"
