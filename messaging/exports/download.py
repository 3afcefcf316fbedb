"""Handing out the file of a finished export."""

from __future__ import annotations

from django.http import FileResponse, Http404
from django.utils import timezone

from messaging.models import Export
from tenants.schema import tenant_connection

_TYPES = {"csv": "text/csv; charset=utf-8", "zip": "application/zip"}


def file_response(export: Export) -> FileResponse:
    """Return the file of a finished export as a download that nobody keeps a copy of."""
    try:
        file = export.file.open("rb")
    except (FileNotFoundError, ValueError) as error:
        raise Http404 from error
    day = timezone.localtime(export.created_at).strftime("%Y-%m-%d")
    response = FileResponse(
        file,
        as_attachment=True,
        filename=f"{tenant_connection.tenant.slug}-{export.kind}-{day}.{export.ending}",
        content_type=_TYPES[export.ending],
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
