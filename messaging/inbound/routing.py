"""Whose inbox and e-mail a number's texts reach."""

from __future__ import annotations

from dataclasses import dataclass

from messaging.models import Extension, MessageSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where the texts of one number go; no extension = the tenant admins' unassigned list."""

    extension: Extension | None
    email: str
    setting: MessageSetting | None


def route_for(our_number: str) -> Route:
    """Look up the number's Message Settings in the current tenant.

    A number without settings, or with settings that are switched off, leads nowhere: its texts
    are kept, unassigned and without e-mail, so that nothing is lost.
    """
    setting = (
        MessageSetting.objects.select_related("extension")
        .filter(phone_number__number=our_number)
        .first()
    )
    if setting is None or not setting.enabled:
        return Route(extension=None, email="", setting=setting)
    return Route(extension=setting.extension, email=setting.email, setting=setting)
