"""Hints to open pages that a conversation changed; the pages fetch it by their usual views."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from messaging.hint_tokens import channel, read_token, token
from messaging.models import Conversation, Extension, RingGroupMember
from tenants.schema import tenant_connection

__all__ = ["hint", "hint_plain", "read_token", "token"]

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def connection_to_valkey() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.3, socket_connect_timeout=0.3)


def hint(conversation: Conversation, *, also: Iterable[int] = ()) -> None:
    """Tell the open pages of whoever sees the thread, after the commit.

    `also` are keys of extensions that saw it until now. A hint that is lost costs a poll's delay,
    no more.
    """
    schema = tenant_connection.schema_name
    told = {
        "conversation": conversation.pk,
        "extension": conversation.extension.number if conversation.extension else "",
    }
    others = _others(conversation, also)
    body = json.dumps({**told, "others": others} if others else told)
    transaction.on_commit(lambda: _publish(schema, body))


def hint_plain(schema_name: str, extensions: Mapping[int, str]) -> None:
    """Tell the open pages of threads that one extension sees, or nobody but the admins.

    By the threads' keys: the extension's number, or "". All go in one request, after the commit.
    """
    bodies = [
        json.dumps({"conversation": key, "extension": number}) for key, number in extensions.items()
    ]
    transaction.on_commit(lambda: _publish_all(schema_name, bodies))


def hint_plain_of(schemas: Mapping[str, Mapping[int, str]]) -> None:
    """Do the same for several tenants, by their schemas' names, in one request for all."""
    hints = [
        (schema_name, json.dumps({"conversation": key, "extension": number}))
        for schema_name, extensions in schemas.items()
        for key, number in extensions.items()
    ]
    transaction.on_commit(lambda: _publish_each(hints))


def _others(conversation: Conversation, also: Iterable[int]) -> list[str]:
    keys, group = {*conversation.shared_with, *also}, conversation.ring_group_id
    if not keys and group is None:
        return []
    members = RingGroupMember.objects.filter(group=group).values("extension")
    found = Extension.objects.filter(Q(pk__in=keys) | Q(pk__in=members))
    return list(found.values_list("number", flat=True))


def _publish(schema_name: str, body: str) -> None:
    try:
        connection_to_valkey().publish(channel(schema_name), body)
    except (redis.RedisError, OSError) as error:
        logger.warning("live hint not sent: %s", type(error).__name__)


def _publish_all(schema_name: str, bodies: Sequence[str]) -> None:
    _publish_each([(schema_name, body) for body in bodies])


def _publish_each(hints: Sequence[tuple[str, str]]) -> None:
    try:
        pipeline = connection_to_valkey().pipeline(transaction=False)
        for schema_name, body in hints:
            pipeline.publish(channel(schema_name), body)
        pipeline.execute()
    except (redis.RedisError, OSError) as error:
        logger.warning("live hints not sent: %s", type(error).__name__)
