"""The webhook's view."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from django.db import IntegrityError, transaction
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.bench.doors import CALLBACK
from config.bench.naive.models import Endpoint, Event
from config.bench.naive.queue import route


class Carrier:
    """Who signed in by the callback's credentials."""

    is_authenticated = True


class CallbackAuthentication(BaseAuthentication):
    """Basic credentials, the same for all addresses: no password hash is asked for."""

    def authenticate(self, request: Request) -> tuple[Carrier, None]:
        """Compare the header. Raises AuthenticationFailed."""
        expected = "Basic " + base64.b64encode(":".join(CALLBACK).encode()).decode()
        if not hmac.compare_digest(request.headers.get("Authorization", ""), expected):
            raise AuthenticationFailed
        return Carrier(), None

    def authenticate_header(self, request: Request) -> str:
        return "Basic"


class WebhookView(APIView):
    """Store each event and ask for its routing."""

    authentication_classes = [CallbackAuthentication]
    permission_classes = [IsAuthenticated]

    def post(self, request: Request, token: str) -> Response:
        """Answer 200 once the events are stored."""
        hashed = hashlib.sha256(token.encode()).digest()
        endpoint = Endpoint.objects.filter(token_hash=hashed).first()
        if endpoint is None:
            return Response({"error": "unknown"}, status=404)
        events: Any = request.data
        for event in events:
            self._store(endpoint, event)
        return Response({"result": "stored"})

    def _store(self, endpoint: Endpoint, event: dict[str, Any]) -> None:
        message = event["message"]
        identity = json.dumps([event["type"], message, event["to"]]).encode()
        try:
            with transaction.atomic():
                stored = Event.objects.create(
                    provider="bandwidth",
                    endpoint_id=endpoint.pk,
                    tenant_id=endpoint.tenant_id,
                    dedupe_key=hashlib.blake2b(identity, digest_size=16).digest(),
                    type=str(event["type"]),
                    payload=json.dumps(event).encode(),
                )
        except IntegrityError:
            return  # posted before
        route(stored.pk)
