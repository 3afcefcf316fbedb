"""Readers see which texts nobody wrote."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tenants.models import Tenant, User


@pytest.mark.parametrize("origin", ["auto_reply", "consent"])
def test_thread_and_log_mark_what_went_out_by_itself(
    say: Any, bob: User, alice: User, signed_in: Any, origin: str
) -> None:
    say("Hello")
    message = say("We are closed", direction="out", origin=origin)
    client: Client = signed_in(bob)
    thread = client.get(f"/t/acme/inbox/{message.conversation_id}/").content.decode()
    assert "Automatic answer" in thread
    page = signed_in(alice).get(f"/t/acme/messaging/message/{message.pk}/change/")
    assert ", sent by itself" in page.content.decode()


def test_persons_text_is_not_marked(say: Any, bob: User, signed_in: Any, acme: Tenant) -> None:
    message = say("Come at 9", direction="out")
    page = signed_in(bob).get(f"/t/acme/inbox/{message.conversation_id}/").content.decode()
    assert "Automatic answer" not in page
