"""`manage.py simulate_bandwidth`: the stand-in Bandwidth alone."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from providers.simulator.server import serve
from providers.simulator.settings import SimulatedAccount, SimulatorSettings


class Command(BaseCommand):
    """Serve Bandwidth's API and a handset page until Ctrl-C; keeps nothing between runs."""

    help = "Serve a stand-in Bandwidth with a handset page, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.SIMULATOR_PORT)
        account = parser.add_argument_group(
            "one account", "More are added by PUT /simulator/accounts/<account ID>."
        )
        account.add_argument("--account-id", default="")
        account.add_argument("--application-id", default="")
        account.add_argument("--username", default="", help="or API token")
        account.add_argument("--password", default="", help="or API secret")
        account.add_argument("--client-id", default="")
        account.add_argument("--client-secret", default="")
        account.add_argument("--webhook-url", default="")
        account.add_argument("--webhook-username", default="")
        account.add_argument("--webhook-password", default="")
        account.add_argument("--number", action="append", default=[], help="may be repeated")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        self.stdout.write(f"stand-in Bandwidth and handset at http://{host}:{port}")
        self.stdout.flush()
        try:
            serve(host=host, port=port, settings=SimulatorSettings(accounts=_accounts(options)))
        except OSError as error:
            raise CommandError(
                f"port {port} cannot be used ({error.strerror}): choose another with --port"
            ) from None


def _accounts(options: dict[str, Any]) -> tuple[SimulatedAccount, ...]:
    if not options["account_id"]:
        return ()
    fields = (
        "account_id",
        "application_id",
        "username",
        "password",
        "client_id",
        "client_secret",
        "webhook_url",
        "webhook_username",
        "webhook_password",
    )
    return (
        SimulatedAccount(
            **{name: options[name] for name in fields}, numbers=tuple(options["number"])
        ),
    )
