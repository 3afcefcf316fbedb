"""The worker's side: what the door has stored is routed, and poison takes no neighbour with it."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from django.db import connection
from django.db.models import Count

from config.fuzz.company import CALLBACK, Company
from config.fuzz.figures import Figures
from config.fuzz.inputs import Maker
from messaging.inbound.drain import drain
from messaging.models import Message
from providers import intake
from providers.models import WebhookEvent
from tenants.context import entered

_BODIES = 40  # of each batch
_BATCHES = 200
# What waits for a later try has it now; more often than any event is tried.
_ROUNDS = 12
_DUE = "UPDATE public.providers_webhookevent SET next_attempt_at = now() WHERE state = 'pending'"
_TEXTS = (
    "Hello",
    "é\u202e👋🏽",
    "<b>&amp;",
    "=1+1",
    "'; DROP TABLE",
    "a\0b",
    "\ud83d",
    "x" * 1600,
    "STOP",
)


def route(company: Company, *, seed: int, seconds: float) -> Figures:
    """Post hostile bodies of the company's number, route them, and look for each good one."""
    figures = Figures("worker")
    random = Random(f"{seed} worker")  # noqa: S311  # chance is no secret
    maker = Maker(random)
    until = time.monotonic() + seconds
    answers: Counter[int] = Counter()
    good: set[str] = set()
    posted = 0
    for batch in range(_BATCHES):
        for number in range(_BODIES):
            name = f"w{batch}-{number}-{random.getrandbits(32):x}"
            events = [_text(random, company, name), *_poison(random, maker, company)]
            random.shuffle(events)
            status = _post(company, json.dumps(events).encode())
            answers[status] += 1
            posted += len(events)
            good |= {name} if status == 200 else set()
            if status != 200:
                figures.broke(f"a body with a good event is answered {status}")
        _drain(figures)
        if time.monotonic() > until:
            break
    _settle(figures)
    states = WebhookEvent.objects.order_by().values_list("state").annotate(Count("pk"))
    figures.counts |= {"events posted": posted, "good events": len(good), "states": dict(states)}
    _look_for(figures, company, good)
    return figures


def _text(random: Random, company: Company, name: str) -> dict[str, Any]:
    return {
        "time": "2026-11-20T15:43:35.502180Z",
        "type": "message-received",
        "to": company.number,
        "message": {
            "id": name,
            "owner": company.number,
            "time": "2026-11-20T15:43:34Z",
            "direction": "in",
            "to": [company.number],
            "from": f"+1512555{random.randrange(10_000):04}",
            "text": random.choice(_TEXTS),
            "segmentCount": 1,
        },
    }


def _poison(random: Random, maker: Maker, company: Company) -> Iterator[Any]:
    """Yield events that went wrong in some field, but are for this company's number."""
    for _ in range(random.randint(1, 5)):
        event = _text(random, company, f"p{random.getrandbits(48):x}")
        if random.random() < 0.3:
            event["type"] = random.choice(("message-delivered", "message-failed", "message-sent"))
            event["message"]["direction"] = "out"
        yield maker.changed(event)


def _post(company: Company, body: bytes) -> int:
    pair = base64.b64encode(":".join(CALLBACK).encode()).decode()
    return intake.receive("POST", company.hook, {"authorization": f"Basic {pair}"}, body).status


def _drain(figures: Figures) -> None:
    try:
        drain()
    except Exception as error:  # noqa: BLE001  # whatever a worker dies of is what is looked for
        figures.broke(f"the worker dies of {type(error).__name__}")
        connection.close()


def _settle(figures: Figures) -> None:
    for _ in range(_ROUNDS):
        with connection.cursor() as cursor:
            cursor.execute(_DUE)
        _drain(figures)
    stuck = WebhookEvent.objects.filter(state=WebhookEvent.State.PENDING).count()
    if stuck:
        figures.broke(f"{stuck} events are not at an end")
    faults = WebhookEvent.objects.filter(error__startswith="Processing failed")
    for error, count in faults.order_by().values_list("error").annotate(Count("pk")):
        figures.counts[error] = count


def _look_for(figures: Figures, company: Company, good: set[str]) -> None:
    with entered(company.tenant.schema_name):
        stored = Counter(
            Message.objects.filter(provider_message_id__in=good).values_list(
                "provider_message_id", flat=True
            )
        )
    figures.counts["of these in a message"] = len(stored)
    lost, doubled = len(good - stored.keys()), sum(count > 1 for count in stored.values())
    figures.counts |= {"lost": lost, "doubled": doubled}
    if lost or doubled:
        figures.broke(f"of good events {lost} are lost and {doubled} doubled")
