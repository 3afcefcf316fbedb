"""Figures for a monitoring system, for nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from messaging.pacing import slowdown
from messaging.pacing.limits import platform_limit
from providers.models import WebhookEvent


@pytest.fixture
def watched(settings: Any) -> None:
    settings.METRICS_TOKEN = "watch-Canary"


def _bearing(token: str) -> Client:
    return Client(headers={"Authorization": token})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [
        pytest.param("", id="nothing"),
        pytest.param("Bearer wrong", id="another token"),
        pytest.param("Bearer ", id="an empty token"),
        pytest.param("Basic watch-Canary", id="another scheme"),
    ],
)
def test_strangers_find_no_page(given: str, watched: None) -> None:
    assert _bearing(given).get("/metrics").status_code == 404


@pytest.mark.django_db
def test_without_a_token_there_is_no_page(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert _bearing("Bearer ").get("/metrics").status_code == 404


@pytest.mark.django_db
def test_a_monitoring_system_learns_what_waits(watched: None) -> None:
    WebhookEvent.objects.create(provider="bandwidth", dedupe_key=b"m" * 16, payload=b"{}")

    answer = _bearing("Bearer watch-Canary").get("/metrics")

    body = answer.content.decode()
    assert answer.status_code == 200
    assert "trunkline_webhook_events_waiting 1.0" in body
    assert "django_http_requests_total_by_method_total" in body
    assert "Canary" not in body


@pytest.mark.django_db
def test_a_monitoring_system_learns_how_fast_texts_leave(watched: None) -> None:
    slowdown.queue_full(platform_limit(), retry_after=None)

    body = _bearing("Bearer watch-Canary").get("/metrics").content.decode()

    assert "trunkline_sending_slowdowns_total 1.0" in body
    assert "trunkline_sending_segments_per_second 0.5" in body
    assert "trunkline_sending_tenants_waiting 0.0" in body
