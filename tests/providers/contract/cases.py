"""What every carrier's adapter must do; each adapter's test class inherits these cases."""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.base import Provider
from providers.errors import (
    AccountProblem,
    MediaUnavailable,
    MessageRejected,
    OutcomeUnknown,
    ProviderError,
    TemporaryFailure,
    WebhookMalformed,
    WebhookUnauthorized,
)
from providers.types import (
    Account,
    AuthMethod,
    DeliveryReceipt,
    InboundMessage,
    MediaFile,
    OutboundMessage,
    UnknownEvent,
    WebhookCredentials,
)

SECRET = "s3cret-Canary"
ACCOUNT = Account(
    account_id="9900001",
    application_id="93de2206-9669-4e07-948d-329f4b722ee2",
    auth_method=AuthMethod.BASIC,
    username="user",
    password=SECRET,
)
MESSAGE = OutboundMessage(
    sender="+19195550101", recipients=("+15125550300",), text="Hi", tag="m-42"
)
PICTURE = MediaFile(content=b"\x89PNG", content_type="image/png", filename="a.png")
ACCEPTED = [
    WebhookCredentials(username="old", password="pässword"),
    WebhookCredentials(username="new", password="n:ew"),
]


def basic(pair: str, scheme: str = "Basic") -> dict[str, str]:
    return {"authorization": f"{scheme} {base64.b64encode(pair.encode()).decode()}"}


# Several classes run these on purpose: that is what inherited cases are for.
inherited = settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors])

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


