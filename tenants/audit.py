"""The audit trail: who changed what, from what to what.

`save()` and `delete()` of the models registered here and in messaging.audit are recorded by
themselves, in the schema that is current. What bypasses them (`update()`, `bulk_create()`) is
recorded by `change` or `note`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from auditlog.signals import post_log, pre_log
from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import pre_save
from django.dispatch import receiver

from tenants.actor import because, current_actor, current_reason
from tenants.models import ApiKey, Invitation, Membership, PhoneNumber, Tenant, Trunk, User
from tenants.schema import tenant_connection

__all__ = ["MASK", "Action", "because", "change", "is_recorded", "note", "register"]

MASK = "••••"
_PUBLIC = "public"

Changes = Mapping[str, tuple[Any, Any]]


class Action(IntEnum):
    """What became of a row."""

    ADDED = LogEntry.Action.CREATE
    CHANGED = LogEntry.Action.UPDATE
    REMOVED = LogEntry.Action.DELETE


def mask(value: str) -> str:
    """Stand in for a secret, whatever it is: the trail tells that it changed, and no more."""
    return MASK


def register(model: type[Model], fields: Iterable[str], *, secrets: Iterable[str] = ()) -> None:
    """Record changes of these fields; of secrets only that they changed."""
    auditlog.register(
        model,
        include_fields=[*fields, *secrets],
        mask_fields=list(secrets),
        mask_callable="tenants.audit.mask",
    )


def is_recorded(model: type[Model]) -> bool:
    """Tell whether changes of the model's rows are in the trail."""
    return bool(auditlog.contains(model))


def note(
    obj: Model, action: Action, *, changes: Changes | None = None, reason: str = ""
) -> LogEntry | None:
    """Record a change that no `save()` or `delete()` made; None when nothing of it is visible.

    `changes` maps a field's name to its value before and after; fields that are not registered
    are left out, secrets are masked.
    """
    fields = auditlog.get_model_fields(type(obj))
    told = {
        name: [mask(""), mask("")] if name in fields["mask_fields"] else [_plain(v) for v in pair]
        for name, pair in (changes or {}).items()
        if name in fields["include_fields"]
    }
    if action == Action.CHANGED and not _visible(told) and not reason:
        return None
    with because(reason or current_reason()):
        entry: LogEntry = LogEntry.objects.log_create(
            obj, force_log=True, action=int(action), changes=told
        )
    return entry


def change(rows: QuerySet[Any], *, reason: str = "", **values: Any) -> int:
    """Do what `rows.update(**values)` does, row by row, and record each; return how many.

    For a handful of rows. Each is changed only while it still is what `rows` asks for.
    """
    count = 0
    with transaction.atomic():
        for row in list(rows):
            before = {name: getattr(row, name) for name in values}
            if rows.filter(pk=row.pk).update(**values):
                count += 1
                pairs = {name: (before[name], value) for name, value in values.items()}
                for name, value in values.items():
                    setattr(row, name, value)
                note(row, Action.CHANGED, changes=pairs, reason=reason)
    return count


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str | list) else str(value)


def _visible(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: pair
        for name, pair in changes.items()
        # Nothing, "" and [] look the same to people.
        if MASK in pair or (pair[0] or None) != (pair[1] or None) or _is_switch(pair)
    }


def _is_switch(pair: Any) -> bool:
    return any(isinstance(value, bool) for value in pair) and pair[0] is not pair[1]


@receiver(pre_save, sender=LogEntry, dispatch_uid="tenants.audit.complete")
def _complete(sender: type[LogEntry], instance: LogEntry, **kwargs: Any) -> None:
    if instance.pk is not None:
        return
    instance.changes = _visible(instance.changes or {})
    more: dict[str, Any] = {}
    if actor := current_actor():
        instance.actor = actor.user
        instance.actor_email = actor.user.email
        instance.remote_addr = actor.ip
        if actor.is_switched_in:
            more["switched_in"] = True
        if actor.key_hint:
            more["api_key"] = actor.key_hint
    if reason := current_reason():
        more["reason"] = reason
    instance.additional_data = more or None


@receiver(post_log, dispatch_uid="tenants.audit.drop_invisible")
def _drop_invisible(
    sender: type[Model], log_entry: LogEntry | None, action: int, **kwargs: Any
) -> None:
    # auditlog takes None to "" for a change; its diff is known only when the entry is there.
    if log_entry is not None and action == Action.CHANGED and not log_entry.changes:
        log_entry.delete()


@receiver(pre_log, sender=User, dispatch_uid="tenants.audit.people")
def _is_of_the_platform(sender: type[Model], **kwargs: Any) -> bool:
    # An account belongs to the platform: a tenant's trail tells of the membership only.
    return tenant_connection.schema_name == _PUBLIC


register(
    Tenant,
    [
        "name",
        "slug",
        "timezone",
        "country",
        "is_active",
        "messaging_enabled",
        "hide_notification_text",
        "registration_confirmed",
    ],
)
register(User, ["email", "name", "is_system_admin", "is_active"])
register(Membership, ["user", "tenant", "role", "extension", "is_active"])
register(Invitation, ["email", "name", "tenant", "role", "extension", "accepted_at", "revoked_at"])
register(Trunk, ["name", "provider", "hostname", "tenant", "enabled"])
register(PhoneNumber, ["number", "trunk", "tenant", "kind", "registration", "is_main"])
register(ApiKey, ["name", "user", "tenant", "revoked_at"])
