"""`Idempotency-Key`: a request that comes again, because its answer was lost, is done once.

The key is stored in the transaction of what is made: a crash in between leaves neither. Whoever
comes with the same key meanwhile waits at the unique constraint for how that ends.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, connection
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from psycopg.errors import LockNotAvailable
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.refusals import Refused
from messaging.models import IdempotencyKey
from tenants.api.refusals import NotNow
from tenants.models import User

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replay"
PATIENCE = "3s"

KEY_PARAMETER: Final = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="A new one for each request, such as a UUID: repeat the request with it after a"
    " lost answer, and it is done once. Remembered for three days at least, for you alone.",
)
REPLAYED_HEADER: Final = OpenApiParameter(
    REPLAYED,
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    description="The request had been done before.",
    response=[200],
)

_KEY = re.compile(r"[!-~]{1,255}")
# One round trip. The patience is for this insert only: the connection has one of its own.
_CLAIM = """
SELECT set_config('trunkline.patience', current_setting('lock_timeout'), true);
SELECT set_config('lock_timeout', %(patience)s, true);
INSERT INTO messaging_idempotencykey (user_id, key_hash, fingerprint, made, created_at)
VALUES (%(user)s, %(key)s, %(fingerprint)s, '{}', %(now)s) ON CONFLICT DO NOTHING;
SELECT set_config('lock_timeout', current_setting('trunkline.patience'), true)
"""
_CLAIMED = 2  # place of the insert among them
# Who writes clears away: no night needs to visit tenants for this.
_KEEP = """
UPDATE messaging_idempotencykey SET made = %(made)s
WHERE user_id = %(user)s AND key_hash = %(key)s;
DELETE FROM messaging_idempotencykey WHERE id IN (
    SELECT id FROM messaging_idempotencykey WHERE created_at < %(before)s
    ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED
)
"""
_KEPT = timedelta(days=3)

_OTHER = "This Idempotency-Key came with another request before: take a new one for a new request."
_UNDER_WAY = "A request with this Idempotency-Key is being worked on. Ask again in a moment."
_GONE = "This request was done before; what it made is no longer there for you to see."


class Once:
    """One request that carries a key, inside the transaction that does it."""

    def __init__(self, key: str, request: Request, user: User) -> None:
        self._user = user
        self._key_hash = hashlib.sha256(key.encode()).digest()
        asked = [request.resolver_match.view_name, request.data]  # type: ignore[union-attr]
        # By the key, or a short text could be guessed from what is stored.
        payload = json.dumps(asked, sort_keys=True).encode()
        self._fingerprint = hmac.digest(key.encode(), payload, "sha256")

    def earlier(self) -> list[UUID] | None:
        """Return what the request made when it came before; None = it is new, and ours to do.

        Raises Refused when something else was asked for, NotNow while that is under way.
        """
        if self._is_claimed():
            return None
        known = IdempotencyKey.objects.filter(user=self._user, key_hash=self._key_hash).first()
        if known is None:
            raise NotNow(_UNDER_WAY)
        if not hmac.compare_digest(bytes(known.fingerprint), self._fingerprint):
            raise Refused("key_reused", _OTHER)
        return list(known.made)

    def keep(self, made: Iterable[UUID]) -> None:
        """Remember what the request made."""
        values: dict[str, Any] = {
            "user": self._user.pk,
            "key": self._key_hash,
            "made": list(made),
            "before": timezone.now() - _KEPT,
        }
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, values)

    def _is_claimed(self) -> bool:
        values: dict[str, Any] = {
            "patience": PATIENCE,
            "user": self._user.pk,
            "key": self._key_hash,
            "fingerprint": self._fingerprint,
            "now": timezone.now(),
        }
        try:
            with connection.cursor() as cursor:
                cursor.execute(_CLAIM, values)
                for _ in range(_CLAIMED):
                    cursor.nextset()
                return bool(cursor.rowcount == 1)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise NotNow(_UNDER_WAY) from error
            raise


def once(request: Request, user: User) -> Once | None:
    """Read the request's key; None = it carries none.

    Raises ValidationError.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise ValidationError({HEADER: ["Give 1 to 255 visible ASCII characters."]})
    return Once(key, request, user)


def replayed(body: Any) -> Response:
    """Answer what was made before, as it is now."""
    return Response(body, status=status.HTTP_200_OK, headers={REPLAYED: "true"})


def gone() -> NotNow:
    """Return the refusal of what was done and has been deleted since."""
    return NotNow(_GONE)


def again(shape: Any) -> OpenApiResponse:
    """Describe the answer to a request that comes again."""
    return OpenApiResponse(shape, description="It had been done before; this is what it made.")