class ProviderContract(ABC):
    """Inherit, and say how to make the adapter and what its carrier does."""

    provider_class: type[Provider]
    inbound: bytes
    receipt: bytes
    odd: bytes  # an event nobody has to act on
    fields: dict[str, list[str]]  # what a webhook may hold, for the fuzzers

    @abstractmethod
    def provider(self) -> Provider:
        """Make the adapter."""

    @abstractmethod
    def accepting(self) -> AbstractContextManager[Any]:
        """Let the carrier accept messages and media."""

    @abstractmethod
    def failing(self, error: type[ProviderError]) -> AbstractContextManager[Any]:
        """Let the carrier do what must be answered with this error."""

    def test_an_accepted_message_has_an_id(self) -> None:
        with self.accepting():
            assert self.provider().send(MESSAGE).provider_message_id

    @pytest.mark.parametrize(
        "error", [TemporaryFailure, MessageRejected, AccountProblem, OutcomeUnknown]
    )
    def test_a_failure_is_of_the_class_its_caller_reacts_to(
        self, error: type[ProviderError]
    ) -> None:
        with self.failing(error), pytest.raises(error) as caught:
            self.provider().send(MESSAGE)
        assert type(caught.value) is error
        assert str(caught.value) == caught.value.detail
        assert caught.value.detail.endswith((".", "…")) or error is MessageRejected
        assert SECRET not in repr(caught.value)

    def test_uploaded_media_can_be_fetched_and_deleted_twice(self) -> None:
        provider = self.provider()
        with self.accepting():
            url = provider.upload_media(PICTURE, name="x1/a.png")
            fetched = provider.fetch_media(url)
            provider.delete_media(url)
            provider.delete_media(url)
        assert (fetched.content, fetched.content_type) == (PICTURE.content, "image/png")
        assert fetched.filename in {"", "a.png"}

    def test_foreign_media_is_unavailable(self) -> None:
        with pytest.raises(MediaUnavailable):
            self.provider().fetch_media("https://evil.example/users/9900001/media/a.png")

    def test_working_credentials_are_confirmed_in_a_sentence(self) -> None:
        with self.accepting():
            sentence = self.provider().check_credentials()
        assert ACCOUNT.account_id in sentence
        assert SECRET not in sentence

    def test_the_list_of_what_was_sent_can_be_asked(self) -> None:
        now = datetime.now(UTC)
        with self.accepting():
            found = self.provider().find_sent(
                MESSAGE.sender,
                MESSAGE.recipients[0],
                since=now - timedelta(minutes=1),
                until=now + timedelta(minutes=1),
            )
        assert found == ()

    @pytest.mark.parametrize("code", ["", "4476", "9902", "12345", "x"])
    def test_every_code_is_explained_in_a_sentence(self, code: str) -> None:
        assert self.provider_class.explain(code).text.endswith(".")

    def test_the_password_is_in_no_repr(self) -> None:
        assert SECRET not in repr(ACCOUNT)
        assert SECRET not in repr(self.provider())

    @pytest.mark.parametrize("pair", ["old:pässword", "new:n:ew"])
    def test_every_accepted_pair_opens_the_webhook(self, pair: str) -> None:
        self.provider_class.authenticate_webhook(basic(pair), ACCEPTED)
        self.provider_class.authenticate_webhook(basic(pair, "bASIC"), ACCEPTED)

    def test_a_webhook_without_accepted_pairs_is_open(self) -> None:
        self.provider_class.authenticate_webhook({}, [])

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"authorization": ""},
            {"authorization": "Basic"},
            {"authorization": "Basic !!!"},
            {"authorization": "Basic ü"},
            {"authorization": "Basic \ud800"},
            {"authorization": "Basic /w=="},
            {"authorization": "Bearer b2xkOnDDpHNzd29yZA=="},
            basic("old:wrong"),
            basic("old:n:ew"),
            basic("old"),
            basic("new:n:ew\0"),
        ],
    )
    def test_anything_else_is_unauthorized(self, headers: dict[str, str]) -> None:
        with pytest.raises(WebhookUnauthorized):
            self.provider_class.authenticate_webhook(headers, ACCEPTED)

    def test_the_sample_events_are_understood(self) -> None:
        split, parse = self.provider_class.split_webhook, self.provider_class.parse_webhook
        kinds = [
            type(parse(split(body)[0].payload)) for body in (self.inbound, self.receipt, self.odd)
        ]
        assert kinds == [InboundMessage, DeliveryReceipt, UnknownEvent]

    def test_an_event_has_one_identity_however_often_it_comes(self) -> None:
        split = self.provider_class.split_webhook
        assert split(self.inbound) == split(self.inbound)
        assert split(self.inbound)[0].message_id
        assert split(self.inbound)[0].recipient

    def test_an_empty_array_has_no_events(self) -> None:
        assert self.provider_class.split_webhook(b"[]") == []

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"\xff\xfe", b"<html>", b"[" * 5000, b'{"a":' * 5000, b"[" * 900 + b"]" * 899],
        ids=["empty", "cut", "not UTF-8", "HTML", "deep array", "deep object", "unbalanced"],
    )
    def test_a_body_that_is_not_json_is_malformed(self, body: bytes) -> None:
        with pytest.raises(WebhookMalformed):
            self.provider_class.split_webhook(body)

    @inherited
    @given(st.binary() | st.text().map(str.encode))
    def test_no_body_raises_anything_but_malformed(self, body: bytes) -> None:
        self._take(body)

    @inherited
    @given(json_values)
    def test_no_json_raises_anything_but_malformed(self, value: object) -> None:
        self._take(json.dumps(value).encode())

    @inherited
    @given(st.data())
    def test_no_event_raises_anything_but_malformed(self, data: st.DataObject) -> None:
        self._take(json.dumps([self._event(data)]).encode())

    def _event(self, data: st.DataObject) -> dict[str, Any]:
        """Draw an event from the sample with some fields replaced or dropped."""
        event = json.loads(data.draw(st.sampled_from([self.inbound, self.receipt])))
        event = event[0] if isinstance(event, list) else event
        for place, names in self.fields.items():
            target = event[place] if place else event
            for name in data.draw(st.lists(st.sampled_from(names), max_size=3)):
                target[name] = data.draw(json_values)
        return dict(event)

    def _take(self, body: bytes) -> None:
        try:
            items = self.provider_class.split_webhook(body)
        except WebhookMalformed:
            return
        for item in items:
            item.payload.decode("ascii")
            for text in (item.type, item.message_id, item.recipient):
                assert len(text) <= 4096
            try:
                self.provider_class.parse_webhook(item.payload)
            except WebhookMalformed:
                continue
