"""What Django logs of an address names the page, not the key."""

from __future__ import annotations

import logging

import pytest

from config.log_filter import WithoutKeys


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/webhook/bandwidth/sms/s3cret", "/webhook/bandwidth/sms/…"),
        ("/webhook/bandwidth/sms/s3cret/", "/webhook/bandwidth/sms/…/"),
        ("/webhook/bandwidth/sms", "/webhook/bandwidth/sms"),
        ("/invite/s3cret", "/invite/…"),
        ("/accounts/password/reset/key/1-s3cret/", "/accounts/password/reset/key/…/"),
        ("/t/acme/media/s3cret:x/", "/t/acme/media/…/"),
        ("/t/acme/api/v1/media/0a1b/", "/t/acme/api/v1/media/0a1b/"),
        ("/t/acme/messaging/contact/7/change/", "/t/acme/messaging/contact/7/change/"),
    ],
)
def test_a_key_is_left_out(path: str, logged: str) -> None:
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 1, "%s: %s", ("Not Found", path), None
    )
    assert WithoutKeys().filter(record)
    assert record.getMessage() == f"Not Found: {logged}"
