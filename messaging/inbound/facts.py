"""What routing needs to know of a tenant for a batch of texts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django_tenants.utils import quote_schema_name

from tenants.models import RoutingStamp, Tenant

_STANDING = """
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
    EXISTS (SELECT FROM {schema}.messaging_inboundrule WHERE enabled),
    EXISTS (SELECT FROM {schema}.messaging_autoreply WHERE enabled),
    EXISTS (SELECT FROM {schema}.messaging_pushsubscription)
"""
_MET = """
SELECT
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
    )::text
"""
# Of so many tenants it is kept, and of one of them for so many numbers.
_MOST_TENANTS = 5000
_MOST_NUMBERS = 200


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
class Standing:
    """What a tenant has set up: the same for text after text."""

    settings: Mapping[int, Setting]  # by the number's key
    accounts: Mapping[int, Account]  # by the endpoint's
    has_rules: bool
    has_auto_replies: bool
    has_devices: bool
    numbers: frozenset[int]  # those that it was read for, with settings or without
    endpoints: frozenset[int]
    noted: dict[int, datetime]  # when an account's last text was noted since it was read

    def tells_of(self, numbers: Collection[int], endpoints: Collection[int]) -> bool:
        """Tell whether these were looked up."""
        return self.numbers.issuperset(numbers) and self.endpoints.issuperset(endpoints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What of a batch of texts is there already."""

    threads: Mapping[tuple[str, str], Thread]  # by our number and the others'
    known: frozenset[str]  # the carrier's ids of texts


NOTHING = Met(threads={}, known=frozenset())

_settings = msgspec.json.Decoder(list[Setting])
_accounts = msgspec.json.Decoder(list[Account])
_threads = msgspec.json.Decoder(list[Thread])
_known = msgspec.json.Decoder(list[str])

_kept: OrderedDict[int, tuple[UUID, Standing]] = OrderedDict()  # by tenant, the latest used last
_keeping = Lock()


def standing(tenant: Tenant, *, numbers: Set[int], endpoints: Set[int]) -> Standing:
    """Return what is set up for these numbers and endpoints.

    It is read once for all texts until the tenant's stamp changes; `tenant` comes with the stamp
    of this transaction.
    """
    row: RoutingStamp | None = getattr(tenant, "routing_stamp", None)
    if row is None:
        return _read_standing(tenant.schema_name, numbers, endpoints)
    with _keeping:
        stamp, kept = _kept.get(tenant.pk, (None, None))
        if stamp != row.stamp:
            kept = None
        if kept is not None and kept.tells_of(numbers, endpoints):
            _kept.move_to_end(tenant.pk)
            return kept
    if kept is not None and len(kept.numbers) + len(kept.endpoints) < _MOST_NUMBERS:
        numbers, endpoints = numbers | kept.numbers, endpoints | kept.endpoints
    found = _read_standing(tenant.schema_name, numbers, endpoints)
    with _keeping:
        _kept[tenant.pk] = row.stamp, found
        _kept.move_to_end(tenant.pk)
        if len(_kept) > _MOST_TENANTS:
            _kept.popitem(last=False)
    return found


def forget() -> None:
    """Know nothing of any tenant."""
    with _keeping:
        _kept.clear()


def _read_standing(schema_name: str, numbers: Set[int], endpoints: Set[int]) -> Standing:
    values = {"numbers": list(numbers), "endpoints": list(endpoints)}
    settings, accounts, has_rules, has_auto_replies, has_devices = _row(
        _standing_of(schema_name), values
    )
    return Standing(
        settings={each.phone_number_id: each for each in _settings.decode(settings or "[]")},
        accounts={each.endpoint_id: each for each in _accounts.decode(accounts or "[]")},
        has_rules=has_rules,
        has_auto_replies=has_auto_replies,
        has_devices=has_devices,
        numbers=frozenset(numbers),
        endpoints=frozenset(endpoints),
        noted={},
    )


def met(schema_name: str, *, parties: Collection[tuple[str, str]], keys: Collection[str]) -> Met:
    """Read which of these threads and texts are there."""
    values: dict[str, Any] = {
        "ours": [ours for ours, _ in parties],
        "others": [others for _, others in parties],
        "keys": list(keys),
    }
    threads, known = _row(_met_of(schema_name), values)
    return Met(
        threads={
            (each.our_number, each.participants_key): each
            for each in _threads.decode(threads or "[]")
        },
        known=frozenset(_known.decode(known or "[]")),
    )


def _row(statement: str, values: Mapping[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


@lru_cache(maxsize=200)
def _standing_of(schema_name: str) -> str:
    return _STANDING.format(schema=quote_schema_name(schema_name))


@lru_cache(maxsize=2000)
def _met_of(schema_name: str) -> str:
    return _MET.format(schema=quote_schema_name(schema_name))
