"""Uploads that wait for their message: shared out, taken back, and forgotten after a while."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from messaging.media.attachments import store_upload
from messaging.models import Attachment
from tenants.models import User

logger = logging.getLogger(__name__)

_MOST = 500


def copies_for_each(user: User, ids: Sequence[UUID], messages: int) -> list[list[UUID]]:
    """Return the attachment ids for each message: an upload belongs to one message only."""
    first = list(dict.fromkeys(ids))
    found = Attachment.objects.filter(pk__in=first, message=None, uploaded_by=user)
    uploads = {upload.pk: upload for upload in found}
    # An unknown id is passed on as it is: the send refuses it with its reason.
    if messages == 1 or len(uploads) < len(first):
        return [first] * messages
    copies = [[_copy(user, uploads[key]) for key in first] for _ in range(messages - 1)]
    return [first, *copies]


def take_back(user: User, attachment_id: UUID) -> bool:
    """Delete an upload of the person's that no message has; tell whether there was one."""
    return _forget(Attachment.objects.filter(pk=attachment_id, message=None, uploaded_by=user)) > 0


def forget_uploads(*, before: datetime) -> None:
    """Delete what was uploaded and never sent."""
    abandoned = Attachment.objects.filter(
        message=None, state=Attachment.State.READY, created_at__lt=before
    )
    _forget(abandoned.order_by("created_at")[:_MOST])


def _forget(uploads: Iterable[Attachment]) -> int:
    count = 0
    for upload in uploads:
        # The row decides: a message that takes the upload at this moment keeps its file.
        gone, _ = Attachment.objects.filter(pk=upload.pk, message=None).delete()
        if gone:
            _delete_file(upload)
            count += 1
    return count


def _delete_file(upload: Attachment) -> None:
    try:
        upload.file.delete(save=False)
    except OSError as error:  # nobody can reach it any more; the other uploads must not wait
        logger.warning("file of a forgotten upload is left: %s", type(error).__name__)


def _copy(user: User, upload: Attachment) -> UUID:
    with upload.file.open("rb") as file:
        content = file.read()
    copy = store_upload(user, upload.name, upload.content_type, content)
    if upload.notice:
        Attachment.objects.filter(pk=copy.pk).update(notice=upload.notice)
    return copy.pk
