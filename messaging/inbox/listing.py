"""The list of conversations: searching, filtering, and what each row shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from messaging import visibility
from messaging.inbox import clock
from messaging.inbox.frame import InboxRequest
from messaging.inbox.people import address_book, opt_outs
from messaging.models import Contact, Conversation, Message, ReadMark
from tenants.roles import Role

PAGE = 50
_MOST = 1000
_MOST_NAMES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the person asked the list for."""

    text: str
    only: str  # "", "unread" or "unassigned"
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the list, ready to show."""

    id: int
    url: str
    title: str
    initial: str
    is_group: bool
    line: str
    time: str
    unread: int
    is_opted_out: bool
    has_failed: bool
    is_current: bool
    is_unassigned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The part of the list that is shown, and what lies around it."""

    search: Search
    rows: list[Row]
    next_count: int  # 0 = nothing more to show
    unread_total: int


def search_of(params: Mapping[str, str], role: Role) -> Search:
    """Read the search from a query string; what makes no sense is ignored."""
    only = params.get("only", "")
    allowed = ("unread", "unassigned") if role >= Role.ADMIN else ("unread",)
    count = params.get("count") or params.get("shown") or ""
    return Search(
        text=params.get("q", "").replace("\x00", "").strip()[:100],
        only=only if only in allowed else "",
        count=shown_count(count, most=_MOST),
    )


def shown_count(text: str, *, most: int) -> int:
    """Read how many lines a page shows, within what a page can bear."""
    number = int(text) if re.fullmatch(r"[0-9]{1,6}", text) else PAGE
    return max(PAGE, min(number, most))


def listing(request: InboxRequest, search: Search, *, current: int | None = None) -> Listing:
    """Find the conversations the person asked for."""
    user, tenant = request.user, request.tenant
    visible = visibility.visible_conversations(user, request.role, tenant)
    wanted = visibility.with_unread_count(_matching(visible, search, request), user)
    found = list(wanted.order_by("-last_at", "-pk")[: search.count + 1])
    shown = found[: search.count]
    book, refused = address_book(shown, tenant), opt_outs(shown)
    rows = [
        Row(
            id=conversation.pk,
            url=reverse("inbox:thread", args=[conversation.pk]),
            title=book.title(conversation),
            initial=book.initial(conversation),
            is_group=len(conversation.participants) > 1,
            line=_line(conversation),
            time=clock.short_time(conversation.last_at, tenant.country),
            unread=conversation.unread_count,  # type: ignore[attr-defined]  # annotated
            is_opted_out=bool(refused.of(conversation)),
            has_failed=conversation.last_status == "failed",
            is_current=conversation.pk == current,
            is_unassigned=conversation.extension_id is None and request.role >= Role.ADMIN,
        )
        for conversation in shown
    ]
    return Listing(
        search=search,
        rows=rows,
        next_count=search.count + PAGE if len(found) > len(shown) else 0,
        unread_total=_unread(visible, request).count(),
    )


def _matching(
    visible: QuerySet[Conversation], search: Search, request: InboxRequest
) -> QuerySet[Conversation]:
    if search.only == "unread":
        visible = _unread(visible, request)
    elif search.only == "unassigned":
        visible = visible.filter(extension=None)
    if not search.text:
        return visible
    asked = Q(last_text__icontains=search.text)
    digits = re.sub(r"\D", "", search.text)
    if len(digits) >= 3 and not re.search(r"[^\d\s()+./-]", search.text):
        asked |= Q(participants_key__contains=digits) | Q(our_number__contains=digits)
    names = Contact.objects.filter(name__icontains=search.text)
    for number in names.values_list("number", flat=True)[:_MOST_NAMES]:
        asked |= Q(participants_key__contains=number)
    return visible.filter(asked)


def _unread(visible: QuerySet[Conversation], request: InboxRequest) -> QuerySet[Conversation]:
    mark = ReadMark.objects.filter(conversation=OuterRef("pk"), user=request.user)
    arrived = Message.objects.filter(conversation=OuterRef("pk"), direction=Message.Direction.IN)
    return visible.annotate(read_at=Subquery(mark.values("read_at")[:1])).filter(
        Q(read_at=None) & Exists(arrived)
        | Q(last_at__gt=F("read_at")) & Exists(arrived.filter(created_at__gt=OuterRef("read_at")))
    )


def _line(conversation: Conversation) -> str:
    text = " ".join(conversation.last_text.split())
    if not text and conversation.last_status:
        text = "Picture or file"
    is_ours = conversation.last_direction == Message.Direction.OUT
    return f"You: {text}" if is_ours and text else text
