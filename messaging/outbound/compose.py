"""What a person typed, judged: recipients, text and files of a message to be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from messaging.consent.optouts import opted_out
from messaging.media.attachments import UPLOAD_LIMIT
from messaging.media.fitting import TOLL_FREE_BYTES, may_fit
from messaging.models import Attachment, Message
from messaging.outbound.lines import Line
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.plaintext import storable
from messaging.segments import utf16_units
from tenants.models import PhoneNumber, Tenant, User
from tenants.numbers import NotAPhoneNumber, for_people, kind_of, to_e164

MOST_RECIPIENTS = 10
MOST_UNITS = 2048
MOST_FILES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Message that may be sent as it is."""

    recipients: tuple[str, ...]
    text: str
    attachments: tuple[Attachment, ...]

    @property
    def is_mms(self) -> bool:
        """Tell whether it goes as MMS; a group does, text only or not."""
        return bool(self.attachments) or len(self.recipients) > 1


def compose(
    line: Line,
    *,
    user: User,
    tenant: Tenant,
    recipients: Sequence[str],
    text: str,
    attachment_ids: Sequence[UUID],
) -> Draft:
    """Judge what is to be sent from the line.

    Raises SendRefused.
    """
    draft = Draft(
        recipients=_recipients(recipients, sender=line.number, country=tenant.country),
        text=_text(text),
        attachments=_attachments(attachment_ids, user),
    )
    _judge(draft, line, tenant)
    return draft


def compose_apart(
    line: Line,
    *,
    user: User,
    tenant: Tenant,
    recipients: Sequence[str],
    text: str,
    attachment_ids: Sequence[UUID],
) -> list[Draft]:
    """Judge what is to be sent to each of them alone; as many questions as for one.

    Raises SendRefused.
    """
    words, files = _text(text), _attachments(attachment_ids, user)
    drafts = [
        Draft(
            recipients=_recipients([number], sender=line.number, country=tenant.country),
            text=words,
            attachments=files,
        )
        for number in recipients
    ]
    for draft in drafts:
        _judge_content(draft, line)
    numbers = [number for draft in drafts for number in draft.recipients]
    check_consent(line.number, numbers, country=tenant.country)
    return drafts


def recompose(line: Line, message: Message, *, text: str, tenant: Tenant) -> Draft:
    """Judge a stored message once more, with another text.

    Raises SendRefused.
    """
    draft = Draft(
        recipients=tuple(message.recipients.values_list("number", flat=True)),
        text=_text(text),
        attachments=tuple(message.attachments.all()),
    )
    _judge(draft, line, tenant)
    return draft


def _judge(draft: Draft, line: Line, tenant: Tenant) -> None:
    _judge_content(draft, line)
    check_consent(line.number, draft.recipients, country=tenant.country)


def _judge_content(draft: Draft, line: Line) -> None:
    if not draft.text.strip() and not draft.attachments:
        raise SendRefused(Refusal.EMPTY, "Write a text or attach a file.")
    if len(draft.recipients) > 1:
        check_group(line, draft.recipients)
    if line.is_toll_free:
        _check_toll_free(draft)


def check_consent(
    our_number: str,
    recipients: Sequence[str],
    *,
    country: str,
    asked: Callable[[str, Sequence[str]], set[str]] = opted_out,
) -> None:
    """Refuse while any recipient has opted out of texts from this number.

    Raises SendRefused.
    """
    refused = asked(our_number, recipients)
    for number in recipients:
        if number in refused:
            raise SendRefused(
                Refusal.OPTED_OUT,
                f"{for_people(number, country=country)} does not want texts from this number."
                " They can text START to it to change that.",
            )


def _recipients(typed: Sequence[str], *, sender: str, country: str) -> tuple[str, ...]:
    numbers: dict[str, None] = {}  # in the order typed, each once
    for text in typed:
        if not text.strip():
            continue
        try:
            numbers[to_e164(storable(text), country=country, short_codes=True)] = None
        except NotAPhoneNumber as error:
            raise SendRefused(Refusal.INVALID_RECIPIENT, str(error)) from error
    if not numbers:
        raise SendRefused(Refusal.NO_RECIPIENTS, "Enter the number to text to.")
    if sender in numbers:
        raise SendRefused(
            Refusal.INVALID_RECIPIENT, "A number cannot text to itself: enter another one."
        )
    return tuple(numbers)


