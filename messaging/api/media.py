"""`media/`: uploads for messages, and the bytes of what came in."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.attachments import AttachmentSerializer
from messaging.api.base import TenantViewSet
from messaging.api.refusals import Refused
from messaging.media import attachments
from messaging.media.serving import NotHere, served
from messaging.models import Attachment
from tenants.api.parsing import Upload
from tenants.api.permissions import IsTenantUser

# One picture of the largest size, and the form around it.
_MOST_BYTES = attachments.PICTURE_LIMIT + 100_000


class AnyAnswer(BaseContentNegotiation):
    """Ignores `Accept`: a file has one form, and an error is JSON."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]


class CannotBeRead(APIException):
    """The store of files does not answer."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The file cannot be read just now. Try again in a minute."


class UploadSerializer(serializers.Serializer[Any]):
    """Form with one file."""

    file = serializers.FileField(allow_empty_file=False, max_length=200)


class Media(TenantViewSet[Attachment], RetrieveModelMixin):
    """Files of messages. An upload waits for its message and is its uploader's until then."""

    permission_classes = [IsTenantUser]
    parser_classes = [Upload]
    queryset = Attachment.objects.none()
    serializer_class = AttachmentSerializer
    lookup_value_regex = r"[0-9a-fA-F-]{32,36}"
    most_bytes = _MOST_BYTES

    def get_queryset(self) -> QuerySet[Attachment]:
        """Return own uploads and the files of threads that the person may see."""
        return Attachment.objects.filter(
            Q(message=None, uploaded_by=self.person)
            | Q(message__conversation__in=self.conversations())
        )

    @extend_schema(
        request={"multipart/form-data": UploadSerializer}, responses={201: AttachmentSerializer}
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Upload a file, to be named in `media` of a message.

        A picture of more than 3.5 MB is made smaller, and `notice` says so; up to 20 MB are taken.
        """
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        file = form.validated_data["file"]
        try:
            upload = attachments.store_upload(
                self.person, file.name, file.content_type or "", file.read()
            )
        except attachments.MediaRefused as refusal:
            raise ValidationError({"file": [str(refusal)]}) from refusal
        return Response(self.get_serializer(upload).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAnswer)
    def content(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Read the bytes. Raises NotFound while the file is not here."""
        try:
            return served(self.get_object())
        except NotHere as error:
            raise NotFound("This file is not available.") from error
        except OSError as error:
            raise CannotBeRead from error

    @extend_schema(request=None, responses={200: AttachmentSerializer, 422: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, **kwargs: Any) -> Response:
        """Fetch a file that came in and could not be had. The carrier keeps it for 48 hours."""
        attachment = self.get_object()
        if not attachments.retry(attachment):
            raise Refused("invalid_state", "There is nothing to fetch, or it is too late for it.")
        attachment.refresh_from_db()
        return Response(self.get_serializer(attachment).data)
