"""Ending the live hints of whoever is shut out, or hears of other threads from now on."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import redis
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from messaging.hint_tokens import ENDINGS, ENDINGS_KEY, TOKEN_MAX_AGE, channel
from messaging.live import connection_to_valkey
from tenants.audit import rows_changed
from tenants.models import Membership, Tenant, User
from tenants.sessions import signed_out

logger = logging.getLogger(__name__)

_OF_ACCOUNTS = frozenset({"is_active", "is_system_admin"})


def end(*, schema_name: str = "", person: int = 0) -> None:
    """End the open pages' hints after the commit: of a person, of a tenant, or of both alike.

    Without Valkey they end with their tokens.
    """
    transaction.on_commit(partial(_tell, json.dumps([schema_name, person])))


@receiver([post_save, post_delete], sender=Membership, dispatch_uid="messaging.endings.member")
def _membership_changed(instance: Membership, created: bool = False, **kwargs: Any) -> None:  # noqa: FBT001  # the signal's signature
    if not created:
        _end_of(instance)


@receiver([post_save, post_delete], sender=User, dispatch_uid="messaging.endings.person")
def _account_changed(
    instance: User,
    created: bool = False,  # noqa: FBT001
    update_fields: Iterable[str] | None = None,
    **kwargs: Any,
) -> None:
    if not created and (update_fields is None or _OF_ACCOUNTS.intersection(update_fields)):
        end(person=instance.pk)


@receiver(post_save, sender=Tenant, dispatch_uid="messaging.endings.tenant")
def _tenant_changed(instance: Tenant, **kwargs: Any) -> None:
    if not instance.is_active:
        end(schema_name=instance.schema_name)


@receiver(rows_changed, dispatch_uid="messaging.endings.rows")
def _rows_changed(rows: list[Any], names: frozenset[str], **kwargs: Any) -> None:
    for row in rows:
        if isinstance(row, Membership):
            _end_of(row)
        elif isinstance(row, User) and names & _OF_ACCOUNTS:
            end(person=row.pk)
        elif isinstance(row, Tenant):
            _tenant_changed(row)


@receiver(signed_out, dispatch_uid="messaging.endings.sessions")
def _signed_out(user: User, **kwargs: Any) -> None:
    end(person=user.pk)


def _end_of(membership: Membership) -> None:
    names = Tenant.objects.filter(pk=membership.tenant_id).values_list("schema_name", flat=True)
    for schema_name in names:
        end(schema_name=schema_name, person=membership.user_id)


def _tell(body: str) -> None:
    now = time.time()
    try:
        pipeline = connection_to_valkey().pipeline()
        pipeline.zadd(ENDINGS_KEY, {body: now})
        pipeline.zremrangebyscore(ENDINGS_KEY, "-inf", now - TOKEN_MAX_AGE)
        pipeline.expire(ENDINGS_KEY, TOKEN_MAX_AGE)
        pipeline.publish(channel(ENDINGS), json.dumps([body, now]))
        pipeline.execute()
    except (redis.RedisError, OSError) as error:
        logger.warning("live hints not ended: %s", type(error).__name__)
