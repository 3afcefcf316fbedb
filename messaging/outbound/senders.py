"""Which numbers a person may send from, and by which account."""

from __future__ import annotations

from collections.abc import Iterable

from messaging.conversations import participants_key
from messaging.models import Conversation, Extension, SmsConfiguration
from messaging.outbound.lines import Line, lines, numbered_lines, usual_lines, with_sender_ids
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.sender_ids import NotASender, default_sender, parse_sender
from messaging.visibility import extension_of
from tenants.models import Tenant, User
from tenants.roles import Role

__all__ = ["Line", "allowed_senders", "default_sender", "line_for", "pick_line"]

_Permission = Extension.SmsPermission


def allowed_senders(user: User, role: Role, tenant: Tenant) -> list[Line]:
    """Return what the person can send from at this moment; the first is the default."""
    extension = extension_of(user, tenant)
    if not _may_send(role, extension):
        return []
    return [line for line in _permitted(lines(tenant), role, extension) if line.problem is None]


def pick_line(
    user: User, role: Role, tenant: Tenant, sender: str, *, to: Iterable[str] = ()
) -> Line:
    """Return the line the person means; "" = the default one.

    Who handles the number's thread with `to` may answer from it. Raises SendRefused.
    """
    extension = extension_of(user, tenant)
    if not _may_send(role, extension):
        raise _not_allowed()
    if not sender.strip():
        return _usable(_permitted(lines(tenant), role, extension), _no_sender())
    try:
        number = parse_sender(sender, country=tenant.country)
    except NotASender as error:
        raise SendRefused(Refusal.INVALID_SENDER, str(error)) from error
    found = lines(tenant, number=number)
    permitted = _permitted(found, role, extension)
    if found and not permitted and _handles(extension, number, to):
        permitted = found
    return _usable(permitted, _not_theirs())


def lines_of(extension: Extension | None, role: Role, tenant: Tenant) -> list[Line]:
    """Return what may be sent from there, usable or not; the first usable one is the default."""
    return _permitted(lines(tenant), role, extension) if _may_send(role, extension) else []


def check_permitted(user: User, role: Role, tenant: Tenant, sender: str) -> None:
    """Refuse who may not use the number at all, whether it can send at the moment or not.

    Raises SendRefused.
    """
    if role >= Role.ADMIN:
        return
    extension = extension_of(user, tenant)
    if not _may_send(role, extension):
        raise _not_allowed()
    if not _permitted(lines(tenant, number=sender), role, extension):
        raise _not_theirs()


def check_answer(
    extension: Extension | None,
    role: Role,
    tenant: Tenant,
    number: str,
    *,
    is_handler: bool = False,
) -> None:
    """Refuse who cannot answer from a thread's number at this moment.

    Its handler may, whoever else's the number is. Raises SendRefused.
    """
    if not _may_send(role, extension):
        raise _not_allowed()
    numbered = numbered_lines(tenant, number=number)
    found = list(numbered.values()) if is_handler else []
    found = found or _permitted(list(numbered.values()), role, extension)
    if not found:
        # Sender IDs are asked for last: the number of most threads is set up by itself.
        found = _permitted(with_sender_ids(numbered, tenant, number=number), role, extension)
    _usable(found, _not_theirs())


def line_for(tenant: Tenant, number: str, *, configuration: SmsConfiguration | None) -> Line:
    """Return the line a stored message goes out by; among several its configuration's.

    Raises SendRefused.
    """
    account_key = configuration.pk if configuration else None
    return line_among(usual_lines(tenant, number), account_key=account_key)


def line_among(found: list[Line], *, account_key: int | None) -> Line:
    """Return the same among the lines of a number, by its configuration's key.

    Raises SendRefused.
    """
    return _usable(
        sorted(found, key=lambda line: line.account_key != account_key),
        SendRefused(
            Refusal.INVALID_SENDER, "The number it was to be sent from is no longer yours."
        ),
    )


def _usable(found: list[Line], otherwise: SendRefused) -> Line:
    for line in found:
        if line.problem is None:
            return line
    raise (found[0].problem if found else None) or otherwise


def _permitted(found: list[Line], role: Role, extension: Extension | None) -> list[Line]:
    own = extension.pk if extension else None
    whole = role >= Role.ADMIN
    with_sender_id = extension is not None and extension.sms_permission == _Permission.SENDER_ID

    def is_own(line: Line) -> bool:
        return own is not None and (line.extension_id == own or own in line.shared_with)

    kept = [
        line for line in found if whole or is_own(line) or (with_sender_id and line.is_sender_id)
    ]

    def rank(line: Line) -> tuple[bool, bool, str]:
        # The first usable one is the default. Who may use the sender ID is known by it, all
        # others by a number of their own.
        if with_sender_id:
            return not line.is_sender_id, not is_own(line), line.number
        return not is_own(line), not line.is_sender_id, line.number

    return sorted(kept, key=rank)


def _handles(extension: Extension | None, number: str, to: Iterable[str]) -> bool:
    threads = Conversation.objects.filter(our_number=number, participants_key=participants_key(to))
    return extension is not None and threads.filter(extension=extension).exists()


def _may_send(role: Role, extension: Extension | None) -> bool:
    if role >= Role.ADMIN:
        return True
    return extension is not None and extension.sms_permission != _Permission.DISABLED


def _not_allowed() -> SendRefused:
    return SendRefused(
        Refusal.NOT_ALLOWED,
        "Your extension may not send texts. Ask an admin to change its SMS permission.",
    )


def _not_theirs() -> SendRefused:
    return SendRefused(
        Refusal.INVALID_SENDER,
        "You cannot send from this number. Choose one of your own numbers.",
    )


def _no_sender() -> SendRefused:
    return SendRefused(
        Refusal.NO_SENDER,
        "There is no number to send from. Ask an admin to set one up in Message Settings.",
    )
