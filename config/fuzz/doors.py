"""The webhook's doors in this process, without HTTP and without a database, and what must hold."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest

from providers import intake, webhooks
from providers.bandwidth.envelope import is_too_deep, split_plain
from providers.bandwidth.provider import BandwidthProvider
from providers.bandwidth.webhooks import _split_tolerantly
from providers.errors import WebhookMalformed
from providers.intake import Answer
from providers.loop_door import LoopDoor
from providers.loop_requests import Headers, Request
from providers.rows import Row
from providers.types import MOST_EVENTS, DeliveryReceipt, InboundMessage, UnknownEvent, WebhookItem

_PATH = "/webhook/bandwidth/sms"
Said = tuple[int, Mapping[str, str], bytes]


class Broken(Exception):
    """A property does not hold for this body."""


class _Stored:
    """What one door handed over to be stored."""

    def __init__(self) -> None:
        self.rows: dict[bytes, Row] = {}

    def take(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.rows.setdefault(row.dedupe_key, row)

    def hand_over(self, rows: Sequence[Row], tell: Callable[[None], None]) -> None:
        self.take(rows)
        tell(None)


class Doors:
    """The platform's address by each door; `with` keeps the database out of it."""

    def __init__(self) -> None:
        self._stored = _Stored()
        self._loop = asyncio.new_event_loop()
        self._door = LoopDoor(patience=None)
        self._door._committer = self._stored  # type: ignore[assignment]
        pair = f"{settings.BANDWIDTH_WEBHOOK_USERNAME}:{settings.BANDWIDTH_WEBHOOK_PASSWORD}"
        self._signed = f"Basic {base64.b64encode(pair.encode()).decode()}"
        self._patch = mock.patch("providers.storing.store", self._stored.take)
        self._ways = (self._by_dispatcher, self._by_view, self._by_loop)

    def __enter__(self) -> Doors:
        self._patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.stop()
        self._door._threads.shutdown()
        self._loop.close()

    def ask(self, body: bytes, *, door: int = 0) -> tuple[Said, Mapping[bytes, Row]]:
        """Post a body, and return the answer and what would be stored by its key."""
        self._stored.rows = {}
        said = self._ways[door](body)
        return said, self._stored.rows

    def check(self, body: bytes) -> int:
        """Return the answer's status. Raises Broken."""
        said, rows = self.ask(body)
        for door in (1, 2):
            other, other_rows = self.ask(body, door=door)
            _hold(other == said, f"the doors differ: {said[0]}, {other[0]}")
            _hold(other_rows.keys() == rows.keys(), "the doors store different events")
        status = said[0]
        _hold(status in (200, 400, 413), f"answered {status}")
        json.loads(said[2])
        items = _items(body)
        if items is None:
            _hold(status == 400, f"what is not JSON is answered {status}")
        elif len(body) <= settings.WEBHOOK_BODY_LIMIT:
            _hold(status == (200 if len(items) <= MOST_EVENTS else 413), f"answered {status}")
        _hold(status == 200 or not rows, "something of a refused body is stored")
        if status == 200:
            _check_stored(items or (), rows)
            _check_splitters(body, items or ())
        for row in rows.values():
            check_event(row.payload)
        return status

    def check_good(self, body: bytes, good: Sequence[Mapping[str, Any]]) -> None:
        """Check that bad neighbours take no good event with them. Raises Broken."""
        (status, _, _), rows = self.ask(body)
        _hold(status == 200, f"good events are answered {status}")
        stored = {_word(json.loads(row.payload)) for row in rows.values()}
        for event in good:
            _hold(_word(event) in stored, "a good event is lost")

    def _environ(self, body: bytes) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": _PATH,
            "SERVER_NAME": "fuzz",
            "SERVER_PORT": "80",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": self._signed,
            "wsgi.input": io.BytesIO(body),
        }

    def _by_dispatcher(self, body: bytes) -> Said:
        said: list[Any] = []
        (answer,) = webhooks.dispatch(self._environ(body), lambda *start: said.extend(start))
        return int(said[0][:3]), {name.lower(): value for name, value in said[1]}, answer

    def _by_view(self, body: bytes) -> Said:
        response = webhooks.receive_view(WSGIRequest(self._environ(body)))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return response.status_code, headers, response.content

    def _by_loop(self, body: bytes) -> Said:
        headers = Headers({b"host": b"fuzz", b"authorization": self._signed.encode()})
        asked = self._asked(Request("POST", _PATH, headers, body))
        answer = self._loop.run_until_complete(asked)
        return answer.status, {name.lower(): value for name, value in answer.headers}, answer.body

    async def _asked(self, request: Request) -> Answer:
        told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        return self._door.take(request, told.set_result) or await told


def check_event(payload: bytes) -> None:
    """Check that a stored event is understood, or said to be malformed. Raises Broken."""
    try:
        event = BandwidthProvider.parse_webhook(payload)
    except WebhookMalformed:
        return
    words: tuple[str, ...]
    if isinstance(event, InboundMessage):
        words = (event.provider_message_id, event.our_number, event.sender, event.text)
    elif isinstance(event, DeliveryReceipt):
        words = (event.provider_message_id, event.recipient, event.tag, event.error_code)
    else:
        _hold(isinstance(event, UnknownEvent), f"taken for {type(event).__name__}")
        words = (str(event.type),)
    for word in words:
        _hold("\0" not in word, "a NUL in what goes to the database")
        word.encode()  # half of a pair of surrogates cannot be stored


def _items(body: bytes) -> list[WebhookItem] | None:
    try:
        return None if is_too_deep(body) else _split_tolerantly(body)
    except WebhookMalformed:
        return None


def _check_stored(items: Sequence[WebhookItem], rows: Mapping[bytes, Row]) -> None:
    first: dict[bytes, WebhookItem] = {}
    for item in items:
        # An event without an id is known by its own bytes, which the two readers write differently.
        if item.message_id:
            first.setdefault(intake.dedupe_key(None, item), item)
    for key, item in first.items():
        _hold(key in rows, "an event is lost")
        _hold(_word(_read(rows[key].payload)) == _word(_read(item.payload)), "an event is altered")
    whole = sorted(_word(_read(item.payload)) for item in items if not item.message_id)
    nameless = {_word(_read(row.payload)) for key, row in rows.items() if key not in first}
    _hold(nameless == set(whole), "an event without an id is lost")


def _check_splitters(body: bytes, items: Sequence[WebhookItem]) -> None:
    plain = split_plain(body)
    if plain is None:
        return
    _hold(len(plain) == len(items), "the short way finds another number of events")
    for short, item in zip(plain, items, strict=True):
        same = (short.type, short.message_id, short.recipient) == (
            item.type,
            item.message_id,
            item.recipient,
        )
        _hold(same, "the short way finds another identity")
        _hold(_word(_read(short.payload)) == _word(_read(item.payload)), "… other words")


def _read(payload: bytes) -> Any:
    return json.loads(payload, parse_int=str)


def _word(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _hold(holds: bool, otherwise: str) -> None:  # noqa: FBT001  # as `assert`
    if not holds:
        raise Broken(otherwise)
