"""A tenant's lines: each number texts can go out from, and the account that carries them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from messaging import registration
from messaging.models import MessageSetting, RingGroupMember, SmsConfiguration
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.sender_ids import default_sender, with_did
from providers.registry import platform_account
from tenants.models import PhoneNumber, Tenant
from tenants.numbers import kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sender with its account; `problem` says why it cannot send at the moment."""

    number: str
    label: str
    configuration: SmsConfiguration | None  # None = the platform's account
    kind: PhoneNumber.Kind
    extension_id: int | None = None  # whose number it is
    shared_with: frozenset[int] = frozenset()  # extensions that share it
    is_sender_id: bool = False
    is_off: bool = False  # in Message Settings: no rule sends from it either
    problem: SendRefused | None = None
    phone: PhoneNumber | None = None  # its row in the directory; sender IDs may have none

    @property
    def account_key(self) -> int | None:
        """The key of the configuration; None = the platform's account."""
        return self.configuration.pk if self.configuration else None

    @property
    def is_toll_free(self) -> bool:
        """Tell whether toll-free rules hold: no groups, small pictures, no short codes."""
        toll_free = PhoneNumber.Kind.TOLL_FREE
        return self.kind == toll_free or kind_of(self.number) == toll_free


def lines(tenant: Tenant, *, number: str | None = None) -> list[Line]:
    """Return the tenant's lines, or those of one number; runs in the tenant's schema.

    Several configurations may share a sender ID that has no Message Settings.
    """
    return with_sender_ids(numbered_lines(tenant, number=number), tenant, number=number)


def usual_lines(tenant: Tenant, number: str) -> list[Line]:
    """Return the lines a message from this number may go out by.

    Whether a number with Message Settings is a sender ID besides makes no difference to that.
    """
    numbered = numbered_lines(tenant, number=number)
    return list(numbered.values()) or with_sender_ids(numbered, tenant, number=number)


def numbered_lines(tenant: Tenant, *, number: str | None = None) -> dict[str, Line]:
    """Return the lines of numbers with Message Settings, by number."""
    # The number's owner is asked again: it may have been given to another tenant meanwhile.
    settings = MessageSetting.objects.filter(phone_number__tenant_id=tenant.pk).select_related(
        "phone_number__trunk", "provider__trunk", "extension"
    )
    # The keys alone, with the settings: a page has no questions to spare.
    shared: Any = MessageSetting.other_extensions.through
    others = shared.objects.filter(messagesetting=OuterRef("pk"))
    members = RingGroupMember.objects.filter(group=OuterRef("ring_group")).order_by()
    settings = settings.annotate(
        other_keys=ArraySubquery(others.values("extension")),
        member_keys=ArraySubquery(members.values("extension")),
    )
    settings = registration.with_rule(settings)
    if number is not None:
        settings = settings.filter(phone_number__number=number)
    return {setting.phone_number.number: _of_setting(setting) for setting in settings}


def with_sender_ids(
    numbered: dict[str, Line], tenant: Tenant, *, number: str | None = None
) -> list[Line]:
    """Mark the lines that are sender IDs, and add the sender IDs without Message Settings."""
    configurations = with_did(SmsConfiguration.objects.select_related("trunk"))
    named = [(default_sender(each, country=tenant.country), each) for each in configurations]
    pairs = [pair for pair in named if pair[0] and number in (None, pair[0])]
    senders = {sender for sender, _ in pairs}
    marked = [
        replace(line, is_sender_id=True) if line.number in senders else line
        for line in numbered.values()
    ]
    unsettled = senders - set(numbered)
    if not unsettled:
        return marked
    phones = PhoneNumber.objects.select_related("trunk").filter(number__in=unsettled).order_by()
    known = {phone.number: phone for phone in registration.with_rule(phones)}
    others = [
        _of_sender_id(sender, configuration, tenant, known.get(sender))
        for sender, configuration in pairs
        if sender in unsettled
    ]
    return [*marked, *(line for line in others if line)]


def _of_setting(setting: MessageSetting) -> Line:
    phone = setting.phone_number
    rule: str = getattr(setting, "unregistered_rule", "")
    problem = account_problem(phone, setting.provider) or number_problem(phone, rule=rule)
    if not setting.enabled:
        problem = number_off()
    return Line(
        number=phone.number,
        label=setting.description or (str(setting.extension) if setting.extension else ""),
        configuration=setting.provider,
        kind=PhoneNumber.Kind(phone.kind),
        extension_id=setting.extension_id,
        shared_with=frozenset([*setting.other_keys, *setting.member_keys]),  # type: ignore[attr-defined]  # annotated
        is_off=not setting.enabled,
        problem=problem,
        phone=phone,
    )


def _of_sender_id(
    sender: str, configuration: SmsConfiguration, tenant: Tenant, phone: PhoneNumber | None
) -> Line | None:
    """Make a line of a sender ID without Message Settings of its own.

    A number in the directory must be the tenant's. One that is nobody's must be entered first:
    replies to it would reach nobody, and it may become somebody else's. Short codes and names
    are in no directory as a rule; the carrier knows whose they are.
    """
    if phone is not None and phone.tenant_id != tenant.pk:
        return None
    problem = account_problem(phone, configuration)
    if phone is not None:
        problem = problem or number_problem(phone, rule=getattr(phone, "unregistered_rule", ""))
    elif sender.startswith("+"):
        problem = SendRefused(
            Refusal.INVALID_SENDER,
            f"The sender ID of “{configuration.name}” is not among your phone numbers. An admin"
            " can add it in Message Settings.",
        )
    return Line(
        number=sender,
        label=f"Sender ID of {configuration.name}",
        configuration=configuration,
        kind=PhoneNumber.Kind(phone.kind) if phone else kind_of(sender),
        is_sender_id=True,
        problem=problem,
        phone=phone,
    )


def account_problem(
    phone: PhoneNumber | None, configuration: SmsConfiguration | None
) -> SendRefused | None:
    """Say why the account (None = the platform's) cannot carry the number at the moment."""
    if configuration is None:
        if platform_account() is None:
            return SendRefused(
                Refusal.NO_ACCOUNT,
                "This number has no account to send by. An admin can choose an SMS/MMS"
                " configuration for it in Message Settings.",
            )
        # Anybody may enter a free number on a trunk of their own: it proves nothing to the
        # platform's account.
        if phone is None or phone.trunk.tenant_id is not None:
            return SendRefused(
                Refusal.NO_ACCOUNT,
                "This number is not on the platform's trunk. An admin can choose an SMS/MMS"
                " configuration for it in Message Settings.",
            )
        return None
    if not configuration.enabled:
        return SendRefused(
            Refusal.SENDER_DISABLED,
            f"The SMS/MMS configuration “{configuration.name}” of this number is switched off."
            " An admin can enable it.",
        )
    if not configuration.trunk.enabled:
        return _trunk_off(configuration.trunk.name)
    return None


def number_problem(phone: PhoneNumber, *, rule: str = "") -> SendRefused | None:
    """Say why no account can send from the number; `rule` is that for unregistered ones."""
    if not phone.trunk.enabled:
        return _trunk_off(phone.trunk.name)
    return registration.problem(phone, rule=rule)


def number_off() -> SendRefused:
    """Word the refusal of a number that Message Settings has switched off."""
    return SendRefused(
        Refusal.SENDER_DISABLED,
        "Texting is switched off for this number. An admin can enable it in Message Settings.",
    )


def _trunk_off(name: str) -> SendRefused:
    return SendRefused(Refusal.SENDER_DISABLED, f"The trunk “{name}” of this number is off.")
