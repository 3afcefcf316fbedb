"""The task that the yardstick publishes for each event."""

from __future__ import annotations

from celery import Celery

# Nobody works on it while the bench measures; it is emptied afterwards.
QUEUE = "bench-naive"

# Not the current one: the bench rings the portal's own bell from the same process.
app = Celery("naive", set_as_current=False)
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task(name="naive.route_event")
def route_event(event_id: int) -> None:
    """Take an event into its conversation; published only."""
    raise NotImplementedError(event_id)
