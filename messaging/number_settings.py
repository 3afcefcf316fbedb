"""Which number through which account: rules that the screens and the REST API share."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from messaging.models import MessageSetting, SmsConfiguration
from messaging.outbound.sender_ids import NotASender, parse_sender
from providers.registry import platform_account
from tenants.audit import note_added
from tenants.models import PhoneNumber, Tenant, Trunk
from tenants.numbers import NotAPhoneNumber, kind_of, to_e164

ALREADY_IN_USE = "This number is already in use."
_NAME_RULE = (
    "A sender name has up to 11 letters, digits, spaces and + - _ &, one a letter at least."
)


class NumberProblem(ValueError):
    """A setting cannot be saved as it is; `field` says which input to mend."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def resolve_number(
    tenant: Tenant,
    text: str,
    provider: SmsConfiguration | None,
    *,
    setting: MessageSetting | None = None,
) -> PhoneNumber:
    """Find the typed number among the tenant's, or enter it on the tenant's own trunk.

    `provider` None is the platform's account; `setting` is the row being changed. A new number is
    written at once: call it last, in the transaction that saves. Raises NumberProblem.
    """
    try:
        number = to_e164(text, country=tenant.country, short_codes=True)
    except NotAPhoneNumber as error:
        raise NumberProblem("phone_number", str(error)) from error
    found = PhoneNumber.objects.select_related("trunk").filter(number=number).first()
    offered = provider is not None or platform_account_is_offered(setting)
    check_line(tenant, found, provider, platform_offered=offered)
    if found is None and provider is not None:
        found = enter_number(tenant, number, provider)
    assert found is not None  # noqa: S101  # check_line allows no new number without a provider
    taken = MessageSetting.objects.filter(phone_number=found).first()
    if taken is not None and (setting is None or taken.pk != setting.pk):
        raise NumberProblem("phone_number", ALREADY_IN_USE)
    return found


def save_setting(setting: MessageSetting) -> MessageSetting:
    """Save a setting whose number was resolved.

    Raises NumberProblem when somebody else was quicker with the same number.
    """
    try:
        with transaction.atomic():
            setting.save()
    except IntegrityError as error:
        raise NumberProblem("phone_number", ALREADY_IN_USE) from error
    return setting


def platform_account_is_offered(setting: MessageSetting | None = None) -> bool:
    """Tell whether the platform's account may be chosen: configured, or chosen before."""
    if platform_account() is not None:
        return True
    if setting is None or setting.pk is None:
        return False
    # Asked of the row: the object may carry the new choice already.
    return MessageSetting.objects.filter(pk=setting.pk, provider=None).exists()


def normalize_sender_id(tenant: Tenant, text: str) -> str:
    """Return a configuration's sender ID as it is stored: E.164 when it is a number.

    Raises NumberProblem for a number that is not the tenant's own.
    """
    typed = text.strip()
    if not typed:
        return ""
    try:
        sender = parse_sender(typed, country=tenant.country)
    except NotASender as error:
        raise NumberProblem("sender_id", f"{error} {_NAME_RULE}") from error
    found = PhoneNumber.objects.filter(number=sender).first()
    if found is not None and found.tenant_id != tenant.pk:
        raise NumberProblem("sender_id", "This number is not one of yours.")
    return sender


def check_trunk_change(configuration: SmsConfiguration, trunk: Trunk) -> None:
    """Keep a configuration on the trunk of the numbers that use it.

    Raises NumberProblem.
    """
    if configuration.pk is None:
        return
    settings = MessageSetting.objects.filter(provider=configuration)
    left = settings.exclude(phone_number__trunk=trunk).select_related("phone_number").first()
    if left is not None:
        raise NumberProblem(
            "trunk",
            f"{left.phone_number} uses this configuration and is not on the trunk “{trunk.name}”.",
        )


def check_line(
    tenant: Tenant,
    number: PhoneNumber | None,
    provider: SmsConfiguration | None,
    *,
    platform_offered: bool,
) -> None:
    """Judge a number (None = new to everybody) with the account it would text through.

    Asks the database nothing when trunks are loaded. Raises NumberProblem.
    """
    if provider is None and not platform_offered:
        raise NumberProblem(
            "provider", "This platform has no account of its own: choose an SMS/MMS configuration."
        )
    if number is None:
        _check_may_enter(tenant, provider)
        return
    _check_owner(tenant, number)
    _check_trunk(number, provider)


def check_provider_change(
    tenant: Tenant, setting: MessageSetting, provider: SmsConfiguration | None
) -> None:
    """Judge another provider for a setting that is there; its number's trunk must be loaded.

    Raises NumberProblem.
    """
    offered = provider is not None or platform_account_is_offered(setting)
    check_line(tenant, setting.phone_number, provider, platform_offered=offered)


def enter_number(tenant: Tenant, number: str, provider: SmsConfiguration) -> PhoneNumber:
    """Enter a number that `check_line` allowed on the tenant's own trunk.

    Raises NumberProblem when another tenant was quicker.
    """
    known = PhoneNumber.objects.filter(number=number).exists()
    # Insert first: the unique number decides between two who enter it at once.
    PhoneNumber.objects.bulk_create(
        [PhoneNumber(number=number, trunk=provider.trunk, tenant=tenant, kind=kind_of(number))],
        ignore_conflicts=True,
    )
    entered = PhoneNumber.objects.select_related("trunk").get(number=number)
    _check_owner(tenant, entered)
    _check_trunk(entered, provider)
    if not known:
        note_added([entered])
    return entered


def _check_may_enter(tenant: Tenant, provider: SmsConfiguration | None) -> None:
    if provider is None or provider.trunk.tenant_id != tenant.pk:
        raise NumberProblem(
            "phone_number",
            "This is not one of your numbers. Numbers on the platform's trunk are given out by the"
            " system admin; choose a configuration on a trunk of your own to add one.",
        )


def _check_owner(tenant: Tenant, number: PhoneNumber) -> None:
    if number.tenant_id == tenant.pk:
        return
    # The same words for another tenant's number and one not given out: neither is told apart.
    raise NumberProblem("phone_number", ALREADY_IN_USE)


def _check_trunk(number: PhoneNumber, provider: SmsConfiguration | None) -> None:
    trunk = number.trunk
    if provider is None and trunk.tenant_id is not None:
        raise NumberProblem(
            "provider",
            f"This number is on your trunk “{trunk.name}”: choose a configuration of that trunk.",
        )
    if provider is not None and provider.trunk_id != trunk.pk:
        raise NumberProblem(
            "provider",
            f"This number is on the trunk “{trunk.name}”, the configuration on"
            f" “{provider.trunk.name}”: both must be on the same trunk.",
        )
