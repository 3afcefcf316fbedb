"""The audit trail: who changed what, from what to what.

`save()` and `delete()` of the models registered here and in messaging.audit are recorded by
themselves, in the schema that is current. What bypasses them (`update()`, `bulk_create()`) is
recorded by `change`, `note_added`, `note_changed` or `note`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from auditlog.signals import post_log, pre_log
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import pre_save
from django.dispatch import Signal, receiver

from tenants.actor import because, current_actor, current_reason
from tenants.models import (
    ApiKey,
    Invitation,
    Membership,
    PhoneNumber,
    Tenant,
    ThroughputPreset,
    Trunk,
    User,
)
from tenants.schema import tenant_connection

__all__ = [
    "MASK",
    "Action",
    "because",
    "change",
    "is_recorded",
    "note",
    "note_added",
    "note_changed",
    "register",
    "rows_changed",
]

MASK = "••••"
rows_changed = Signal()  # sends `rows` as they are now, and the `names` of the fields changed
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
    with because(reason or current_reason()):
        made = _store([_entry(obj, action, changes or {})])
    return made[0] if made else None


def note_added(rows: Iterable[Model]) -> None:
    """Record rows that `bulk_create()` made."""
    _store([_entry(row, Action.ADDED, _values(row)) for row in rows])


def note_changed(rows: Iterable[tuple[Model, Model]]) -> None:
    """Record rows that `bulk_update()` changed, each as it was and as it is."""
    _store([_entry(row, Action.CHANGED, _differences(before, row)) for before, row in rows])


def change(rows: QuerySet[Any], *, reason: str = "", **values: Any) -> int:
    """Do what `rows.update(**values)` does and record it; return how many rows changed."""
    with transaction.atomic():
        # Locked, so that what was read is what is changed.
        found = list(rows.order_by("pk").select_for_update(of=("self",)))
        before = [{name: getattr(row, name) for name in values} for row in found]
        keys = [row.pk for row in found]
        count = int(rows.model._default_manager.filter(pk__in=keys).update(**values))
        entries = []
        for row, old in zip(found, before, strict=True):
            for name, value in values.items():
                setattr(row, name, value)
            pairs = {name: (old[name], value) for name, value in values.items()}
            entries.append(_entry(row, Action.CHANGED, pairs))
        with because(reason or current_reason()):
            _store(entries)
        rows_changed.send(rows.model, rows=found, names=frozenset(values))
    return count


def _entry(row: Model, action: Action, changes: Changes) -> LogEntry:
    fields = auditlog.get_model_fields(type(row))
    told = {
        name: [MASK, MASK] if name in fields["mask_fields"] else [_plain(value) for value in pair]
        for name, pair in changes.items()
        if name in fields["include_fields"]
    }
    return LogEntry(
        content_type=ContentType.objects.get_for_model(row),
        object_pk=str(row.pk),
        object_id=row.pk if isinstance(row.pk, int) else None,
        object_repr=str(row),
        action=int(action),
        changes=told,
    )


def _store(entries: list[LogEntry]) -> list[LogEntry]:
    shown = []
    for entry in entries:
        _complete(LogEntry, entry)
        worth = entry.changes or entry.action != Action.CHANGED or current_reason()
        if worth and _is_told_here(entry.content_type.model_class()):
            shown.append(entry)
    # bulk_create() sends no signal: the entries are complete.
    stored: list[LogEntry] = LogEntry.objects.bulk_create(shown, batch_size=500)
    return stored


def _values(row: Model) -> dict[str, tuple[Any, Any]]:
    fields = auditlog.get_model_fields(type(row))["include_fields"]
    return {name: (None, getattr(row, name)) for name in fields}


def _differences(before: Model, row: Model) -> dict[str, tuple[Any, Any]]:
    names = _values(row)
    pairs = {name: (getattr(before, name), getattr(row, name)) for name in names}
    return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


def _is_told_here(model: type[Model]) -> bool:
    # An account belongs to the platform: a tenant's trail tells of the membership only.
    return model is not User or tenant_connection.schema_name == _PUBLIC


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
    return _is_told_here(sender)


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
        "keep_messages_days",
        "keep_media_days",
        "keep_events_days",
        "keep_audit_days",
    ],
)
register(User, ["email", "name", "is_system_admin", "is_active"])
register(Membership, ["user", "tenant", "role", "extension", "is_active"])
register(Invitation, ["email", "name", "tenant", "role", "extension", "accepted_at", "revoked_at"])
register(Trunk, ["name", "provider", "hostname", "tenant", "enabled"])
register(
    PhoneNumber,
    [
        "number",
        "trunk",
        "tenant",
        "kind",
        "segments_per_second",
        "registration",
        "registration_note",
        "campaign_id",
        "is_main",
    ],
)
register(ApiKey, ["name", "user", "tenant", "revoked_at"])
register(ThroughputPreset, ["kind", "segments_per_second"])
