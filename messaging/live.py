"""Hints to open pages that a conversation changed; the pages fetch it by their usual views."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from functools import lru_cache

import redis
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q

from messaging.models import Conversation, Extension, RingGroupMember
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

CHANNEL_PREFIX = "trunkline:hints:"
TOKEN_SALT = "trunkline.events"  # noqa: S105  # a namespace, no secret
TOKEN_MAX_AGE = 12 * 60 * 60


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
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


def _others(conversation: Conversation, also: Iterable[int]) -> list[str]:
    keys, group = {*conversation.shared_with, *also}, conversation.ring_group_id
    if not keys and group is None:
        return []
    members = RingGroupMember.objects.filter(group=group).values("extension")
    found = Extension.objects.filter(Q(pk__in=keys) | Q(pk__in=members))
    return list(found.values_list("number", flat=True))


def _publish(schema_name: str, body: str) -> None:
    try:
        _client().publish(CHANNEL_PREFIX + schema_name, body)
    except (redis.RedisError, OSError) as error:
        logger.warning("live hint not sent: %s", type(error).__name__)


def token(schema_name: str, user_id: int, extension: str | None) -> str:
    """Sign who listens to what: None hears the whole tenant, an extension only its own."""
    return signing.dumps([schema_name, user_id, extension], salt=TOKEN_SALT, compress=True)


def read_token(text: str) -> tuple[str, int, str | None]:
    """Return (schema name, user id, extension) of a token.

    Raises signing.BadSignature when it is forged or older than twelve hours.
    """
    schema_name, user_id, extension = signing.loads(text, salt=TOKEN_SALT, max_age=TOKEN_MAX_AGE)
    return str(schema_name), int(user_id), extension
