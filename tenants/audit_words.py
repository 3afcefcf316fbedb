"""Entries of the audit trail in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db.models import CharField, DateTimeField, Field, Model, Value
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst

from tenants.audit import MASK, Action

SYSTEM = "The system"
_KINDS = {"tenants.apikey": "API key", "tenants.phonenumber": "Phone number"}
_LABELS = {
    "is_active": "active",
    "is_main": "main number",
    "is_system_admin": "system admin",
    "messaging_enabled": "messaging",
    "timezone": "time zone",
    "revoked_at": "revoked",
    "accepted_at": "accepted",
}
_NOTHING = "–"  # noqa: RUF001  # what people read


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field's change; the values are as people read them."""

    field: str
    label: str
    before: str
    after: str
    is_secret: bool

    def told(self, action: int) -> str:
        """Tell the change in a few words."""
        if self.is_secret:
            return "set" if action == Action.ADDED else "changed"
        if action == Action.ADDED:
            return self.after or _NOTHING
        if action == Action.REMOVED:
            return self.before or _NOTHING
        return f"{self.before or _NOTHING} → {self.after or _NOTHING}"


def kinds() -> list[tuple[str, str]]:
    """Return key and name of every kind of row that is recorded, by name."""
    named = [(key_of(model), kind_name(model)) for model in auditlog.get_models()]
    return sorted(named, key=lambda kind: kind[1].lower())


def key_of(model: type[Model]) -> str:
    """Name a kind for addresses and the API, such as `messaging.extension`."""
    return str(model._meta.label_lower)


def kind_name(model: type[Model] | None) -> str:
    """Name a kind for people."""
    if model is None:
        return "Something of an earlier version"
    return _KINDS.get(key_of(model)) or str(capfirst(str(model._meta.verbose_name)))


def model_of(key: str) -> type[Model] | None:
    """Return the recorded model of a kind's key."""
    try:
        model: type[Model] = apps.get_model(key)
    except (LookupError, ValueError):
        return None
    return model if auditlog.contains(model) else None


def content_type_of(key: str) -> ContentType | None:
    """Return what entries of the kind are filed under."""
    model = model_of(key)
    return ContentType.objects.get_for_model(model) if model else None


def action_name(action: int) -> str:
    """Name what became of the row."""
    return {Action.ADDED: "Added", Action.CHANGED: "Changed", Action.REMOVED: "Removed"}.get(
        Action(action), "Changed"
    )


def who(entry: LogEntry) -> str:
    """Name who did it, by name and address as they are now, or by the address they had."""
    if entry.actor is None:
        return entry.actor_email or SYSTEM
    name, email = entry.actor.name, entry.actor.email
    return f"{name} ({email})" if name else str(email)


def was_switched_in(entry: LogEntry) -> bool:
    """Tell whether a system admin did it inside a tenant."""
    return bool((entry.additional_data or {}).get("switched_in"))


def key_hint(entry: LogEntry) -> str:
    """Return the first letters of the API key it was done with, or ""."""
    return str((entry.additional_data or {}).get("api_key", ""))


def reason(entry: LogEntry) -> str:
    """Return why it was done, where a reason was given."""
    return str((entry.additional_data or {}).get("reason", ""))


def changes_of(entry: LogEntry) -> list[Change]:
    """Return the entry's changes, in the order of the model's fields."""
    model = entry.content_type.model_class()
    changes = entry.changes or {}
    order = {field.name: place for place, field in enumerate(model._meta.fields)} if model else {}
    return [
        _change(model, name, *changes[name])
        for name in sorted(changes, key=lambda name: (order.get(name, len(order)), name))
    ]


def summary(entry: LogEntry) -> str:
    """Tell all changes on one line."""
    told = [f"{change.label}: {change.told(entry.action)}" for change in changes_of(entry)]
    if why := reason(entry):
        told.append(f"reason: {why}")
    return "; ".join(told)


def existing(entries: Iterable[LogEntry], *, tenant_id: int | None) -> set[tuple[str, int]]:
    """Return kind and key of the rows that are still there, by one query for all kinds.

    Of the public schema's rows a tenant finds its own only.
    """
    keys: dict[type[Model], set[int]] = {}
    for entry in entries:
        model = entry.content_type.model_class()
        if model is not None and entry.object_id is not None:
            keys.setdefault(model, set()).add(entry.object_id)
    queries = []
    for model, ids in keys.items():
        rows = model._default_manager.filter(pk__in=ids).order_by()
        if tenant_id is not None and model._meta.app_label == "tenants":
            owner = "pk" if model._meta.model_name == "tenant" else "tenant_id"
            rows = rows.filter(**{owner: tenant_id})
        kind = Value(key_of(model), output_field=CharField())
        queries.append(rows.annotate(audited_kind=kind).values_list("audited_kind", "pk"))
    if not queries:
        return set()
    return set(queries[0].union(*queries[1:], all=True))


def _change(model: type[Model] | None, name: str, before: Any, after: Any) -> Change:
    field = _field(model, name)
    label = _LABELS.get(name) or str(getattr(field, "verbose_name", name.replace("_", " ")))
    return Change(
        field=name,
        label=label,
        before=_value(field, before),
        after=_value(field, after),
        is_secret=MASK in (before, after),
    )


def _field(model: type[Model] | None, name: str) -> Field[Any, Any] | None:
    try:
        found: Any = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None


def _value(field: Field[Any, Any] | None, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, DateTimeField):
        return _time(str(value))
    return str(value)


def _time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return date_format(timezone.localtime(aware), "DATETIME_FORMAT")
