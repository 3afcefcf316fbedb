"""Media of messages: as JSON, and shared out among messages that are sent individually."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from messaging.media import attachments
from messaging.models import Attachment
from tenants.models import User


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """One file; its `url` takes the same sign-in as the rest of the API."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = ["id", "url", "content_type", "size", "name", "state"]

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, attachment: Attachment) -> str:
        """Address of the bytes, under the host that the caller used."""
        return reverse(
            "api:media-content", kwargs={"pk": attachment.pk}, request=self.context["request"]
        )


def copies_for_each(user: User, ids: Sequence[UUID], messages: int) -> list[list[UUID]]:
    """Return the attachment ids for each message: an upload belongs to one message only."""
    first = list(ids)
    uploads = {
        upload.pk: upload
        for upload in Attachment.objects.filter(pk__in=ids, message=None, uploaded_by=user)
    }
    # An unknown id is passed on as it is: the send refuses it with its reason.
    if messages == 1 or len(uploads) < len(set(first)):
        return [first] * messages
    copies = [[_copy(user, uploads[key]) for key in first] for _ in range(messages - 1)]
    return [first, *copies]


def _copy(user: User, upload: Attachment) -> UUID:
    with upload.file.open("rb") as file:
        content = file.read()
    return attachments.store_upload(user, upload.name, upload.content_type, content).pk
