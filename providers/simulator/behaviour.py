"""Misbehaviour on demand, set through the control endpoint."""

from __future__ import annotations

import threading
from random import Random
from typing import Any

from providers.simulator import magic
from providers.simulator.web import Response, error

_DEFAULTS: dict[str, Any] = {
    "duplicate": False,  # post every callback twice
    "reorder": False,  # let later events of a message overtake earlier ones
    "next_status": 0,  # answer the next requests with this status
    "next_count": 0,  # how many of them; setting next_status alone means one
    "next_on": "messages",  # "messages" | "list" | "media" | "token"
    "retry_after": None,  # seconds, sent along as Retry-After
    "callback_delay": None,  # seconds, instead of the setting
    "chances": {},  # how many messages fare like a magic number: {"0499": 0.1} drops a tenth
    "seed": 0,  # the same chances hit in the same order
}
_TYPES: dict[str, tuple[type, ...]] = {
    "duplicate": (bool,),
    "reorder": (bool,),
    "next_status": (int,),
    "next_count": (int,),
    "next_on": (str,),
    "retry_after": (int, float, type(None)),
    "callback_delay": (int, float, type(None)),
    "chances": (dict,),
    "seed": (int,),
}
_WORDS = {
    401: ("unauthorized", "Authentication Failed"),
    403: ("forbidden", "Access Denied"),
    429: ("max-message-queue-size-exceeded", "The account's message queue is full."),
}


class Behaviour:
    """Switches that tests and demonstrations flip while the simulator runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values = dict(_DEFAULTS)
        self._random = Random(0)  # noqa: S311  # misfortune is no secret

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def as_dict(self) -> dict[str, Any]:
        """Copy the switches."""
        with self._lock:
            return dict(self._values)

    def update(self, changes: dict[str, Any]) -> None:
        """Flip switches; `{"reset": true}` first puts all back.

        Raises ValueError.
        """
        changes = dict(changes)
        is_reset = changes.pop("reset", False)
        for name, value in changes.items():
            if not isinstance(value, _TYPES.get(name, ())):
                raise ValueError(f"{name} is unknown or of a wrong type")
        _check_chances(changes.get("chances", {}))
        if changes.get("next_status"):
            changes.setdefault("next_count", 1)
        with self._lock:
            self._values = {**(_DEFAULTS if is_reset else self._values), **changes}
            if is_reset or "seed" in changes:
                self._random = Random(self._values["seed"])  # noqa: S311  # as above

    def fate(self) -> str:
        """Draw how the next message fares: a magic number's last digits, "" for well."""
        with self._lock:
            chances: dict[str, float] = self._values["chances"]
            if not chances:
                return ""
            well = max(0.0, 1 - sum(chances.values()))
            [drawn] = self._random.choices(["", *chances], [well, *chances.values()])
            return drawn

    def planned_failure(self, place: str) -> Response | None:
        """Use up one planned failure of this endpoint."""
        with self._lock:
            values = self._values
            if values["next_on"] != place or values["next_count"] < 1:
                return None
            values["next_count"] -= 1
            status, retry_after = values["next_status"], values["retry_after"]
        kind, words = _WORDS.get(status, ("internal-server-error", "Something went wrong."))
        answer = error(status, kind, words)
        if retry_after is None:
            return answer
        return Response(status=status, body=answer.body, headers={"Retry-After": str(retry_after)})


def _check_chances(chances: dict[Any, Any]) -> None:
    for fate, chance in chances.items():
        if fate not in magic.FATES or not isinstance(chance, int | float) or not 0 <= chance <= 1:
            raise ValueError("chances are shares by the digits of: " + ", ".join(magic.FATES))
