"""What becomes of messages once the simulator has taken them."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from providers.simulator import magic
from providers.simulator.behaviour import Behaviour
from providers.simulator.callbacks import Callback, Callbacks
from providers.simulator.events import event
from providers.simulator.settings import SimulatedAccount, SimulatorSettings
from providers.simulator.store import Leg, Store, StoredMessage

FOREIGN_SENDER = 4403


class Delivery:
    """Plays the carrier network: moves each recipient's part on and reports it."""

    def __init__(
        self,
        settings: SimulatorSettings,
        *,
        store: Store,
        behaviour: Behaviour,
        callbacks: Callbacks,
    ) -> None:
        self._settings = settings
        self._store = store
        self._behaviour = behaviour
        self._callbacks = callbacks

    def carry(
        self, account: SimulatedAccount, message: StoredMessage, fates: Collection[str]
    ) -> None:
        """Send an outbound message on its way."""
        if magic.NEVER in fates:
            return
        if magic.MUTE in fates:
            with self._store.lock:
                for leg in message.legs:
                    leg.status = "DELIVERED"
            return
        delay = self._delay()
        is_reversed = self._behaviour["reorder"]
        if message.is_mms:
            first = delay * (1.5 if is_reversed else 0.5)
            self._callbacks.after(first, lambda: self._sending(account, message))
        for leg in message.legs:
            self._callbacks.after(delay, partial(self._settle, account, message, leg))

    def receive(self, account: SimulatedAccount, message: StoredMessage) -> None:
        """Report an inbound message to the account it came in for."""
        # With reordering, every other message is overtaken by the one after it.
        is_late = self._behaviour["reorder"] and message.number % 2
        callback = Callback(
            account=account, event=event(message, "message-received", to=message.owner)
        )
        self._callbacks.after(
            self._delay() * 2 if is_late else 0, lambda: self._callbacks.post(callback)
        )

    def _delay(self) -> float:
        chosen = self._behaviour["callback_delay"]
        return float(self._settings.callback_delay if chosen is None else chosen)

    def _sending(self, account: SimulatedAccount, message: StoredMessage) -> None:
        for leg in message.legs:
            self._report(account, message, leg, kind="message-sending")

    def _settle(self, account: SimulatedAccount, message: StoredMessage, leg: Leg) -> None:
        code = magic.delivery_code(leg.number)
        if account.numbers and message.sender not in account.numbers:
            code = FOREIGN_SENDER
        with self._store.lock:
            leg.status, leg.error_code = ("FAILED", code) if code else ("DELIVERED", 0)
        kind = "message-failed" if code else "message-delivered"
        self._report(account, message, leg, kind=kind)

    def _report(
        self, account: SimulatedAccount, message: StoredMessage, leg: Leg, *, kind: str
    ) -> None:
        code = leg.error_code if kind == "message-failed" else 0
        described = event(message, kind, to=leg.number, error_code=code)
        self._callbacks.post(Callback(account=account, event=described))
