"""Bringing a message's files to the carrier before it is sent."""

from __future__ import annotations

import mimetypes

from messaging.media.fitting import TOLL_FREE_BYTES, fit
from messaging.media.pictures import CannotShrink
from messaging.models import Attachment, Message
from providers.base import Provider
from providers.errors import MessageRejected
from providers.types import FailureReason, MediaFile
from tenants.models import PhoneNumber
from tenants.numbers import kind_of

_LOST = "A file of this message is lost. Send it in a new message."


def upload(message: Message, provider: Provider) -> tuple[str, ...]:
    """Return the URLs of the message's files; what an earlier try uploaded is used again.

    Pictures from a toll-free number are made smaller to keep to its limit. Raises what
    Provider.upload_media does, and MessageRejected when a file is lost or stays too large.
    """
    attachments = list(message.attachments.all())
    if kind_of(message.sender) == PhoneNumber.Kind.TOLL_FREE:
        _fit(attachments)
    urls = []
    for attachment in attachments:
        if not attachment.provider_url:
            _upload(attachment, provider)
        urls.append(attachment.provider_url)
    return tuple(urls)


def _fit(attachments: list[Attachment]) -> None:
    try:
        fit(attachments, TOLL_FREE_BYTES)
    except CannotShrink as error:
        raise MessageRejected(
            "Files from a toll-free number may have 525 KB in all, and a picture could not be made"
            " small enough. Send smaller ones, or from a local number.",
            reason=FailureReason.MEDIA,
        ) from error
    except (OSError, ValueError) as error:
        raise MessageRejected(_LOST, reason=FailureReason.MEDIA) from error


def _upload(attachment: Attachment, provider: Provider) -> None:
    try:
        with attachment.file.open("rb") as file:
            content = file.read()
    except (OSError, ValueError) as error:  # gone from the disk, or never there
        raise MessageRejected(
            f"The file “{attachment.name}” is lost. Send it in a new message.",
            reason=FailureReason.MEDIA,
        ) from error
    # Not the person's name for it: in an address it would need escaping, and it is nobody's
    # business. Carriers look at the ending.
    ending = mimetypes.guess_extension(attachment.content_type) or ""
    attachment.provider_url = provider.upload_media(
        MediaFile(content=content, content_type=attachment.content_type, filename=attachment.name),
        name=f"{attachment.pk}{ending}",
    )
    Attachment.objects.filter(pk=attachment.pk).update(provider_url=attachment.provider_url)
