"""What a monitoring system asks: this process's requests, and how the platform is doing."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from config.health import queue_depths
from config.platform_figures import waiting_events
from messaging.pacing.figures import account_pace, counts, tenants_waiting
from tenants.models import Tenant


class _Platform:
    """Figures of the whole platform, asked of the database when somebody looks."""

    def collect(self) -> Iterator[Metric]:
        waiting = waiting_events()
        yield GaugeMetricFamily(
            "trunkline_webhook_events_waiting",
            "Carrier events that are stored and not routed yet.",
            value=waiting.count,
        )
        yield GaugeMetricFamily(
            "trunkline_webhook_oldest_waiting_seconds",
            "How long the oldest of them has been due; above 60 the workers do not keep up.",
            value=waiting.seconds or 0,
        )
        depths = queue_depths()
        yield GaugeMetricFamily(
            "trunkline_queue_reachable", "1 while Valkey answers.", value=int(depths is not None)
        )
        tasks = GaugeMetricFamily(
            "trunkline_queue_tasks", "Tasks that wait in Celery's queues.", labels=["queue"]
        )
        for name, depth in (depths or {}).items():
            tasks.add_metric([name], depth)
        yield tasks
        yield from _limits()
        yield GaugeMetricFamily(
            "trunkline_tenants_open",
            "Tenants that are set up and not suspended.",
            value=Tenant.objects.filter(is_active=True, state=Tenant.State.READY).count(),
        )


def _limits() -> Iterator[Metric]:
    """Figures of all workers, which count them together in Valkey."""
    told = {
        "permits": "Permits to send that were granted.",
        "segments": "Segments of the messages they were granted for.",
        "waits": "Times a message was told to wait for a limit.",
        "slowdowns": "Times a carrier slowed an account, a campaign or a brand down.",
    }
    for name, count in counts().items():
        yield CounterMetricFamily(f"trunkline_sending_{name}", told[name], value=count)
    yield GaugeMetricFamily(
        "trunkline_sending_segments_per_second",
        "What the platform's account may send now.",
        value=account_pace(None).rate,
    )
    yield GaugeMetricFamily(
        "trunkline_sending_tenants_waiting",
        "Tenants that wait for the platform's account.",
        value=tenants_waiting() or 0,
    )


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus' text format to whoever bears METRICS_TOKEN; all else is a 404."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, expected):
        raise Http404
    platform = CollectorRegistry()
    platform.register(_Platform())
    body = generate_latest(REGISTRY) + generate_latest(platform)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)
