"""What routing needs to know of a tenant for a batch of texts, read in one statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from django.db import connection
from django_tenants.utils import quote_schema_name

_FACTS = """
SELECT
    (
        SELECT json_agg(json_build_array(
            setting.phone_number_id, setting.provider_id, setting.enabled,
            setting.extension_id, extension.number, setting.email,
            setting.ring_group_id IS NOT NULL OR EXISTS (
                SELECT FROM {schema}.messaging_messagesetting_other_extensions other
                WHERE other.messagesetting_id = setting.id
            )
        ))
        FROM {schema}.messaging_messagesetting setting
        LEFT JOIN {schema}.messaging_extension extension ON extension.id = setting.extension_id
        WHERE setting.phone_number_id = ANY (%(numbers)s::bigint[])
    )::text,
    (
        SELECT json_agg(json_build_array(id, endpoint_id, last_inbound_at))
        FROM {schema}.messaging_smsconfiguration
        WHERE endpoint_id = ANY (%(endpoints)s::bigint[])
    )::text,
    (
        SELECT json_agg(json_build_array(
            thread.our_number, thread.participants_key, thread.id, thread.extension_id,
            thread.ring_group_id IS NOT NULL OR thread.shared_with <> '{{}}',
            thread.last_at, thread.last_status <> ''
        ))
        FROM {schema}.messaging_conversation thread
        JOIN unnest(%(ours)s::text[], %(others)s::text[]) AS parties(ours, others)
            ON thread.our_number = parties.ours AND thread.participants_key = parties.others
    )::text,
    (
        SELECT json_agg(provider_message_id)
        FROM {schema}.messaging_message
        WHERE direction = 'in' AND provider_message_id <> ''
            AND provider_message_id = ANY (%(keys)s::text[])
    )::text,
    EXISTS (SELECT FROM {schema}.messaging_inboundrule WHERE enabled),
    EXISTS (SELECT FROM {schema}.messaging_autoreply WHERE enabled),
    EXISTS (SELECT FROM {schema}.messaging_pushsubscription)
"""


class Setting(msgspec.Struct, frozen=True, array_like=True):
    """Message Settings of one number; `is_shared` = they name more than one extension."""

    phone_number_id: int
    provider_id: int | None
    enabled: bool
    extension_id: int | None
    extension: str | None
    email: str
    is_shared: bool


class Account(msgspec.Struct, frozen=True, array_like=True):
    """SMS/MMS configuration that texts came in by."""

    pk: int
    endpoint_id: int
    last_inbound_at: datetime | None


class Thread(msgspec.Struct, frozen=True, array_like=True):
    """Conversation that is there already; `is_shared` = several people see it."""

    our_number: str
    participants_key: str
    pk: int
    extension_id: int | None
    is_shared: bool
    last_at: datetime
    has_messages: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a batch of texts to one tenant meets there."""

    settings: Mapping[int, Setting]  # by the number's key
    accounts: Mapping[int, Account]  # by the endpoint's
    threads: Mapping[tuple[str, str], Thread]  # by our number and the others'
    known: frozenset[str]  # the carrier's ids of texts that are here already
    has_rules: bool
    has_auto_replies: bool
    has_devices: bool


_settings = msgspec.json.Decoder(list[Setting])
_accounts = msgspec.json.Decoder(list[Account])
_threads = msgspec.json.Decoder(list[Thread])
_known = msgspec.json.Decoder(list[str])


def read(
    schema_name: str,
    *,
    numbers: Collection[int],
    endpoints: Collection[int],
    parties: Collection[tuple[str, str]],
    keys: Collection[str],
) -> Facts:
    """Read the facts about these numbers, endpoints, threads and ids."""
    values: dict[str, Any] = {
        "numbers": list(numbers),
        "endpoints": list(endpoints),
        "ours": [ours for ours, _ in parties],
        "others": [others for _, others in parties],
        "keys": list(keys),
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(schema_name), values)
        row: Any = cursor.fetchone()
    settings, accounts, threads, known, has_rules, has_auto_replies, has_devices = row
    return Facts(
        settings={each.phone_number_id: each for each in _settings.decode(settings or "[]")},
        accounts={each.endpoint_id: each for each in _accounts.decode(accounts or "[]")},
        threads={
            (each.our_number, each.participants_key): each
            for each in _threads.decode(threads or "[]")
        },
        known=frozenset(_known.decode(known or "[]")),
        has_rules=has_rules,
        has_auto_replies=has_auto_replies,
        has_devices=has_devices,
    )


@lru_cache(maxsize=2000)
def _statement(schema_name: str) -> str:
    return _FACTS.format(schema=quote_schema_name(schema_name))
