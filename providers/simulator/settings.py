"""What the simulator is started with."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedAccount:
    """One customer of the simulated carrier: its credentials, numbers and webhook."""

    account_id: str
    application_id: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    webhook_url: str = ""
    webhook_username: str = ""
    webhook_password: str = field(default="", repr=False)
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """Accounts known from the start, and how patient the simulator is. Times are in seconds."""

    accounts: tuple[SimulatedAccount, ...] = ()
    # Root of the media URLs in callbacks; the address listened at, unless that is no address.
    public_url: str = ""
    callback_delay: float = 0.8
    # Bandwidth repeats for 24 hours at intervals it does not publish.
    retry_delays: tuple[float, ...] = (1, 2, 5, 10, 30)
    callback_timeout: float = 10.0
    hang_seconds: float = 30.0
    token_lifetime: int = 3600
    media_page_size: int = 1000
