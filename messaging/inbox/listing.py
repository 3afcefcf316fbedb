"""The list of conversations: searching, filtering, paging, and what each row shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from messaging import search as searching
from messaging import visibility
from messaging.inbox import clock
from messaging.inbox.cursor import Place, row_place
from messaging.inbox.frame import InboxRequest, desk, visible
from messaging.inbox.people import AddressBook, OptOuts, known_of
from messaging.inbox.snippets import Part, snippet
from messaging.models import Conversation, Message, Note
from messaging.models.message import Status
from tenants.roles import Role

PAGE = 50
ONLY = ("unread", "failed", "unassigned", "mine", "shared", "mentions", "done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the person asked the list for."""

    text: str = ""
    only: str = ""  # one of ONLY
    number: str = ""  # of ours
    extension: str = ""
    before: Place | None = None

    @property
    def is_narrowed(self) -> bool:
        """Tell whether some conversations are left out."""
        return bool(self.text or self.only or self.number or self.extension)

    @property
    def query(self) -> dict[str, str]:
        """The search as an address carries it."""
        asked = {"q": self.text, "only": self.only, "number": self.number, "ext": self.extension}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the list, ready to show."""

    id: int
    url: str
    place: str
    title: str
    initial: str
    is_group: bool
    line: str
    found: list[Part]  # the message it was found by, in place of the last line
    time: str
    unread: int
    is_opted_out: bool
    has_failed: bool
    is_current: bool
    is_unassigned: bool
    is_done: bool
    is_mentioned: bool  # a note names the person, who has not seen it
    handler: str  # who has a shared thread, if that is somebody else


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The conversations of one part of the list, before anybody is named."""

    search: Search
    conversations: list[Conversation]
    hits: Mapping[int, searching.Hit]
    has_more: bool
    is_cut: bool  # not all messages with the words were looked through
    unread_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The part of the list that is shown, and what lies around it."""

    search: Search
    key: str  # equal for parts of one list
    rows: list[Row]
    more: str  # the query of what comes next; "" = nothing
    unread_total: int
    is_cut: bool


def search_of(params: Mapping[str, str], role: Role) -> Search:
    """Read the search from a query string; what makes no sense is ignored."""
    only = params.get("only", "")
    is_admin = role >= Role.ADMIN
    return Search(
        text=params.get("q", "").replace("\x00", "").strip()[:100],
        only=only if only in ONLY else "",
        number=_plain(params.get("number", "")) if is_admin else "",
        extension=_plain(params.get("ext", "")) if is_admin else "",
        before=row_place(params.get("before", "")),
    )


def listing(request: InboxRequest, search: Search, *, current: int | None = None) -> Listing:
    """Find the conversations the person asked for, and show them."""
    found = find(request, search)
    book, refused = known_of(found.conversations, request.tenant)
    return listed(request, found, book, refused, current=current)


def find(request: InboxRequest, search: Search) -> Found:
    """Find the conversations the person asked for."""
    mine = visible(request)
    own = desk(request)
    found = searching.search(mine.filter(_narrowed(search, own)), search.text)
    wanted = found.conversations
    if search.only == "unread":
        wanted = visibility.unread_conversations(wanted, request.reader)
    if search.before:
        wanted = wanted.filter(search.before.before("last_at"))
    counted = visibility.with_unread_count(wanted, request.reader)
    counted = visibility.with_mention(counted, own, request.reader)
    if not search.before:
        counted = visibility.with_unread_total(counted, mine, request.reader)
    conversations = list(counted.order_by("-last_at", "-pk")[: PAGE + 1])
    has_more = len(conversations) > PAGE
    return Found(
        search=search,
        conversations=conversations[:PAGE],
        hits=found.hits,
        has_more=has_more,
        is_cut=found.is_cut and not has_more,
        unread_total=0 if search.before else _unread_total(request, mine, conversations),
    )


def _unread_total(
    request: InboxRequest, mine: QuerySet[Conversation], found: list[Conversation]
) -> int:
    if found:
        return found[0].unread_total  # type: ignore[attr-defined,no-any-return]  # annotated
    return visibility.unread_total(mine, request.reader)


def listed(
    request: InboxRequest,
    found: Found,
    book: AddressBook,
    refused: OptOuts,
    *,
    current: int | None = None,
) -> Listing:
    """Show the conversations that were found."""
    search = found.search
    rows = [
        _row(
            request,
            conversation,
            search,
            hits=found.hits,
            book=book,
            refused=refused,
            current=current,
        )
        for conversation in found.conversations
    ]
    kept = {"as": request.viewed.number} if request.viewed else {}
    has_more = found.has_more
    return Listing(
        search=search,
        key=urlencode({**kept, **search.query}),
        rows=rows,
        more=urlencode({**kept, **search.query, "before": rows[-1].place}) if has_more else "",
        unread_total=found.unread_total,
        is_cut=found.is_cut,
    )


def _row(
    request: InboxRequest,
    conversation: Conversation,
    search: Search,
    *,
    hits: Mapping[int, searching.Hit],
    book: AddressBook,
    refused: OptOuts,
    current: int | None,
) -> Row:
    hit = hits.get(conversation.pk)
    url = reverse("inbox:thread", args=[conversation.pk]) + request.keep
    if hit:
        url += ("&" if request.keep else "?") + f"at={hit.id}"
    return Row(
        id=conversation.pk,
        url=url,
        place=str(Place(at=conversation.last_at, id=conversation.pk)),
        title=book.title(conversation),
        initial=book.initial(conversation),
        is_group=len(conversation.participants) > 1,
        line=_line(conversation),
        found=snippet(hit.text, search.text) if hit else [],
        time=clock.short_time(conversation.last_at, request.tenant.country),
        unread=conversation.unread_count,  # type: ignore[attr-defined]  # annotated
        is_opted_out=bool(refused.of(conversation)),
        has_failed=conversation.last_status == Status.FAILED,
        is_current=conversation.pk == current,
        is_unassigned=conversation.extension_id is None,
        is_done=conversation.done_at is not None,
        is_mentioned=conversation.is_mentioned,  # type: ignore[attr-defined]  # annotated
        handler=_handler(conversation, desk(request)),
    )


def _handler(conversation: Conversation, own: visibility.Desk | None) -> str:
    handler = conversation.extension
    is_shared = conversation.ring_group_id is not None or conversation.shared_with
    if handler is None or not is_shared or (own and own.extension.pk == handler.pk):
        return ""
    return handler.name or handler.number


def _narrowed(search: Search, own: visibility.Desk | None) -> Q:
    wanted = _only(search.only, own)
    # What failed wants to be seen, and who searches means everything.
    if search.only not in ("failed", "done") and not search.text:
        wanted &= Q(done_at=None)
    if not search.text:
        wanted &= ~Q(last_status="")  # got a broadcast, and never said a word
    if search.number:
        wanted &= Q(our_number=search.number)
    if search.extension:
        wanted &= Q(extension__number=search.extension)
    return wanted


def _only(only: str, own: visibility.Desk | None) -> Q:
    notes = visibility.mentions_at(own) if own else Note.objects.none()
    kept = {
        "failed": Q(last_status=Status.FAILED),
        "unassigned": Q(extension=None),
        "mine": Q(extension=own.extension) if own else Q(pk__in=[]),
        "shared": Q(ring_group__isnull=False) | ~Q(shared_with=[]),
        "mentions": Q(pk__in=notes.values("conversation")),
        "done": Q(done_at__isnull=False),
    }
    return kept.get(only, Q())


def _plain(text: str) -> str:
    return text.replace("\x00", "").strip()[:16]


def _line(conversation: Conversation) -> str:
    text = " ".join(conversation.last_text.split())
    if not text and conversation.last_status:
        text = "Picture or file"
    is_ours = conversation.last_direction == Message.Direction.OUT
    return f"You: {text}" if is_ours and text else text
