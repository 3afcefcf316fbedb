"""Pictures and files: taken in before they are sent, and served to who may see them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from messaging import visibility
from messaging.inbox.frame import InboxRequest, inbox_view
from messaging.inbox.opened import find, opened
from messaging.inbox.pieces import Piece, piece
from messaging.media.attachments import PICTURE_LIMIT, MediaRefused, retry, store_upload
from messaging.media.links import attachment_of
from messaging.media.serving import NotHere, served
from messaging.media.uploads import take_back
from messaging.models import Attachment
from messaging.outbound.compose import MOST_FILES
from tenants.roles import public_in_tenant


@require_POST
@inbox_view
def upload(request: InboxRequest) -> HttpResponseBase:
    """Take in files for a message that is being written; give a chip for each."""
    attached: list[tuple[UUID, Piece]] = []
    refusals: list[str] = []
    files = request.FILES.getlist("files")
    for file in files[:MOST_FILES]:
        # One byte beyond the limit is enough to have it refused by its size.
        content = file.read(PICTURE_LIMIT + 1)
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
    return _served(_own_or_visible(request).filter(pk=attachment_id).first())


@require_safe
@public_in_tenant
def linked(request: HttpRequest, signed: str) -> HttpResponseBase:
    """Serve the file of a signed address: the signature is the key, for as long as it holds."""
    found = attachment_of(signed)
    if found is None:
        raise Http404
    attachment, seconds = found
    response = _served(attachment, max_age=seconds)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _own_or_visible(request: InboxRequest) -> QuerySet[Attachment]:
    visible = visibility.visible_conversations(request.user, request.role, request.tenant)
    theirs = Q(message__conversation__in=visible)
    own = Q(message=None, uploaded_by=request.user)
    return Attachment.objects.filter(theirs | own)


def _served(attachment: Attachment | None, **kwargs: int) -> HttpResponseBase:
    if attachment is None:
        raise Http404
    try:
        return served(attachment, **kwargs)
    except NotHere as error:
        raise Http404 from error
    except OSError:
        text = "The file cannot be read just now. Try again in a minute."
        return HttpResponse(text, status=503, content_type="text/plain")


@require_POST
@inbox_view
def refetch(request: InboxRequest, attachment_id: UUID) -> HttpResponseBase:
    """Fetch an inbound file at once that could not be had, while the carrier keeps it."""
    found = _own_or_visible(request).filter(pk=attachment_id).select_related("message").first()
    if found is None or found.message is None:
        raise Http404
    # Too late, or there by now: the thread shows which.
    retry(found)
    conversation = find(request, found.message.conversation_id)
    if not request.htmx:
        return redirect("inbox:thread", conversation.pk)
    context = opened(request, conversation, is_seen=True)
    return render(request, "inbox/messages.html", context)
