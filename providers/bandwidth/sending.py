"""The message request and its answer, field by field."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from providers.bandwidth.answers import Answer
from providers.errors import OutcomeUnknown
from providers.types import OutboundMessage, SendResult

# The portal's older word for the usual priority; Bandwidth refuses any but these two.
_PRIORITIES = {"normal": "default", "default": "default", "high": "high"}


def request_body(message: OutboundMessage, *, application_id: str) -> bytes:
    """Encode the documented fields and no other: what unknown ones do is undocumented."""
    fields: dict[str, Any] = {
        "applicationId": application_id,
        "to": list(message.recipients),
        "from": message.sender,
    }
    if message.text:
        fields["text"] = message.text
    if message.media_urls:
        fields["media"] = list(message.media_urls)
    if message.tag:
        fields["tag"] = message.tag
    if message.priority in _PRIORITIES:
        fields["priority"] = _PRIORITIES[message.priority]
    if message.expires_at is not None:
        moment = message.expires_at
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        fields["expiration"] = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return json.dumps(fields).encode()


def read_result(answer: Answer) -> SendResult:
    """Read what Bandwidth accepted.

    Raises OutcomeUnknown: a message without an id was accepted but cannot be followed.
    """
    body = answer.object()
    message_id, segments = body.get("id"), body.get("segmentCount")
    if not isinstance(message_id, str) or not message_id:
        raise OutcomeUnknown("Bandwidth accepted the message with an answer that cannot be read.")
    if isinstance(segments, bool) or not isinstance(segments, int) or not 0 < segments < 1000:
        segments = 1
    return SendResult(provider_message_id=message_id, segment_count=segments, raw=body)
