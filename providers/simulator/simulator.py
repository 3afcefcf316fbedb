"""The simulator put together: parts and routes."""

from __future__ import annotations

from providers.simulator.behaviour import Behaviour
from providers.simulator.callbacks import Callbacks
from providers.simulator.control import Control
from providers.simulator.delivery import Delivery
from providers.simulator.handset import Handset
from providers.simulator.media import Media
from providers.simulator.messages import Messages
from providers.simulator.settings import SimulatorSettings
from providers.simulator.signin import SignIn
from providers.simulator.store import Store
from providers.simulator.web import Request, Response, Router, as_json

_USER = "/api/v2/users/{account_id}"


class Simulator:
    """A stand-in Bandwidth, without the server that speaks HTTP for it."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.store = Store(settings.accounts)
        self.behaviour = Behaviour()
        self.callbacks = Callbacks(settings, self.behaviour)
        self.sign_in = SignIn(self.store, self.behaviour, lifetime=settings.token_lifetime)
        delivery = Delivery(
            settings, store=self.store, behaviour=self.behaviour, callbacks=self.callbacks
        )
        messages = Messages(
            store=self.store,
            sign_in=self.sign_in,
            behaviour=self.behaviour,
            delivery=delivery,
            hang_seconds=settings.hang_seconds,
        )
        media = Media(
            store=self.store,
            sign_in=self.sign_in,
            behaviour=self.behaviour,
            page_size=settings.media_page_size,
        )
        handset = Handset(store=self.store, delivery=delivery, callbacks=self.callbacks)
        control = Control(store=self.store, behaviour=self.behaviour)
        self._router = router = Router()
        router.add("POST", "/api/v1/oauth2/token", self.sign_in.token_view)
        router.add("POST", f"{_USER}/messages", messages.create_view)
        router.add("GET", f"{_USER}/messages", messages.list_view)
        router.add("GET", f"{_USER}/media", media.list_view)
        router.add("PUT", f"{_USER}/media/{{name*}}", media.put_view)
        router.add("GET", f"{_USER}/media/{{name*}}", media.get_view)
        router.add("DELETE", f"{_USER}/media/{{name*}}", media.delete_view)
        router.add("PUT", "/simulator/accounts/{account_id}", control.account_view)
        router.add("POST", "/simulator/behaviour", control.behaviour_view)
        router.add("GET", "/simulator/behaviour", control.switches_view)
        router.add("GET", "/", handset.page_view)
        router.add("GET", "/static/{name}", handset.page_view)
        router.add("GET", "/handset/state", handset.state_view)
        router.add("POST", "/handset/messages", handset.send_view)
        router.add("GET", "/handset/media/{account_id}/{name*}", handset.media_view)
        router.add("GET", "/favicon.ico", lambda request: Response(status=204))
        router.add("GET", "/health/", lambda request: as_json({"status": "ok"}))

    def answer(self, request: Request) -> Response:
        """Handle one request."""
        return self._router.dispatch(request)

    def stop(self) -> None:
        """Stop posting callbacks."""
        self.callbacks.stop()
