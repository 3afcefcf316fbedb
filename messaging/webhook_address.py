"""Another webhook address for a configuration, while the one before still works for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from messaging.models import SmsConfiguration
from tenants.audit import Action, note
from tenants.endpoints import OVERLAP, AddressKept, end_previous_address
from tenants.endpoints import renew_address as renew_endpoint
from tenants.links import webhook_url

USUAL_DAYS = OVERLAP.days
MOST_DAYS = 30


class NotRenewed(ValueError):
    """The address stays as it is; the text says why to the person."""


@transaction.atomic
def renew_address(configuration: SmsConfiguration, *, days: int = USUAL_DAYS) -> None:
    """Give the configuration another address; the old one works for so many days, 0 = not at all.

    Raises NotRenewed.
    """
    try:
        token = renew_endpoint(
            configuration.endpoint_id, configuration.webhook_token, overlap=timedelta(days=days)
        )
    except AddressKept:
        configuration.endpoint.refresh_from_db()
        if old_until(configuration) is None:
            raise NotRenewed("Somebody else changed the address at this moment.") from None
        raise NotRenewed(
            "The address was changed already, and the old one still works. End that first, when"
            " Bandwidth has the new one."
        ) from None
    # Not save(): the trail tells of it in words, without the value.
    SmsConfiguration.objects.filter(pk=configuration.pk).update(webhook_token=token)
    configuration.webhook_token = token
    configuration.endpoint.refresh_from_db()
    until = old_until(configuration)
    old = f"works until {_when(until)}" if until else "does not work any more"
    note(configuration, Action.CHANGED, reason=f"new webhook address; the old one {old}")


@transaction.atomic
def end_old_address(configuration: SmsConfiguration) -> bool:
    """End the old address now; False when there is none."""
    ended = end_previous_address(configuration.endpoint)
    configuration.endpoint.refresh_from_db()
    if ended:
        note(configuration, Action.CHANGED, reason="old webhook address ended")
    return ended


def old_until(configuration: SmsConfiguration) -> datetime | None:
    """Return when the old address ends; None = there is none that works."""
    until = configuration.endpoint.previous_until
    return until if until is not None and until > timezone.now() else None


def old_url(configuration: SmsConfiguration) -> str:
    """Return the old address while it works, else ""."""
    if old_until(configuration) is None:
        return ""
    return webhook_url(configuration.endpoint.previous_token, provider=configuration.trunk.provider)


def _when(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
