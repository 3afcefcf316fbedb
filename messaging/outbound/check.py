"""Judging a message without sending it: what it would cost, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from messaging import segments
from messaging.content.advice import Advice, advise
from messaging.content.situation import kind_of_text, sender_name
from messaging.conversations import participants_key
from messaging.hours import quiet as quiet_hours
from messaging.models import Conversation
from messaging.outbound.clearance import check_messaging
from messaging.outbound.compose import Draft, compose, compose_apart, normal
from messaging.outbound.expiry import check_expiry
from messaging.outbound.individually import each_once
from messaging.outbound.refusals import SendRefused
from messaging.outbound.schedule import due_at
from messaging.outbound.senders import pick_line
from messaging.registration import caution
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
    caution: str = ""  # what may become of it although it is taken
    held_until: datetime | None = None  # by quiet hours


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
    scheduled_at: datetime | None = None,
    expires_at: datetime | None = None,
    ignore_quiet_hours: bool = False,
) -> Checked:
    """Do all that asking to send would do before it stores anything."""
    apart = individually and len(recipients) > 1
    refusal: SendRefused | None = None
    doubt, held = "", None
    sender_number, numbers = sender, tuple(recipients)
    now = timezone.now()
    try:
        check_messaging(tenant)
        line = pick_line(user, role, tenant, sender, to=recipients)
        sender_number = line.number
        drafts = (
            compose_apart(
                line,
                user=user,
                tenant=tenant,
                recipients=each_once(recipients, country=tenant.country),
                text=text,
                attachment_ids=attachment_ids,
            )
            if apart
            else [
                compose(
                    line,
                    user=user,
                    tenant=tenant,
                    recipients=recipients,
                    text=text,
                    attachment_ids=attachment_ids,
                )
            ]
        )
        numbers = tuple(n for draft in drafts for n in draft.recipients)
        doubt = caution(line.number, at_length=role >= Role.ADMIN)
        due = due_at(scheduled_at, now=now)
        check_expiry(expires_at, due=due, now=now)
        if not ignore_quiet_hours:
            held = _held_until(line.number, drafts, due or now, tenant)
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
        caution=doubt,
        held_until=held,
    )


def _held_until(
    our_number: str, drafts: Sequence[Draft], at: datetime, tenant: Tenant
) -> datetime | None:
    """Return when the last of them may go, by their recipients' clocks; None = all at `at`."""
    rules = quiet_hours.policy()
    if not rules.quiet_hours:
        return None
    keys = [participants_key(draft.recipients) for draft in drafts]
    threads = Conversation.objects.filter(our_number=our_number, participants_key__in=keys)
    last_in = dict(threads.values_list("participants_key", "last_inbound_at"))
    ends = [
        quiet_hours.end_of_quiet(draft.recipients, at, rules=rules, home=tenant.timezone)
        for draft, key in zip(drafts, keys, strict=True)
        if not quiet_hours.is_answer(last_in.get(key), at)
    ]
    return max((end for end in ends if end), default=None)
