"""The stand-in Bandwidth of a run, in this process: it posts the texts and takes the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from config.chaos.companies import APPLICATION_ID, Company
from config.chaos.found import Carried
from config.chaos.ledger import Ledger
from config.chaos.plan import Weather
from providers.simulator.server import RunningSimulator, start_in_thread
from providers.simulator.settings import SimulatedAccount, SimulatorSettings

# Bandwidth repeats for a day; a run is over long before.
_REPEATS = (0.3, 0.5, 1.0, 1.0, *[2.0] * 300)
# Longer than our own patience with an answer: 15 seconds.
_HELD = 17.0


class Carrier:
    """The stand-in with what it is to us: an address, weather, and what it has taken."""

    def __init__(self, running: RunningSimulator) -> None:
        self._simulator = running.simulator
        self.base_url = running.base_url

    def begin(self, companies: Sequence[Company], ledger: Ledger, *, seed: int) -> None:
        """Serve these companies from now on, in good weather."""
        self._simulator.callbacks.listener = ledger.posted
        self._simulator.behaviour.update({"reset": True, "seed": seed})
        for company in companies:
            self._simulator.store.register(_account(company))

    def change(self, weather: Weather) -> None:
        """Behave like this from now on."""
        self._simulator.behaviour.update(
            {
                "chances": weather.chances,
                "duplicate": weather.duplicate,
                "reorder": weather.reorder,
                "callback_delay": weather.callback_delay,
            }
        )

    def carried(self, companies: Sequence[Company]) -> list[Carried]:
        """Return what it took from these companies."""
        slugs = {company.account_id: company.slug for company in companies}
        return [
            Carried(
                tag=message.tag or "",
                carriers_id=message.id,
                slug=slugs[message.account_id],
                to=",".join(sorted(message.recipients)),
                text=message.text,
                status=message.legs[0].status,
            )
            for message in self._simulator.store.listed()
            if message.direction == "out" and message.account_id in slugs
        ]


@contextmanager
def stand_in(port: int) -> Iterator[Carrier]:
    """Run it for the length of the block."""
    settings = SimulatorSettings(retry_delays=_REPEATS, hang_seconds=_HELD)
    with start_in_thread(settings, port=port) as running:
        yield Carrier(running)


def _account(company: Company) -> SimulatedAccount:
    username, password = company.credentials
    signs_in = (
        {"client_id": username, "client_secret": password}
        if company.is_oauth
        else {"username": username, "password": password}
    )
    return SimulatedAccount(
        account_id=company.account_id,
        application_id=APPLICATION_ID,
        webhook_url=f"{company.door}/webhook/bandwidth/sms/{company.webhook_token}",
        webhook_username=company.callback[0],
        webhook_password=company.callback[1],
        numbers=(company.number,),
        **signs_in,
    )
