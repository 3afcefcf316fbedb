"""What became of somebody's way in, in the platform's audit trail: that it did, no values."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.dispatch import receiver
from django_tenants.utils import schema_context

from tenants.audit import Action, note
from tenants.models import User

_FACTORS = {
    "totp": "authenticator app",
    "webauthn": "passkey",
    "recovery_codes": "recovery codes",
}


def tell(user: User, what: str) -> None:
    """Record a deed about the account; accounts are the platform's, wherever it was done."""
    with schema_context("public"):
        # Of a request it is a stand-in, whose class the trail does not know.
        note(User.objects.get(pk=user.pk), Action.CHANGED, reason=what)


class TellingSessions(DefaultUserSessionsAdapter):  # type: ignore[misc]  # allauth has no types
    """The page of one's sessions."""

    def end_sessions(self, sessions: Any) -> None:
        """End them, and record it."""
        ended = list(sessions)
        super().end_sessions(ended)
        for user in {session.user for session in ended}:
            tell(user, "other sessions ended")


@receiver(password_changed, dispatch_uid="tenants.account_trail.changed")
def _changed(sender: Any, user: User, **kwargs: Any) -> None:
    tell(user, "password changed")


@receiver(password_set, dispatch_uid="tenants.account_trail.set")
def _set(sender: Any, user: User, **kwargs: Any) -> None:
    tell(user, "password set")


@receiver(password_reset, dispatch_uid="tenants.account_trail.reset")
def _reset(sender: Any, user: User, **kwargs: Any) -> None:
    tell(user, "password set by a mailed link")


@receiver(authenticator_added, dispatch_uid="tenants.account_trail.added")
def _added(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    tell(user, f"two-step sign-in: {_factor(authenticator)} added")


@receiver(authenticator_removed, dispatch_uid="tenants.account_trail.removed")
def _removed(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    tell(user, f"two-step sign-in: {_factor(authenticator)} removed")


@receiver(authenticator_reset, dispatch_uid="tenants.account_trail.renewed")
def _renewed(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    tell(user, f"two-step sign-in: {_factor(authenticator)} made anew")


def _factor(authenticator: Authenticator) -> str:
    return _FACTORS.get(authenticator.type, str(authenticator.type))
