"""The Bandwidth adapter keeps the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import responses

from providers.bandwidth.provider import BandwidthProvider
from providers.errors import (
    AccountProblem,
    MessageRejected,
    OutcomeUnknown,
    ProviderError,
    TemporaryFailure,
)
from tests.providers.bandwidth.addresses import MEDIA, MESSAGES
from tests.providers.contract.cases import ACCOUNT, PICTURE, SECRET, ProviderContract

WEBHOOKS = Path(__file__).parent.parent / "payloads/bandwidth/webhooks"

# A carrier that repeats our secret back must not get it into an error either.
_ECHO = {"type": "request-validation", "description": f"bad secret {SECRET}"}
_FAILURES: dict[type[ProviderError], dict[str, Any]] = {
    TemporaryFailure: {"status": 500, "json": _ECHO},
    MessageRejected: {"status": 400, "json": _ECHO},
    AccountProblem: {"status": 401, "json": _ECHO},
    OutcomeUnknown: {"body": requests.ReadTimeout(SECRET)},
}


class TestBandwidthProvider(ProviderContract):
    provider_class = BandwidthProvider
    inbound = (WEBHOOKS / "inbound_mms.json").read_bytes()
    receipt = (WEBHOOKS / "failed_unallocated.json").read_bytes()
    odd = (WEBHOOKS / "read.json").read_bytes()
    fields = {
        "": ["type", "time", "to", "description", "errorCode", "message"],
        "message": [
            "id",
            "owner",
            "applicationId",
            "time",
            "segmentCount",
            "direction",
            "to",
            "from",
            "text",
            "media",
            "tag",
            "content",
        ],
    }

    def _event(self, data: Any) -> dict[str, Any]:
        # Inner fields first: the outer draw may replace the message itself.
        self.fields = dict(sorted(type(self).fields.items(), reverse=True))
        return super()._event(data)

    def provider(self) -> BandwidthProvider:
        return BandwidthProvider(ACCOUNT)

    @contextmanager
    def accepting(self) -> Iterator[None]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            mock.post(MESSAGES, status=202, json={"id": "1", "segmentCount": 1})
            mock.get(MESSAGES, json={"totalCount": 0, "pageInfo": {}, "messages": []})
            mock.put(re.compile(f"{MEDIA}/.*"), status=204)
            mock.get(re.compile(f"{MEDIA}/.*"), body=PICTURE.content, content_type="image/png")
            mock.delete(re.compile(f"{MEDIA}/.*"), status=204)
            mock.delete(re.compile(f"{MEDIA}/.*"), status=404)
            yield

    @contextmanager
    def failing(self, error: type[ProviderError]) -> Iterator[None]:
        with responses.RequestsMock() as mock:
            mock.post(MESSAGES, **_FAILURES[error])
            yield
