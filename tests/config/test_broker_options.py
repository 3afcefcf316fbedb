"""What Celery is told of its broker follows from the broker's URL."""

from __future__ import annotations

import pytest

from config import local


@pytest.mark.parametrize(
    ("url", "is_rabbitmq"),
    [
        ("redis://queue:6379/0", False),
        ("rediss://queue:6379/0", False),
        ("redis+socket:///run/valkey.sock?virtual_host=0", False),
        ("amqp://guest:guest@queue//", True),
        ("amqps://queue/trunkline", True),
    ],
)
def test_each_broker_hears_its_own_options_only(url: str, *, is_rabbitmq: bool) -> None:
    options = local.broker_options(url)
    assert ("confirm_publish" in options) is is_rabbitmq
    assert ("visibility_timeout" in options) is not is_rabbitmq
