"""Copying inbound files from the carrier, and taking in files to be sent."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.db.models import F, Q
from django.utils import timezone

from messaging import live, queue
from messaging.media import filetypes, pictures
from messaging.media.metadata import without_metadata
from messaging.models import Attachment, Message
from messaging.plaintext import one_line
from providers.base import Provider
from providers.errors import AccountProblem, MediaUnavailable, TemporaryFailure
from providers.registry import platform_account, provider_for
from providers.types import MediaFile
from tenants.models import User

logger = logging.getLogger(__name__)

State = Attachment.State

UPLOAD_LIMIT = 3_500_000  # bytes; the carrier's, per file
PICTURE_LIMIT = 20_000_000  # a larger picture than the carrier's limit is made smaller
ADVISED = 1_000_000  # what all large carriers take
KEPT = timedelta(hours=48)  # at the carrier
_LEASE = timedelta(minutes=2)
_WAITS = (10, 30, 60, 300, 900)  # seconds, then hourly
_LONGEST_WAIT = 3600


class MediaRefused(ValueError):
    """The file cannot be sent; `text` says why to its owner."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def store_upload(user: User | None, name: str, content_type: str, content: bytes) -> Attachment:
    """Keep a file until the message it is meant for.

    Raises MediaRefused.
    """
    shown = one_line(name.replace("\\", "/").rpartition("/")[2], limit=200) or "file"
    if not content:
        raise MediaRefused(f"“{shown}” is empty.")
    kind = filetypes.type_of_upload(content, content_type, name)
    if kind not in filetypes.SENDABLE:
        raise MediaRefused(f"“{shown}” is of a kind that cannot be sent as MMS.")
    notice = ""
    if kind.startswith("image/"):
        content = without_metadata(content)
    if len(content) > UPLOAD_LIMIT:
        picture = _smaller(shown, kind, content)
        notice = made_smaller(len(content))
        content, kind = picture.content, picture.content_type
        shown = with_ending(shown, ".jpg")
    attachment = Attachment(
        name=shown,
        content_type=kind,
        size=len(content),
        state=State.READY,
        notice=notice,
        uploaded_by=user,
    )
    try:
        attachment.file.save(shown, ContentFile(content), save=False)
    except OSError as error:
        logger.error("upload not stored: %s", type(error).__name__)
        raise MediaRefused(
            f"“{shown}” could not be stored here just now. Attach it again in a minute."
        ) from error
    attachment.save()
    return attachment


def _smaller(shown: str, kind: str, content: bytes) -> pictures.Picture:
    if kind not in pictures.SHRINKABLE:
        more = " Save it as JPEG to have it made smaller." if kind.startswith("image/") else ""
        raise MediaRefused(f"“{shown}” is larger than 3.5 MB, the most a carrier takes.{more}")
    if len(content) > PICTURE_LIMIT:
        raise MediaRefused(f"“{shown}” is larger than 20 MB. Make the picture smaller first.")
    try:
        return pictures.shrink(content, limit=ADVISED)
    except pictures.CannotShrink as error:
        raise MediaRefused(
            f"“{shown}” is larger than 3.5 MB, the most a carrier takes, and {error}."
        ) from error


def made_smaller(before: int) -> str:
    """Word the notice of a picture that was made smaller."""
    return f"Made smaller to fit, from {_size(before)}."


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(1, count // 1000)} KB"


def with_ending(name: str, ending: str) -> str:
    """Give a file's name the ending of its new type."""
    stem, dot, _ = name.rpartition(".")
    return (stem if dot and stem else name)[: 200 - len(ending)] + ending


def retry(attachment: Attachment) -> bool:
    """Have an inbound file fetched at once, while the carrier has it; tell whether it will be."""
    waiting = Attachment.objects.filter(
        pk=attachment.pk,
        state__in=[State.PENDING, State.FAILED],
        message__isnull=False,
        created_at__gt=timezone.now() - KEPT,
    ).exclude(source_url="")
    # A task that has it in hands at this moment keeps what it finds; the second copy is dropped.
    if not waiting.update(state=State.PENDING, error="", attempts=0, next_attempt_at=None):
        return False
    queue.enqueue(queue.FETCH_MEDIA, attachment.pk)
    return True


def fetch(attachment_id: UUID) -> None:
    """Copy one inbound file from the carrier, unless that is done, being done or not due."""
    if not _claim(attachment_id):
        return
    attachment = Attachment.objects.select_related(
        "message__configuration__trunk", "message__conversation__extension"
    ).get(pk=attachment_id)
    assert attachment.message is not None  # noqa: S101  # _claim takes files of messages only
    try:
        file = _provider(attachment.message).fetch_media(attachment.source_url)
        _keep(attachment, file)
    except MediaUnavailable as error:
        _fail(attachment, error.detail)
    except (TemporaryFailure, AccountProblem) as error:
        # Wrong credentials too: somebody may mend them while the carrier still has the file.
        wait = error.retry_after if isinstance(error, TemporaryFailure) else None
        _try_again(attachment, error.detail, wait=wait)
    except OSError as error:
        logger.error("file %s not stored: %s", attachment.pk, type(error).__name__)
        _try_again(attachment, "The file could not be stored here.", wait=None)
    live.hint(attachment.message.conversation)


def _claim(attachment_id: UUID) -> bool:
    now = timezone.now()
    due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    taken = Attachment.objects.filter(
        due, pk=attachment_id, state=State.PENDING, message__isnull=False
    ).update(attempts=F("attempts") + 1, next_attempt_at=now + _LEASE)
    return taken == 1


def _provider(message: Message) -> Provider:
    configuration = message.configuration
    if configuration is not None:
        return provider_for(configuration.trunk.provider, configuration.account)
    account = platform_account()
    if account is None:
        raise AccountProblem("No platform account is set up.")
    return provider_for("bandwidth", account)


def _keep(attachment: Attachment, file: MediaFile) -> None:
    attachment.file.save(attachment.pk.hex, ContentFile(file.content), save=False)
    kept = Attachment.objects.filter(pk=attachment.pk, state=State.PENDING).update(
        file=attachment.file.name,
        content_type=filetypes.type_of_inbound(file.content, file.content_type),
        name=one_line(file.filename, limit=200) or attachment.name,
        size=len(file.content),
        state=State.READY,
        error="",
        next_attempt_at=None,
    )
    if not kept:
        attachment.file.delete(save=False)


def _try_again(attachment: Attachment, error: str, *, wait: float | None) -> None:
    tries = attachment.attempts - 1
    pause = max(wait or 0, _WAITS[tries] if tries < len(_WAITS) else _LONGEST_WAIT)
    due = timezone.now() + timedelta(seconds=pause)
    if due > attachment.created_at + KEPT:
        _fail(attachment, f"Not fetched within the two days the carrier keeps it. {error}")
        return
    Attachment.objects.filter(pk=attachment.pk, state=State.PENDING).update(
        error=one_line(error, limit=300), next_attempt_at=due
    )
    queue.enqueue(queue.FETCH_MEDIA, attachment.pk, delay=pause)


def _fail(attachment: Attachment, error: str) -> None:
    Attachment.objects.filter(pk=attachment.pk, state=State.PENDING).update(
        state=State.FAILED, error=one_line(error, limit=300), next_attempt_at=None
    )
