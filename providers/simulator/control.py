"""Endpoints that steer the simulator itself, for this machine only."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from providers.simulator.behaviour import Behaviour
from providers.simulator.settings import SimulatedAccount
from providers.simulator.store import Store
from providers.simulator.web import Refused, Request, Response, as_json, error

_TEXTS = {field.name for field in fields(SimulatedAccount)} - {"numbers", "account_id"}


class Control:
    """`/simulator/...`."""

    def __init__(self, *, store: Store, behaviour: Behaviour) -> None:
        self._store = store
        self._behaviour = behaviour

    def account_view(self, request: Request, account_id: str) -> Response:
        """Add or replace an account, as the portal does when it has made the webhook's URL."""
        body = _local_json(request)
        numbers = body.pop("numbers", [])
        body.pop("account_id", None)
        if not isinstance(numbers, list) or not all(isinstance(n, str) for n in numbers):
            return error(400, "request-validation", "numbers must be a list of strings")
        wrong = sorted(
            name for name, text in body.items() if name not in _TEXTS or not isinstance(text, str)
        )
        if wrong:
            return error(400, "request-validation", f"unknown or not a string: {', '.join(wrong)}")
        account = SimulatedAccount(account_id=account_id, numbers=tuple(numbers), **body)
        self._store.register(account)
        return as_json({"account_id": account_id, "numbers": numbers})

    def behaviour_view(self, request: Request) -> Response:
        """Flip switches."""
        try:
            self._behaviour.update(_local_json(request))
        except ValueError as wrong:
            return error(400, "request-validation", str(wrong))
        return as_json(self._behaviour.as_dict())

    def switches_view(self, request: Request) -> Response:
        """Show the switches."""
        return as_json(self._behaviour.as_dict())


def _local_json(request: Request) -> dict[str, Any]:
    if not request.is_local:
        raise Refused(error(403, "forbidden", "Only from the machine the simulator runs on."))
    # A web page elsewhere cannot post this type without asking first.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused(error(415, "unsupported-content-type", "Send JSON."))
    try:
        return request.json()
    except ValueError:
        raise Refused(error(400, "request-validation", "The body is not a JSON object.")) from None
