"""Asking people in: a mailed link that works once, for whoever reads the mail of that address.

The link's token is made by the worker that mails it and kept as a hash only, so neither the page
of the admin who invites nor the queue ever holds it. The row is the queue: `sent_at` is empty until
the mail is out.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from tenants.audit import change
from tenants.keys import revoke_before_promotion
from tenants.memberships import find_account
from tenants.models import Invitation, Membership, Tenant, User

logger = logging.getLogger(__name__)

MAIL_TASK = "tenants.mail_invitation"
LIFETIME = timedelta(days=7)


class NotInvited(Exception):
    """The person cannot be invited; the text says why."""


class InvitationClosed(Exception):
    """The link was used, revoked or has expired, perhaps just now."""


class WrongAccount(Exception):
    """The invitation is for another e-mail address."""


class TenantSuspended(Exception):
    """The tenant takes nobody in at the moment."""


def hash_token(token: str) -> bytes:
    """Hash a token for storage; tokens are 256 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).digest()


def invite(
    email: str,
    *,
    tenant: Tenant | None,
    by: User | None,
    role: str = Membership.Role.EXTENSION,
    extension: str = "",
    name: str = "",
) -> Invitation:
    """Invite to a tenant or, without one, to run the platform; mail goes out after the commit.

    Raises NotInvited. Whether the address has an account is told to nobody.
    """
    email = email.strip().lower()
    reason = why_not(email, tenant)
    if reason:
        raise NotInvited(reason)
    now = timezone.now()
    try:
        with transaction.atomic():
            # One that ran out must not stand in the way of the next.
            change(_of(email, tenant).filter(expires_at__lte=now), revoked_at=now)
            invitation = Invitation.objects.create(
                email=email,
                name=name,
                tenant=tenant,
                role=role,
                extension=extension,
                invited_by=by,
                token_hash=_nobodys_token(),
                expires_at=now + LIFETIME,
            )
    except IntegrityError as error:
        raise NotInvited(_INVITED) from error
    request_mail(invitation.pk)
    return invitation


_INVITED = "This person is invited already: send that invitation again, or revoke it."


def why_not(email: str, tenant: Tenant | None) -> str:
    """Say why the address cannot be invited, or "" when it can; nothing about other tenants."""
    if _of(email, tenant).filter(expires_at__gt=timezone.now()).exists():
        return _INVITED
    person = find_account(email)
    if person is None:
        return ""
    if tenant is None:
        return "This person is a system admin already." if person.is_system_admin else ""
    is_member = person.memberships.filter(tenant=tenant).exists()
    return "This person is a member already." if is_member else ""


def send_again(invitation: Invitation) -> bool:
    """Mail a new link for another seven days; the old one is dead at once."""
    renewed = still_open(Invitation.objects.filter(pk=invitation.pk)).update(
        token_hash=_nobodys_token(), sent_at=None, expires_at=timezone.now() + LIFETIME
    )
    if renewed:
        request_mail(invitation.pk)
    return bool(renewed)


def revoke(invitation: Invitation) -> bool:
    """Make the link useless; False when it was used or revoked before."""
    closed = still_open(Invitation.objects.filter(pk=invitation.pk))
    return bool(change(closed, revoked_at=timezone.now()))


def still_open(invitations: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Keep those that were neither used nor revoked; they may have expired."""
    return invitations.filter(accepted_at=None, revoked_at=None)


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation of a link, whatever became of it."""
    found = Invitation.objects.select_related("tenant", "invited_by")
    return found.filter(token_hash=hash_token(token)).first()


def state_of(invitation: Invitation) -> str:
    """Name what became of it: `accepted`, `revoked`, `expired`, or `open`."""
    if invitation.accepted_at:
        return "accepted"
    if invitation.revoked_at:
        return "revoked"
    return "open" if invitation.expires_at > timezone.now() else "expired"


@transaction.atomic
def accept(invitation: Invitation, user: User) -> None:
    """Make the person what they were invited to be; their account stays as it is otherwise.

    Raises WrongAccount, TenantSuspended, InvitationClosed.
    """
    if user.email.lower() != invitation.email.lower():
        raise WrongAccount
    _claim(invitation)
    if invitation.tenant is None:
        if change(User.objects.filter(pk=user.pk, is_system_admin=False), is_system_admin=True):
            revoke_before_promotion(user)
        return
    # Somebody who was made a member meanwhile stays what they are.
    Membership.objects.get_or_create(
        user=user,
        tenant=invitation.tenant,
        defaults={"role": invitation.role, "extension": invitation.extension},
    )


def accept_as_new(invitation: Invitation, *, name: str, password: str) -> User:
    """Make the account of a new person and accept for them.

    Raises TenantSuspended, InvitationClosed; the latter too when the address has an account now.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email, password, name=name)
            accept(invitation, user)
    except IntegrityError as error:
        raise InvitationClosed from error
    user.refresh_from_db()
    return user


def request_mail(invitation_id: int) -> None:
    """Have the mail sent after the commit; when the queue is down the sweep asks again."""
    transaction.on_commit(lambda: _publish(invitation_id))


def sweep_unsent() -> None:
    """Ask again for mails nobody sent: the queue or the mail server was down."""
    now = timezone.now()
    waiting = still_open(Invitation.objects.filter(sent_at=None, expires_at__gt=now))
    late = waiting.filter(created_at__lt=now - timedelta(seconds=30)).order_by("pk")
    for invitation_id in late.values_list("pk", flat=True)[:50]:
        _publish(invitation_id)


def claim_for_mail(invitation_id: int) -> tuple[Invitation, str] | None:
    """Give the invitation a new token for its mail; None when it needs no mail any more."""
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    waiting = Invitation.objects.filter(pk=invitation_id, sent_at=None, expires_at__gt=now)
    if not still_open(waiting).update(token_hash=hash_token(token), sent_at=now):
        return None
    found = Invitation.objects.select_related("tenant", "invited_by")
    return found.get(pk=invitation_id), token


def mail_failed(invitation: Invitation) -> None:
    """Leave the mail to the sweep."""
    Invitation.objects.filter(pk=invitation.pk, token_hash=invitation.token_hash).update(
        sent_at=None
    )


def where_mail_goes() -> str:
    """Say where to look for mail while no mail server is set, or ""."""
    if settings.EMAIL_URL:
        return ""
    return "No mail server is set (EMAIL_URL): the mail is written to DATA_DIR/mail."


def _claim(invitation: Invitation) -> None:
    # One statement decides, so of two clicks at once one joins and the other is told.
    open_now = Invitation.objects.filter(
        pk=invitation.pk,
        token_hash=invitation.token_hash,
        accepted_at=None,
        revoked_at=None,
        expires_at__gt=timezone.now(),
    )
    if invitation.tenant and not Tenant.objects.filter(pk=invitation.tenant.pk, is_active=True):
        raise TenantSuspended
    if not change(open_now, accepted_at=timezone.now()):
        raise InvitationClosed


def _of(email: str, tenant: Tenant | None) -> QuerySet[Invitation]:
    return still_open(Invitation.objects.filter(email__iexact=email.strip(), tenant=tenant))


def _nobodys_token() -> bytes:
    return secrets.token_bytes(32)


def _publish(invitation_id: int) -> None:
    try:
        current_app.send_task(MAIL_TASK, args=[invitation_id], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("invitation not mailed yet: %s", type(error).__name__)
