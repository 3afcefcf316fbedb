"""Judging a message without sending it: what it would cost, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from messaging import segments
from messaging.content.advice import Advice, advise
from messaging.content.situation import kind_of_text, sender_name
from messaging.outbound.clearance import check_messaging
from messaging.outbound.compose import Draft, compose, normal
from messaging.outbound.individually import each_once
from messaging.outbound.refusals import SendRefused
from messaging.outbound.senders import pick_line
from tenants.models import Tenant, User
from tenants.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What would become of a message at this moment."""

    kind: str  # sms or mms
    encoding: str
    characters: int
    segments: int  # of one message; an MMS is one
    advice: tuple[Advice, ...]
    would_refuse: SendRefused | None


def check_message(
    *,
    user: User,
    role: Role,
    tenant: Tenant,
    sender: str,
    recipients: Sequence[str],
    text: str,
    attachment_ids: Sequence[UUID] = (),
    individually: bool = False,
) -> Checked:
    """Do all that asking to send would do before it stores anything."""
    apart = individually and len(recipients) > 1
    refusal: SendRefused | None = None
    sender_number, numbers = sender, tuple(recipients)
    try:
        check_messaging(tenant)
        line = pick_line(user, role, tenant, sender, to=recipients)
        sender_number = line.number
        groups = (
            [[n] for n in each_once(recipients, country=tenant.country)]
            if apart
            else [list(recipients)]
        )
        drafts: list[Draft] = [
            compose(
                line,
                user=user,
                tenant=tenant,
                recipients=group,
                text=text,
                attachment_ids=attachment_ids,
            )
            for group in groups
        ]
        numbers = tuple(n for draft in drafts for n in draft.recipients)
    except SendRefused as error:
        refusal = error
    is_mms = bool(attachment_ids) or (len(numbers) > 1 and not apart)
    plain = normal(text)
    measured = segments.measure(plain)
    return Checked(
        kind="mms" if is_mms else "sms",
        encoding=measured.encoding,
        characters=measured.characters,
        segments=1 if is_mms else measured.count,
        advice=advise(
            plain,
            sender_name=sender_name(tenant),
            kind=kind_of_text(sender_number, numbers, individually=individually),
            is_mms=is_mms,
        ),
        would_refuse=refusal,
    )
