"""One message to each of several people, instead of a group in which everybody sees everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.core.files.storage import default_storage
from django.db import transaction

from messaging.media.attachments import MediaRefused
from messaging.media.uploads import copies_for_each
from messaging.models import Attachment, Message
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.send import send_message
from messaging.plaintext import storable
from tenants.models import Tenant, User
from tenants.numbers import NotAPhoneNumber, to_e164
from tenants.roles import Role

MOST_INDIVIDUALLY = 200


def send_individually(
    *,
    user: User,
    role: Role,
    tenant: Tenant,
    sender: str,
    recipients: Sequence[str],
    text: str,
    attachment_ids: Sequence[UUID] = (),
    scheduled_at: datetime | None = None,
    expires_at: datetime | None = None,
    ignore_quiet_hours: bool = False,
    key: UUID | None = None,
) -> list[Message]:
    """Send the text and files to each recipient alone, to all of them or to nobody.

    Returns the messages in the order of the recipients, each number once. Raises SendRefused.
    """
    numbers = each_once(recipients, country=tenant.country)
    copies: list[str] = []
    try:
        with transaction.atomic():
            files = copies_for_each(user, attachment_ids, len(numbers))
            copied = Attachment.objects.filter(pk__in=[copy for ids in files[1:] for copy in ids])
            copies = list(copied.values_list("file", flat=True))
            return [
                send_message(
                    user=user,
                    role=role,
                    tenant=tenant,
                    sender=sender,
                    recipients=[number],
                    text=text,
                    attachment_ids=ids,
                    scheduled_at=scheduled_at,
                    expires_at=expires_at,
                    ignore_quiet_hours=ignore_quiet_hours,
                    key=uuid5(key, number) if key else None,
                )
                for number, ids in zip(numbers, files, strict=True)
            ]
    except (SendRefused, MediaRefused) as refusal:
        # Their rows are rolled back, and no sweep would find the files.
        for name in copies:
            default_storage.delete(name)
        if isinstance(refusal, MediaRefused):
            raise SendRefused(Refusal.MEDIA_NOT_READY, refusal.text) from refusal
        raise


def each_once(recipients: Sequence[str], *, country: str) -> list[str]:
    """Return the numbers typed, each once.

    Raises SendRefused.
    """
    numbers: dict[str, None] = {}
    for typed in recipients:
        if not typed.strip():
            continue
        try:
            numbers[to_e164(storable(typed), country=country, short_codes=True)] = None
        except NotAPhoneNumber as error:
            raise SendRefused(Refusal.INVALID_RECIPIENT, str(error)) from error
    if not numbers:
        raise SendRefused(Refusal.NO_RECIPIENTS, "Enter the number to text to.")
    if len(numbers) > MOST_INDIVIDUALLY:
        raise SendRefused(
            Refusal.TOO_MANY_RECIPIENTS,
            f"A text can go to {MOST_INDIVIDUALLY} people at a time, these are {len(numbers)}.",
        )
    return list(numbers)
