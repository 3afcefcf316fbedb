"""Sending inbound texts on by e-mail. A mail server that is down holds up nothing but its mail."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from messaging import queue
from messaging.mail.content import compose
from messaging.models import Attachment, MailDelivery
from tenants.models import Tenant
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

State = MailDelivery.State

_LEASE = timedelta(minutes=10)  # longer than any mail server's patience
_FILES_WITHIN = timedelta(minutes=2)
_FILES_EVERY = 5  # seconds
_FIRST_WAIT = 30
_LONGEST_WAIT = 3600
_TRIES = 30  # about a day


def send(mail_id: int) -> None:
    """Hand one delivery to the mail server, unless it is done, being done or not due.

    Pictures that are still being fetched are waited for, for two minutes.
    """
    now = timezone.now()
    mail = MailDelivery.objects.filter(pk=mail_id).first()
    if mail is None or (mail.state == State.PENDING and _waits_for_files(mail, now)):
        return
    if not _claim(mail_id, now):
        return
    mail = MailDelivery.objects.select_related("message__conversation").get(pk=mail_id)
    tenant = Tenant.objects.get(schema_name=tenant_connection.schema_name)
    try:
        compose(mail, tenant).send()
    except smtplib.SMTPRecipientsRefused as refusal:
        _refused(mail, refusal)
    except (smtplib.SMTPException, OSError) as error:
        _try_again(mail, f"The mail server could not be used: {type(error).__name__}.")
    else:
        MailDelivery.objects.filter(pk=mail_id, state=State.SENDING).update(
            state=State.SENT, sent_at=timezone.now(), error=""
        )


def _waits_for_files(mail: MailDelivery, now: datetime) -> bool:
    pending = Attachment.objects.filter(
        message_id=mail.message_id,
        state=Attachment.State.PENDING,
        created_at__gt=now - _FILES_WITHIN,
    )
    if not pending.exists():
        return False
    # Only the first of two tasks moves the time on, so that they do not multiply.
    moved = MailDelivery.objects.filter(
        pk=mail.pk, state=State.PENDING, next_attempt_at__lte=now
    ).update(next_attempt_at=now + timedelta(seconds=_FILES_EVERY))
    if moved:
        queue.enqueue(queue.SEND_MAIL, mail.pk, delay=_FILES_EVERY)
    return True


def _claim(mail_id: int, now: datetime) -> bool:
    """Take the delivery; a claim that is older than the lease died with its worker."""
    taken = (
        MailDelivery.objects.filter(pk=mail_id, next_attempt_at__lte=now)
        .filter(Q(state=State.PENDING) | Q(state=State.SENDING))
        .update(state=State.SENDING, attempts=F("attempts") + 1, next_attempt_at=now + _LEASE)
    )
    return taken == 1


def _refused(mail: MailDelivery, refusal: smtplib.SMTPRecipientsRefused) -> None:
    codes = [code for code, _ in refusal.recipients.values()]
    if codes and all(500 <= code < 600 for code in codes):
        _fail(mail, f"The mail server refuses the address ({codes[0]}).")
    else:
        _try_again(mail, "The mail server does not take the address at the moment.")


def _try_again(mail: MailDelivery, error: str) -> None:
    logger.warning("mail %s not sent at try %s", mail.pk, mail.attempts)
    if mail.attempts >= _TRIES:
        _fail(mail, error)
        return
    wait = min(_FIRST_WAIT * 2 ** (mail.attempts - 1), _LONGEST_WAIT)
    MailDelivery.objects.filter(pk=mail.pk, state=State.SENDING).update(
        state=State.PENDING,
        error=error,
        next_attempt_at=timezone.now() + timedelta(seconds=wait),
    )
    queue.enqueue(queue.SEND_MAIL, mail.pk, delay=wait)


def _fail(mail: MailDelivery, error: str) -> None:
    MailDelivery.objects.filter(pk=mail.pk, state=State.SENDING).update(
        state=State.FAILED, error=error
    )
