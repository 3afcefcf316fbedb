"""An account whose receipts never come is marked in the list, and no other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from messaging.conversations import conversation_with
from messaging.delivery.silence import TEXTS, is_deaf, is_deaf_each
from messaging.models import Message, MessageSetting, SmsConfiguration
from tenants.models import Tenant
from tests.conftest import ACME_NUMBER, CUSTOMER


@pytest.mark.parametrize(
    ("texts", "heard", "deaf"),
    [
        pytest.param(TEXTS, False, True, id="no receipt for any"),
        pytest.param(TEXTS, True, False, id="one receipt"),
        pytest.param(TEXTS - 1, False, False, id="too few to tell"),
    ],
)
def test_a_deaf_account_is_marked_in_the_list(
    texts: int,
    heard: bool,  # noqa: FBT001  # a case's column
    deaf: bool,  # noqa: FBT001
    admin: Client,
    acme: Tenant,
    acme_line: MessageSetting,
    inside: Any,
) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    with inside(acme):
        account = SmsConfiguration.objects.get()
        conversation = conversation_with(ACME_NUMBER, [CUSTOMER], at=long_ago)
        for number in range(texts):
            message = Message.objects.create(
                conversation=conversation, direction="out", status="sent", sender=ACME_NUMBER,
                text="Hello", created_at=long_ago, sent_at=long_ago, configuration=account,
                provider_message_id=f"m{number}",
            )  # fmt: skip
            event = 1 if heard and number == 0 else None
            message.events.create(at=long_ago, status="sent", webhook_event_id=event)
        assert is_deaf(account) is deaf
        assert SmsConfiguration.objects.filter(is_deaf_each()).exists() is deaf

    page = admin.get("/t/acme/messaging/smsconfiguration/").content.decode()

    assert ("No receipts" in page) is deaf
