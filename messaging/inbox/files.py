"""Pictures and files: taken in before they are sent, and served to who may see them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from messaging import visibility
from messaging.inbox.bubbles import RASTER, Piece, piece
from messaging.inbox.frame import InboxRequest, inbox_view
from messaging.media.attachments import UPLOAD_LIMIT, MediaRefused, store_upload
from messaging.media.uploads import take_back
from messaging.models import Attachment
from messaging.outbound.compose import MOST_FILES

_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
)


@require_POST
@inbox_view
def upload(request: InboxRequest) -> HttpResponseBase:
    """Take in files for a message that is being written; give a chip for each."""
    attached: list[tuple[UUID, Piece]] = []
    refusals: list[str] = []
    files = request.FILES.getlist("files")
    for file in files[:MOST_FILES]:
        # One byte beyond the limit is enough to have it refused by its size.
        content = file.read(UPLOAD_LIMIT + 1)
        try:
            stored = store_upload(request.user, file.name or "", file.content_type or "", content)
        except MediaRefused as refusal:
            refusals.append(refusal.text)
        else:
            attached.append((stored.pk, piece(stored)))
    if not files:
        refusals.append("No file came. Choose it again.")
    if len(files) > MOST_FILES:
        refusals.append(f"A message can carry {MOST_FILES} files; the rest was left out.")
    context = {"attached": attached, "refusals": refusals}
    status = 200 if attached else 422
    return render(request, "inbox/attached.html", context, status=status)


@require_safe
@inbox_view
def chips(request: InboxRequest) -> HttpResponseBase:
    """Show the uploads of a draft that the browser kept, as far as they are still here."""
    return render(request, "inbox/attached.html", {"attached": unsent(request)})


@require_POST
@inbox_view
def remove(request: InboxRequest, attachment_id: UUID) -> HttpResponseBase:
    """Delete an own upload that is not sent; others are not found."""
    if not take_back(request.user, attachment_id):
        raise Http404
    return HttpResponse(status=204)


def chosen(request: InboxRequest) -> list[UUID]:
    """Read which uploads go with the message; what is no id is left out."""
    texts = [*request.POST.getlist("attachments"), *request.GET.getlist("attachments")]
    return [key for text in texts if (key := _key(text))]


def form_key(request: InboxRequest) -> UUID | None:
    """Read the key of the form, by which sending it twice sends one message."""
    return _key(request.POST.get("key", ""))


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def unsent(request: InboxRequest) -> list[tuple[UUID, Piece]]:
    """Show again what the person had attached to a message that is not sent yet."""
    own = Attachment.objects.filter(
        pk__in=chosen(request)[:MOST_FILES], message=None, uploaded_by=request.user
    )
    return [(attachment.pk, piece(attachment)) for attachment in own]


@require_safe
@inbox_view
def media(request: InboxRequest, attachment_id: UUID) -> HttpResponseBase:
    """Serve a file of a visible conversation, or an own upload that is not sent yet."""
    visible = visibility.visible_conversations(request.user, request.role, request.tenant)
    theirs = Q(message__conversation__in=visible)
    own = Q(message=None, uploaded_by=request.user)
    attachment = Attachment.objects.filter(
        theirs | own, pk=attachment_id, state=Attachment.State.READY
    ).first()
    if attachment is None or not attachment.file:
        raise Http404
    try:
        file = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    # Judged by the bytes: what a stranger's phone called it proves nothing.
    kind = _raster_type(file.read(16))
    file.seek(0)
    response = FileResponse(
        file,
        as_attachment=not kind,
        filename=attachment.name or "file",
        content_type=kind or "application/octet-stream",
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=86400"
    return response


def _raster_type(start: bytes) -> str:
    for magic, offset, kind in _MAGIC:
        if start[offset : offset + len(magic)] == magic:
            return kind if kind in RASTER else ""
    return ""
