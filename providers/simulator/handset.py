"""The handset: a page on which to be the customer who texts our numbers."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from providers.simulator.callbacks import Callbacks
from providers.simulator.delivery import Delivery
from providers.simulator.events import new_id
from providers.simulator.segments import count_segments
from providers.simulator.settings import SimulatedAccount
from providers.simulator.store import Leg, Store, StoredMedia, StoredMessage
from providers.simulator.validation import is_phone_number
from providers.simulator.web import Refused, Request, Response, as_json, error

_STATIC = Path(__file__).with_name("static")
_TYPES = {
    "handset.html": "text/html; charset=utf-8",
    "handset.css": "text/css; charset=utf-8",
    "handset.js": "text/javascript; charset=utf-8",
}
# Anything else is only offered as a download: an SVG or HTML file could run in this page's name.
_SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_OWN_MEDIA = re.compile(r".*/users/([^/]+)/media/(.+)")
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}
_SMIL = b'<smil><body><par><img src="%s"/></par></body></smil>'


class Handset:
    """`/` and `/handset/...`."""

    def __init__(self, *, store: Store, delivery: Delivery, callbacks: Callbacks) -> None:
        self._store = store
        self._delivery = delivery
        self._callbacks = callbacks

    def page_view(self, request: Request, name: str = "handset.html") -> Response:
        """Serve the page, its style and its script."""
        if name not in _TYPES:
            return error(404, "resource-not-found", "There is nothing here.")
        content = (_STATIC / name).read_bytes()
        return Response(body=content, content_type=_TYPES[name], headers=_PAGE_HEADERS)

    def state_view(self, request: Request) -> Response:
        """Return our numbers, one conversation, and the latest callbacks."""
        ours, customer = request.filters.get("our", ""), request.filters.get("customer", "")
        with self._store.lock:
            numbers = [
                {"number": number, "account_id": account.account_id}
                for account in self._store.accounts.values()
                for number in account.numbers
            ]
        thread = [m for m in self._store.listed() if _is_between(m, ours, customer)]
        return as_json(
            {
                "numbers": numbers,
                "messages": [_bubble(message, customer) for message in thread[-200:]],
                "callbacks": self._callbacks.log[-20:],
            }
        )

    def send_view(self, request: Request) -> Response:
        """Text one of our numbers as a customer."""
        # A page elsewhere cannot post this type without asking first: no forged texts.
        if not request.headers.get("content-type", "").startswith("application/json"):
            return error(415, "unsupported-content-type", "Send JSON.")
        try:
            body = request.json()
            files = [_file(entry) for entry in body.get("attachments") or []]
        except (ValueError, TypeError, KeyError, AttributeError):
            return error(400, "request-validation", "The message cannot be read.")
        fields = {name: body.get(name) or "" for name in ("our", "customer", "text")}
        if not all(isinstance(value, str) for value in fields.values()):
            return error(400, "request-validation", "The message cannot be read.")
        if not is_phone_number(fields["customer"]):
            return error(400, "request-validation", "The customer's number is no E.164 number.")
        account = self._store.owner_of(fields["our"])
        if account is None:
            return error(404, "resource-not-found", "No account has registered this number.")
        message = self._inbound(request, account, fields, files)
        self._store.add_message(message)
        self._delivery.receive(account, message)
        return as_json(_bubble(message, message.sender), status=201)

    def _inbound(
        self,
        request: Request,
        account: SimulatedAccount,
        fields: dict[str, str],
        files: list[tuple[str, StoredMedia]],
    ) -> StoredMessage:
        message_id = new_id()
        if files:  # carriers put a layout part before the pictures
            layout = StoredMedia(
                content=_SMIL % files[0][0].encode(), content_type="application/smil"
            )
            files = [("0.smil", layout), *files]
        urls = []
        for index, (name, media) in enumerate(files):
            path = f"{message_id}/{index}/{name}"
            self._store.put_media(account.account_id, path, media)
            urls.append(f"{request.base_url}/api/v2/users/{account.account_id}/media/{path}")
        return StoredMessage(
            id=message_id,
            account_id=account.account_id,
            application_id=account.application_id,
            direction="in",
            owner=fields["our"],
            sender=fields["customer"],
            legs=[Leg(number=fields["our"], status="ACCEPTED")],
            text=fields["text"],
            media=urls,
            segment_count=1 if urls else count_segments(fields["text"]),
        )

    def media_view(self, request: Request, account_id: str, name: str) -> Response:
        """Show a picture on the page, which has no credentials."""
        media = self._store.media.get((account_id, name))
        if media is None:
            raise Refused(error(404, "resource-not-found", "The picture is gone."))
        kind = media.content_type.partition(";")[0].strip().lower()
        return Response(
            body=media.content,
            content_type=kind if kind in _SHOWN else "application/octet-stream",
            headers={"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"},
        )


def _is_between(message: StoredMessage, ours: str, customer: str) -> bool:
    if message.direction == "in":
        return message.owner == ours and message.sender == customer
    return message.sender == ours and customer in message.recipients


def _bubble(message: StoredMessage, customer: str) -> dict[str, Any]:
    """Describe a message as the customer's phone shows it: their own texts are `out`."""
    leg = next((leg for leg in message.legs if leg.number == customer), message.legs[0])
    return {
        "id": message.id,
        "direction": "out" if message.direction == "in" else "in",
        "text": message.text,
        "media": [_shown(url) for url in message.media if not url.endswith(".smil")],
        "at": message.received_at.isoformat(),
        "status": leg.status,
        "error_code": leg.error_code,
        "others": [number for number in message.recipients if number != customer]
        if message.direction == "out"
        else [],
    }


def _shown(url: str) -> dict[str, str]:
    """Point at our own copy of a picture; foreign ones are named, never fetched."""
    own = _OWN_MEDIA.fullmatch(urlsplit(url).path)
    if own is None:
        return {"name": url, "url": ""}
    account_id, name = own.groups()
    return {"name": name.rsplit("/", 1)[-1], "url": f"/handset/media/{account_id}/{name}"}


def _file(entry: dict[str, str]) -> tuple[str, StoredMedia]:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", entry["filename"]).strip(".-")[-80:] or "file"
    try:
        content = base64.b64decode(entry["data"], validate=True)
    except binascii.Error as broken:
        raise ValueError("not base64") from broken
    kind = re.sub(r"[^\x20-\x7e]", "", entry["content_type"]) or "application/octet-stream"
    return name, StoredMedia(content=content, content_type=kind)
