"""Receipts as the carrier sends them for a message of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from messaging.models import Message
from providers.types import DeliveryReceipt, FailureReason, ReceiptStatus

CUSTOMER = "+15125550300"
AT = datetime(2026, 11, 20, 16, tzinfo=UTC)


def receipt(message: Message, status: str, **changes: Any) -> DeliveryReceipt:
    values: dict[str, Any] = {
        "provider_message_id": "bw-1",
        "tag": str(message.pk),
        "recipient": CUSTOMER,
        "status": ReceiptStatus(status),
        "occurred_at": AT,
    }
    if status == "unconfirmed":
        values |= {"error_code": "9902", "error_text": "No receipt came in time."}
    if status == "failed":
        values |= {
            "error_code": "4720",
            "error_text": "The carrier refused the number.",
            "failure_reason": FailureReason.INVALID_RECIPIENT,
        }
    return DeliveryReceipt(**{**values, **changes})
