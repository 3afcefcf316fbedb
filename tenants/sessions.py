"""Ending the sessions and the second factors of a person, from outside."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import F
from django.dispatch import Signal

from tenants.account_trail import tell
from tenants.audit import change
from tenants.models import User

signed_out = Signal()  # sends `user`, whose sessions are all over


@transaction.atomic
def end_sessions(user: User) -> None:
    """Sign the person out everywhere, at once."""
    _sign_out(user)
    tell(user, "signed out everywhere")


@transaction.atomic
def reset_second_factor(user: User) -> None:
    """Forget app, passkeys and recovery codes; whoever is signed in signs in anew."""
    Authenticator.objects.filter(user=user).delete()
    _sign_out(user)
    tell(user, "two-step sign-in reset, signed out everywhere")


@transaction.atomic
def switch_off(user: User) -> None:
    """Close the account: pages, programs and mails of it are shut at once."""
    change(User.objects.filter(pk=user.pk), is_active=False)
    _sign_out(user)


def _sign_out(user: User) -> None:
    User.objects.filter(pk=user.pk).update(sign_out_count=F("sign_out_count") + 1)
    UserSession.objects.filter(user=user).delete()
    signed_out.send(User, user=user)
