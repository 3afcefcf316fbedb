"""The messages endpoint: taking messages and listing them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from providers.simulator import magic, validation
from providers.simulator.behaviour import Behaviour
from providers.simulator.delivery import Delivery
from providers.simulator.events import accepted, new_id, timestamp
from providers.simulator.segments import count_segments
from providers.simulator.settings import SimulatedAccount
from providers.simulator.signin import SignIn
from providers.simulator.store import Leg, Store, StoredMessage
from providers.simulator.web import Request, Response, as_json, error

_PAGING = frozenset({"sort", "pageToken", "limit", "limitTotalCount"})


class Messages:
    """`/api/v2/users/{account}/messages`."""

    def __init__(
        self,
        *,
        store: Store,
        sign_in: SignIn,
        behaviour: Behaviour,
        delivery: Delivery,
        hang_seconds: float,
    ) -> None:
        self._store = store
        self._sign_in = sign_in
        self._behaviour = behaviour
        self._delivery = delivery
        self._hang_seconds = hang_seconds

    def create_view(self, request: Request, account_id: str) -> Response:
        """Take a message: 202 says it is queued, no more."""
        account = self._sign_in.account_of(request, account_id)
        planned = self._behaviour.planned_failure("messages")
        if planned is not None:
            return planned
        if not request.headers.get("content-type", "").startswith("application/json"):
            return error(415, "unsupported-content-type", "Content-Type must be application/json")
        try:
            body = request.json()
        except ValueError:
            return error(400, "request-validation", "Your request could not be accepted.")
        faults = validation.faults(body, account)
        if faults:
            fields = [{"fieldName": name, "description": text} for name, text in faults]
            return error(
                400,
                "request-validation",
                "Your request could not be accepted.",
                fieldErrors=fields,
            )
        fates = magic.fates(validation.recipients(body)) | {self._behaviour.fate()}
        if magic.LOST in fates:
            return Response(is_dropped=True)
        return magic.refusal(fates) or self._accept(account, body, fates)

    def _accept(
        self, account: SimulatedAccount, body: dict[str, Any], fates: Collection[str]
    ) -> Response:
        numbers = validation.recipients(body)
        text, media = body.get("text") or "", list(body.get("media") or [])
        message = StoredMessage(
            id=new_id(),
            account_id=account.account_id,
            application_id=body["applicationId"],
            direction="out",
            owner=body["from"],
            sender=body["from"],
            legs=[Leg(number=number, status="SENDING") for number in numbers],
            text=text,
            media=media,
            tag=body.get("tag"),
            priority=body.get("priority") or "default",
            expiration=body.get("expiration"),
            segment_count=1 if media or len(numbers) > 1 else count_segments(text),
        )
        self._store.add_message(message)
        self._delivery.carry(account, message, fates)
        answer = as_json(accepted(message), status=202)
        return Response(
            status=202,
            body=answer.body,
            hold=self._hang_seconds if magic.HOLD in fates else 0.0,
            is_dropped=magic.DROP in fates or magic.MUTE in fates,
        )

    def list_view(self, request: Request, account_id: str) -> Response:
        """List messages by filters, a row per destination, newest first."""
        self._sign_in.account_of(request, account_id)
        planned = self._behaviour.planned_failure("list")
        if planned is not None:
            return planned
        filters = {name: value for name, value in request.filters.items() if value}
        wanted = {name: value for name, value in filters.items() if name not in _PAGING}
        if not wanted:
            return error(400, "bad-request", "At least one filter is required.")
        for name in ("fromDateTime", "toDateTime"):
            if name in wanted and not _has_milliseconds(wanted[name]):
                return error(400, "bad-request", f"{name} must have milliseconds.")
        rows = [
            row
            for message in reversed(self._store.listed())
            if message.account_id == account_id
            for row in _rows(message)
            if all(_matches(row, name, value) for name, value in wanted.items())
        ]
        if filters.get("sort", "").endswith(":asc"):
            rows.reverse()
        return as_json(_page(rows, filters))


def _page(rows: list[dict[str, Any]], filters: dict[str, str]) -> dict[str, Any]:
    limit, start = (
        int(value) if value.isdigit() else usual
        for value, usual in ((filters.get("limit", ""), 100), (filters.get("pageToken", ""), 0))
    )
    following = start + limit
    info = {"nextPageToken": str(following)} if following < len(rows) else {}
    return {"totalCount": len(rows), "pageInfo": info, "messages": rows[start:following]}


def _rows(message: StoredMessage) -> list[dict[str, Any]]:
    return [
        {
            "messageId": message.id,
            "accountId": message.account_id,
            "sourceTn": message.sender,
            "destinationTn": leg.number,
            "messageStatus": leg.status,
            "messageDirection": "OUTBOUND" if message.direction == "out" else "INBOUND",
            "messageType": "mms" if message.is_mms else "sms",
            "segmentCount": message.segment_count,
            "errorCode": leg.error_code,
            "receiveTime": timestamp(message.received_at),
            "carrierName": None,
            "messageLength": len(message.text),
            "attachmentCount": len(message.media),
            "recipientCount": len(message.legs),
        }
        for leg in message.legs
    ]


def _matches(row: dict[str, Any], name: str, value: str) -> bool:
    if name == "fromDateTime":
        return bool(datetime.fromisoformat(row["receiveTime"]) >= datetime.fromisoformat(value))
    if name == "toDateTime":
        return bool(datetime.fromisoformat(row["receiveTime"]) <= datetime.fromisoformat(value))
    if name in {"sourceTn", "destinationTn"}:
        return any(part in row[name] for part in value.split(","))
    # Filters on what a stand-in does not have, such as latencies, let everything through.
    return name not in row or str(row[name]).lower() == value.lower()


def _has_milliseconds(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None and "." in value
    except ValueError:
        return False
