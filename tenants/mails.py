"""Mails about accounts: invitations, and links to set a new password."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from allauth.account import app_settings as allauth_settings
from allauth.account.utils import user_pk_to_url_str
from celery import current_app
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from kombu.exceptions import OperationalError

from tenants import invitations
from tenants.links import absolute, public_path
from tenants.models import Invitation, User

logger = logging.getLogger(__name__)

RESET_TASK = "tenants.mail_reset_link"


def mail_invitation(invitation_id: int) -> None:
    """Mail a new link to the invited person.

    Raises SMTPException or OSError; the sweep tries again.
    """
    claimed = invitations.claim_for_mail(invitation_id)
    if claimed is None:
        return
    invitation, token = claimed
    try:
        _invitation_mail(invitation, token).send()
    except (SMTPException, OSError):
        invitations.mail_failed(invitation)
        raise


def request_reset_link(user: User) -> bool:
    """Have a link to set a new password mailed to the person; False while the queue is down."""
    try:
        current_app.send_task(RESET_TASK, args=[user.pk], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("reset link not queued: %s", type(error).__name__)
        return False
    return True


def mail_reset_link(user_id: int) -> None:
    """Mail the link that the sign-in's "Forgot your password?" mails too."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    token = allauth_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    path = public_path(
        "account_reset_password_from_key", uidb36=user_pk_to_url_str(user), key=token
    )
    context = {"password_reset_url": absolute(path), "by_admin": True}
    EmailMessage(
        subject="Set a new password",
        body=render_to_string("account/email/password_reset_key_message.txt", context).strip(),
        to=[user.email],
        headers={"Auto-Submitted": "auto-generated"},
    ).send()


def _invitation_mail(invitation: Invitation, token: str) -> EmailMessage:
    place = invitation.tenant.name if invitation.tenant else "the system portal of Trunkline"
    context = {
        "invitation": invitation,
        "place": place,
        "link": absolute(public_path("invite", token=token)),
    }
    # A name with a line break must not become a header of its own.
    return EmailMessage(
        subject=" ".join(f"You are invited to {place}".split())[:150],
        body=render_to_string("mail/invitation.txt", context).strip(),
        to=[invitation.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