def normal(typed: str) -> str:
    """Return the text as it is stored and sent."""
    # Browsers post forms with CR LF; each CR would count as a character and be seen by nobody.
    return storable(typed).replace("\r\n", "\n")


def _text(typed: str) -> str:
    text = normal(typed)
    units = utf16_units(text)
    if units > MOST_UNITS:
        raise SendRefused(
            Refusal.TOO_LONG,
            f"The text has {units} characters, carriers take {MOST_UNITS}. Shorten it.",
        )
    return text


def _attachments(ids: Sequence[UUID], user: User) -> tuple[Attachment, ...]:
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST_FILES:
        raise SendRefused(
            Refusal.INVALID_MEDIA, f"A message can carry {MOST_FILES} files. Remove some."
        )
    found = Attachment.objects.filter(message=None, uploaded_by_id=user.pk).in_bulk(wanted)
    if len(found) < len(wanted):
        raise unknown_file()
    attachments = tuple(found[key] for key in wanted)
    for attachment in attachments:
        if attachment.state != Attachment.State.READY:
            raise SendRefused(
                Refusal.MEDIA_NOT_READY, f"“{attachment.name}” is not ready. Attach it again."
            )
        if attachment.size > UPLOAD_LIMIT:
            raise SendRefused(
                Refusal.MEDIA_TOO_LARGE,
                f"“{attachment.name}” is larger than 3.5 MB, the most a carrier takes.",
            )
    return attachments


def unknown_file() -> SendRefused:
    """Word the refusal of a file that is not there, somebody else's, or sent already."""
    return SendRefused(Refusal.INVALID_MEDIA, "A file is no longer there. Attach it again.")


def check_group(line: Line, recipients: Sequence[str]) -> None:
    """Refuse a group that no carrier takes.

    Raises SendRefused.
    """
    problem = group_problem(line.number, recipients, kind=line.kind)
    if problem is not None:
        raise problem


def group_problem(
    our_number: str, recipients: Sequence[str], *, kind: PhoneNumber.Kind | None = None
) -> SendRefused | None:
    """Say why these cannot be texted as one group from the number; None when they can."""
    kinds = {kind, kind_of(our_number)}
    if PhoneNumber.Kind.TOLL_FREE in kinds:
        return SendRefused(
            Refusal.NO_GROUP,
            "Toll-free numbers cannot text to groups. Send individually, or from a local number.",
        )
    if PhoneNumber.Kind.SHORT_CODE in kinds:
        return SendRefused(
            Refusal.NO_GROUP,
            "Short codes cannot text to groups. Send individually, or from a local number.",
        )
    if len(recipients) > MOST_RECIPIENTS:
        return SendRefused(
            Refusal.TOO_MANY_RECIPIENTS,
            f"A group can have {MOST_RECIPIENTS} members, these are {len(recipients)}."
            " Send individually, or to some of them.",
        )
    if any(character.isalpha() for character in our_number):
        return SendRefused(
            Refusal.NO_GROUP,
            "Sender names cannot text to groups. Send individually, or from a local number.",
        )
    if any(kind_of(number) == PhoneNumber.Kind.SHORT_CODE for number in recipients):
        return SendRefused(
            Refusal.NO_GROUP,
            "A short code cannot be a member of a group. Send individually, or leave it out.",
        )
    return None


def _check_toll_free(draft: Draft) -> None:
    if kind_of(draft.recipients[0]) == PhoneNumber.Kind.SHORT_CODE:
        raise SendRefused(
            Refusal.INVALID_RECIPIENT,
            "Toll-free numbers cannot text to short codes. Send from a local number.",
        )
    if not may_fit(draft.attachments, TOLL_FREE_BYTES):
        raise SendRefused(
            Refusal.MEDIA_TOO_LARGE,
            "Files from a toll-free number may have 525 KB in all. Send smaller ones, or from a"
            " local number.",
        )
