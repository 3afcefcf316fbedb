"""The task that the yardstick publishes for each event."""

from __future__ import annotations

from celery import Celery

# Nobody works on it while the bench measures; it is emptied afterwards.
QUEUE = "bench-naive"

# Not the current one: the bench rings the portal's own bell from the same process.
app = Celery("naive", set_as_current=False)
app.config_from_object("django.conf:settings", namespace="CELERY")

TASK = "naive.route_event"


def route(event_id: int) -> None:
    """Publish the task that would take an event into its conversation."""
    app.send_task(TASK, args=[event_id], queue=QUEUE)
