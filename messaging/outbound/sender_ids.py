"""Sender IDs: what a configuration's texts come from where no number is chosen."""

from __future__ import annotations

import re

from django.db.models import OuterRef, QuerySet, Subquery

from messaging.models import SmsConfiguration
from tenants.models import PhoneNumber
from tenants.numbers import NotAPhoneNumber, to_e164

# The carrier's rule for names: up to 11 of these, one of them a letter.
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}")


class NotASender(ValueError):
    """The text is neither a phone number, a short code nor a name; the message says so."""


def parse_sender(text: str, *, country: str) -> str:
    """Return the sender as texts carry it: E.164, a short code's digits or a name.

    Raises NotASender.
    """
    typed = text.strip()
    # First of all: a phone library reads letters as the digits of a keypad.
    if _NAME.fullmatch(typed):
        return typed
    try:
        return to_e164(typed, country=country, short_codes=True)
    except NotAPhoneNumber as error:
        raise NotASender(str(error)) from error


def default_sender(configuration: SmsConfiguration, *, country: str = "") -> str:
    """Return the configuration's sender ID, or the trunk's DID, or "" when there is neither.

    The DID is the tenant's main number on that trunk, else the lowest. Without `country` its
    tenant's is read.
    """
    if configuration.sender_id.strip():
        country = country or configuration.endpoint.tenant.country
        try:
            return parse_sender(configuration.sender_id, country=country)
        except NotASender:
            return ""
    if "did" not in configuration.__dict__:
        configuration = with_did(SmsConfiguration.objects.all()).get(pk=configuration.pk)
    return configuration.did or ""  # type: ignore[attr-defined]  # annotated


def with_did(configurations: QuerySet[SmsConfiguration]) -> QuerySet[SmsConfiguration]:
    """Add `did` to each: the tenant's main number on its trunk, else the lowest."""
    numbers = PhoneNumber.objects.filter(
        trunk_id=OuterRef("trunk_id"), tenant_id=OuterRef("endpoint__tenant_id")
    )
    first = numbers.order_by("-is_main", "number").values("number")[:1]
    return configurations.annotate(did=Subquery(first))
