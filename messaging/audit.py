"""What the audit trail tells of a tenant's own tables; see tenants.audit."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry
from auditlog.signals import pre_log
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.db.models.signals import m2m_changed, pre_save
from django.dispatch import receiver

from messaging.models import (
    AdvancedRoute,
    AutoReply,
    Broadcast,
    BusinessHours,
    ConsentTexts,
    Contact,
    Erasure,
    Extension,
    Holiday,
    InboundRule,
    InboundTarget,
    MessageSetting,
    OptOut,
    OutboundRoute,
    OutboundRule,
    RingGroup,
    SendingPolicy,
    SmsConfiguration,
    Template,
)
from tenants.audit import Action, note, register
from tenants.models import WebhookEndpoint
from tenants.schema import tenant_connection

register(
    SmsConfiguration,
    [
        "name",
        "trunk",
        "sender_id",
        "account_id",
        "application_id",
        "auth_method",
        "username",
        "enabled",
        "segments_per_second",
        "queue_seconds",
    ],
    secrets=["password"],
)
register(
    MessageSetting,
    [
        "phone_number",
        "provider",
        "extension",
        "other_extensions",
        "ring_group",
        "email",
        "description",
        "enabled",
    ],
)
register(RingGroup, ["number", "name", "members"])
register(Extension, ["number", "name", "email", "sms_permission"])
register(OptOut, ["number", "our_number", "source"])
register(
    ConsentTexts,
    ["stop_text", "start_text", "help_text", "answers_stop", "answers_start", "answers_help"],
)
register(AutoReply, ["name", "kind", "enabled", "our_number", "text", "hours", "window_hours"])
register(Template, ["title", "text", "owner"])
register(
    SendingPolicy,
    ["unregistered", "quiet_hours", "quiet_from", "quiet_until", "expire_hours", "sender_name"],
)
register(Broadcast, ["name", "our_number", "text", "state", "scheduled_at"])
register(Erasure, ["hint"])
register(Contact, ["number", "name", "company", "email", "tags", "notes"])
register(BusinessHours, ["name", "week", "is_default"])
register(Holiday, ["name", "first_day", "last_day", "every_year"])
register(
    InboundRule,
    ["name", "enabled", "trunk", "did_first", "did_last", "caller_mask", "hours", "holidays"],
)
register(
    AdvancedRoute,
    ["rule", "name", "priority", "years", "months", "days", "weekdays", "times"],
)
register(
    InboundTarget,
    [
        "rule",
        "when",
        "advanced",
        "kind",
        "extension",
        "ring_group",
        "email",
        "range_first",
        "range_last",
    ],
)
register(
    OutboundRule,
    [
        "name",
        "enabled",
        "priority",
        "number_prefixes",
        "extensions",
        "user_groups",
        "lengths",
        "hours",
        "strategy",
    ],
)
register(
    OutboundRoute,
    ["rule", "position", "enabled", "configuration", "sender", "strip", "prepend"],
)
register(WebhookEndpoint, [], secrets=["callback_username", "callback_password"])


_SEVERAL: dict[type[Model], str] = {
    MessageSetting.other_extensions.through: "other_extensions",
    InboundRule.holidays.through: "holidays",
    OutboundRule.user_groups.through: "user_groups",
}


@receiver(m2m_changed, dispatch_uid="messaging.audit.several")
def _note_several(
    sender: type[Model],
    instance: Model,
    action: str,
    pk_set: set[int] | None,
    **kwargs: Any,
) -> None:
    """Tell which rows were chosen before and after; auditlog's own form tells no such pair."""
    name = _SEVERAL.get(sender)
    if name is None or kwargs["reverse"] or action not in ("post_add", "post_remove", "pre_clear"):
        return
    chosen = {row.pk: str(row) for row in getattr(instance, name).all()}
    before = after = chosen
    if action == "pre_clear":
        after = {}
    elif action == "post_add":
        before = {key: word for key, word in chosen.items() if key not in (pk_set or ())}
    else:
        gone = kwargs["model"]._default_manager.filter(pk__in=pk_set or ())
        before = chosen | {row.pk: str(row) for row in gone}
    pair = tuple(", ".join(sorted(words.values())) for words in (before, after))
    note(instance, Action.CHANGED, changes={name: (pair[0], pair[1])})


def _configuration_of(endpoint_id: Any) -> SmsConfiguration | None:
    if tenant_connection.schema_name == "public":
        return None
    return SmsConfiguration.objects.filter(endpoint_id=endpoint_id).first()


@receiver(pre_log, sender=WebhookEndpoint, dispatch_uid="messaging.audit.endpoint")
def _is_of_a_configuration(
    sender: type[Model], instance: WebhookEndpoint, action: int, **kwargs: Any
) -> bool:
    # It comes and goes with its configuration, whose entry tells of that.
    return action == Action.CHANGED and _configuration_of(instance.pk) is not None


@receiver(pre_save, sender=LogEntry, dispatch_uid="messaging.audit.endpoint")
def _name_the_configuration(sender: type[LogEntry], instance: LogEntry, **kwargs: Any) -> None:
    """Let the callback's credentials be told of the configuration they belong to."""
    endpoints = ContentType.objects.get_for_model(WebhookEndpoint)
    if instance.pk is not None or instance.content_type_id != endpoints.pk:
        return
    configuration = _configuration_of(instance.object_id)
    if configuration is not None:
        instance.content_type = ContentType.objects.get_for_model(SmsConfiguration)
        instance.object_id = configuration.pk
        instance.object_pk = str(configuration.pk)
        instance.object_repr = str(configuration)
