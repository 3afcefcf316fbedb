"""Which pages are timed, and by which addresses."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.test import Client

from messaging.models import Conversation, Extension
from tenants.context import entered
from tenants.models import Tenant

_EVENTS = "/api/v1/webhook-events/"
_MORE = re.compile(r'id="(?:rows-more|earlier)"[^>]*data-next="([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page by one or more addresses, so that no answer comes from a cache of its own."""

    key: str
    title: str
    addresses: tuple[str, ...]
    role: str = "admin"


def pages(tenant: Tenant, clients: Mapping[str, Client]) -> list[Page]:
    """List the pages of the bench tenant and of the platform; the clients are by role."""
    client = clients["admin"]
    base = f"/t/{tenant.slug}/"
    inbox = f"{base}inbox/"
    rows = f"{inbox}rows/"
    api = f"{base}api/v1/"
    log = f"{base}messaging/message/"
    with entered(tenant.schema_name):
        newest = Conversation.objects.order_by("-last_at").values_list("pk", flat=True)[:10]
        recent = [f"{inbox}{pk}/" for pk in newest]
        long = [f"{inbox}{pk}/" for pk in range(1, 11)]
        desk = Extension.objects.order_by("number")[1].number
    older = [_follow(client, f"{address}messages/", 20) for address in long[:5]]
    return [
        Page(key="inbox", title="Inbox", addresses=(inbox,)),
        Page(key="inbox_user", title="Inbox of an extension", addresses=(inbox,), role="user"),
        Page(key="inbox_as", title="Inbox, viewed as another", addresses=(f"{inbox}?as={desk}",)),
        Page(key="list", title="List", addresses=(rows,)),
        Page(key="unread", title="List, unread only", addresses=(f"{rows}?only=unread",)),
        Page(key="failed", title="List, failed only", addresses=(f"{rows}?only=failed",)),
        Page(key="page10", title="List, page 10", addresses=(_follow(client, rows, 9),)),
        Page(key="thread", title="Thread", addresses=tuple(recent)),
        Page(key="long_thread", title="Thread of 5,000", addresses=tuple(long)),
        Page(key="older", title="Thread of 5,000, 20 pages back", addresses=tuple(older)),
        _search(rows, "search_name", "Search: name", ["dana ba", "marco fe", "priya la"]),
        _search(rows, "search_number", "Search: number", ["(312) 200-0", "+1 312 265", "2650000"]),
        _search(rows, "search_common", "Search: word in every 20th", ["appointment", "invoice"]),
        _search(rows, "search_prefix", "Search: start of a word", ["appo", "techni", "invo"]),
        _search(rows, "search_rare", "Search: word in 25 of all", ["zebrafish", "zebra"]),
        _search(rows, "search_none", "Search: nowhere", ["xylophone", "qqqq"]),
        _search(rows, "search_phrase", "Search: what many say", ["your order is ready", "do you"]),
        Page(
            key="search_user",
            title="Search of an extension: word in every 20th",
            addresses=(f"{rows}?q=appointment", f"{rows}?q=invoice"),
            role="user",
        ),
        Page(key="log", title="Message log", addresses=(log,)),
        Page(key="log_mms", title="Message log, MMS only", addresses=(f"{log}?kind=mms",)),
        Page(
            key="log_search",
            title="Message log: word in every 20th",
            addresses=(f"{log}?q=appointment", f"{log}?q=invoice"),
        ),
        Page(key="dashboard", title="Dashboard", addresses=(base,)),
        Page(
            key="api_conversations", title="API: conversations", addresses=(f"{api}conversations/",)
        ),
        Page(key="api_messages", title="API: messages", addresses=(f"{api}messages/",)),
        Page(
            key="api_messages_deep",
            title="API: messages, 20 pages on",
            addresses=(_next(client, f"{api}messages/?page_size=200", 20),),
        ),
        Page(key="api_contacts", title="API: contacts", addresses=(f"{api}contacts/",)),
        Page(
            key="api_webhook_events",
            title="API: webhook events",
            addresses=(_EVENTS,),
            role="root",
        ),
        Page(
            key="api_webhook_events_deep",
            title="API: webhook events, 20 pages on",
            addresses=(_next(clients["root"], f"{_EVENTS}?page_size=200", 20),),
            role="root",
        ),
        Page(
            key="log_webhook_events",
            title="Webhook log of the platform",
            addresses=("/system/providers/webhookevent/",),
            role="root",
        ),
        Page(key="health", title="Health: no page at all", addresses=("/health/",)),
    ]


def _search(rows: str, key: str, title: str, texts: list[str]) -> Page:
    quoted = [text.replace("+", "%2B").replace(" ", "+") for text in texts]
    return Page(key=key, title=title, addresses=tuple(f"{rows}?q={text}" for text in quoted))


def _follow(client: Client, address: str, pages_on: int) -> str:
    for _ in range(pages_on):
        match = _MORE.search(client.get(address).content.decode())
        if match is None:
            break
        address = html.unescape(match[1])
    return address


def _next(client: Client, address: str, pages_on: int) -> str:
    """Follow the links of an API's list by large pages, to one of the usual size."""
    for _ in range(pages_on):
        further = client.get(address).json()["next"]
        if further is None:
            break
        parts = urlsplit(further)
        address = f"{parts.path}?{parts.query}"
    return address.replace("page_size=200", "page_size=50")
