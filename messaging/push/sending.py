"""Handing notifications to the push services, and what their answers mean."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

import requests
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from py_vapid import VapidException
from pywebpush import WebPushException, webpush

from messaging.models import PushSubscription
from messaging.push.content import Notice
from messaging.push.endpoints import EndpointRefused, check_public, host_of
from providers.outgoing import OutgoingAdapter, time_limit

logger = logging.getLogger(__name__)

_TTL = 3600
_TIMEOUT = 5.0
_LONGEST = 10.0  # in all, however slowly the answer drips
_AT_ONCE = 8
_MOST_FAILURES = 10
# A push service that is down for an hour must not cost anybody the subscription.
_PATIENCE = timedelta(days=1)


class Answer(Enum):
    """What a push service said."""

    TAKEN = "taken"
    GONE = "gone"  # the browser has taken its subscription back
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One notification for one device."""

    subscription: PushSubscription
    notice: Notice
    badge: int | None = None  # unread threads, for the app's icon


class Session(requests.Session):
    """Session that stays at the host that was checked, and does not stay long."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = _unsigned
        self.mount("https://", OutgoingAdapter(public_only=True))
        self.mount("http://", OutgoingAdapter(public_only=True))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send once; a redirect is an answer like another, and no answer's body is read."""
        with time_limit(time.monotonic() + _LONGEST):
            kwargs = {**kwargs, "allow_redirects": False, "stream": True}
            response = super().request(*args, **kwargs)
        response.close()
        response._content = b""
        return response


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    # Or a .netrc file's password takes the place of our signature.
    return request


def deliver(parcels: Sequence[Parcel], key: Any) -> list[Answer]:
    """Send side by side, so that a slow push service holds up nobody else's, and note it."""
    if not parcels:
        return []
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(parcels))) as pool:
        answers = list(pool.map(lambda parcel: _post(parcel, key), parcels))
    _note(parcels, answers)
    return answers


def _post(parcel: Parcel, key: Any) -> Answer:
    """Encrypt and send; runs in a thread of its own and leaves the database alone."""
    device = parcel.subscription
    try:
        check_public(host_of(device.endpoint))
        with Session() as session:
            webpush(
                {
                    "endpoint": device.endpoint,
                    "keys": {"p256dh": device.p256dh, "auth": device.auth},
                },
                data=json.dumps({**parcel.notice.as_json(), "badge": parcel.badge}),
                vapid_private_key=key,
                vapid_claims={"sub": settings.VAPID_CONTACT},
                ttl=_TTL,
                timeout=_TIMEOUT,
                # What waits for a phone that is off is replaced by the thread's next text.
                headers={"urgency": "high", "topic": parcel.notice.tag},
                requests_session=session,
            )
    except WebPushException as error:
        if error.status_code in (404, 410):
            return Answer.GONE
        return _failed(device, f"answered {error.status_code}")
    except (requests.RequestException, OSError) as error:
        return _failed(device, type(error).__name__)
    except (EndpointRefused, VapidException, ValueError) as error:
        return _failed(device, type(error).__name__)
    return Answer.TAKEN


def _failed(device: PushSubscription, reason: str) -> Answer:
    logger.warning("push subscription %s not reached: %s", device.pk, reason)
    return Answer.FAILED


def _note(parcels: Sequence[Parcel], answers: Sequence[Answer]) -> None:
    keys: dict[Answer, list[int]] = {answer: [] for answer in Answer}
    for parcel, answer in zip(parcels, answers, strict=True):
        keys[answer].append(parcel.subscription.pk)
    now = timezone.now()
    rows = PushSubscription.objects
    if keys[Answer.TAKEN]:
        rows.filter(pk__in=keys[Answer.TAKEN]).update(failures=0, last_ok_at=now)
    if keys[Answer.GONE]:
        rows.filter(pk__in=keys[Answer.GONE]).delete()
    if failed := keys[Answer.FAILED]:
        rows.filter(pk__in=failed, failures__lt=1000).update(failures=F("failures") + 1)
        rows.filter(pk__in=failed, failures__gte=_MOST_FAILURES).filter(
            Q(last_ok_at=None, created_at__lt=now - _PATIENCE) | Q(last_ok_at__lt=now - _PATIENCE)
        ).delete()
