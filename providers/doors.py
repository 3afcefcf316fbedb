"""Which address a webhook came in by, remembered for some seconds: events come in crowds.

A change is in force at once where it was made, elsewhere when the news of it arrives, and without
Valkey by the time the memory ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from providers import door_news
from providers.base import Provider
from providers.deadline import within
from providers.registry import UnknownProvider, platform_webhook_credentials, provider_class
from providers.strangers import Strangers
from providers.types import WebhookCredentials
from tenants.endpoints import address_changed, all_hashes, find_endpoint, token_hash
from tenants.models import Trunk, WebhookEndpoint

_SECONDS = 5.0
_MOST = 10_000
_MOST_UNKNOWN = 1_000  # anybody may ask for any address


class NoSuchAddress(LookupError):
    """The path stands for no configuration of this carrier."""


class NotRemembered(LookupError):
    """Only the database can say what the path stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Address an event came in by: a tenant's endpoint, or the platform's (no endpoint)."""

    provider: str
    carrier: type[Provider]
    endpoint_id: int | None
    tenant_id: int | None
    credentials: Sequence[WebhookCredentials]


class _Memory:
    """What was looked up lately, by the hash of the token; the oldest leaves for the newest."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._found: dict[bytes, tuple[float, Door | None]] = {}

    def recall(self, key: bytes) -> tuple[float, Door | None] | None:
        """Return when the entry ends, and the door."""
        entry = self._found.get(key)
        return entry if entry is not None and entry[0] > time.monotonic() else None

    def keep(self, key: bytes, door: Door | None, seconds: float = _SECONDS) -> None:
        with self._lock:
            self._found.pop(key, None)
            while len(self._found) >= self._most:
                del self._found[next(iter(self._found))]
            self._found[key] = (time.monotonic() + seconds, door)

    def forget(self, key: bytes | None) -> None:
        with self._lock:
            if key is None:
                self._found.clear()
            else:
                self._found.pop(key, None)


_known = _Memory(most=_MOST)
_unknown = _Memory(most=_MOST_UNKNOWN)
_strangers = Strangers(all_hashes)
_changes = 0


def find_door(provider: str, token: str | None) -> Door:
    """Return the door of an address; token None = the platform account's own.

    Raises NoSuchAddress, or when it is not known TooSlow, where the database does not say in time,
    or TooManyStrangers.
    """
    return _checked(provider, _platform_door(provider) if token is None else _endpoint_door(token))


def remembered_door(provider: str, token: str | None) -> Door:
    """Return the door of an address without asking anybody.

    Raises NoSuchAddress, or NotRemembered: `find_door` is to be asked.
    """
    if token is None:
        return _checked(provider, _platform_door(provider))
    entry = _remembered(token_hash(token))
    if entry is None:
        raise NotRemembered
    return _checked(provider, entry[1])


def forget(key: bytes | None = None) -> None:
    """Look an endpoint up anew when it is asked for next; None = all of them."""
    global _changes  # noqa: PLW0603  # of this process
    # What is being looked up meanwhile may be the old state, and is not to be kept.
    _changes += 1
    _known.forget(key)
    _unknown.forget(key)


def _heard(key: bytes | None) -> None:
    """Take another process's word for a change: the address may be a new one."""
    if key is not None:
        _strangers.greet(key)
    forget(key)


def _checked(provider: str, door: Door | None) -> Door:
    if door is None or door.provider != provider:
        raise NoSuchAddress
    return door


def _remembered(key: bytes) -> tuple[float, Door | None] | None:
    return _known.recall(key) or _unknown.recall(key)


def _platform_door(provider: str) -> Door | None:
    # Without a platform account the address does not exist.
    if provider != "bandwidth" or not settings.BANDWIDTH_ACCOUNT_ID:
        return None
    return Door(
        provider=provider,
        carrier=provider_class(provider),
        endpoint_id=None,
        tenant_id=None,
        credentials=platform_webhook_credentials(),
    )


def _endpoint_door(token: str) -> Door | None:
    key = token_hash(token)
    entry = _remembered(key)
    if entry is not None:
        return entry[1]
    if settings.WEBHOOK_DEADLINE is not None:
        door_news.listen(_heard)
    before = _changes
    with _strangers.gate(key):
        door, seconds = within(settings.WEBHOOK_DEADLINE, partial(_look_up, token))
    memory = _unknown if door is None else _known
    memory.keep(key, door, seconds)
    if before != _changes:  # asked last, or a change just before `keep` would go unnoticed
        memory.forget(key)
    return door


def _look_up(token: str) -> tuple[Door | None, float]:
    """Return the door, and for how many seconds it may be remembered."""
    _strangers.learn()
    endpoint = find_endpoint(token)
    if endpoint is None:
        return None, _SECONDS
    _strangers.greet(token_hash(token))
    username, password = endpoint.callback_username, endpoint.callback_password
    pair = WebhookCredentials(username=username, password=password)
    try:
        carrier = provider_class(endpoint.provider)
    except UnknownProvider:
        return None, _SECONDS
    door = Door(
        provider=endpoint.provider,
        carrier=carrier,
        endpoint_id=endpoint.pk,
        tenant_id=endpoint.tenant_id,
        credentials=[pair] if username else [],
    )
    return door, min(_SECONDS, _seconds_left(endpoint, token))


def _seconds_left(endpoint: WebhookEndpoint, token: str) -> float:
    until = endpoint.previous_until
    if until is None or bytes(endpoint.token_hash) == token_hash(token):
        return _SECONDS
    return (until - timezone.now()).total_seconds()


@receiver([post_save, post_delete], sender=WebhookEndpoint, dispatch_uid="providers.doors.endpoint")
def _endpoint_changed(instance: WebhookEndpoint, **kwargs: Any) -> None:
    _changed(bytes(instance.token_hash))
    if instance.previous_token_hash is not None:
        _changed(bytes(instance.previous_token_hash))


@receiver(address_changed, dispatch_uid="providers.doors.address")
def _address_changed(key: bytes, **kwargs: Any) -> None:
    _changed(key)


@receiver(post_save, sender=Trunk, dispatch_uid="providers.doors.trunk")
def _trunk_changed(created: bool, **kwargs: Any) -> None:  # noqa: FBT001  # the signal's signature
    if not created:
        _changed(None)


def _changed(key: bytes | None) -> None:
    """Forget now and after the commit: until then others look the old state up."""
    forget(key)
    transaction.on_commit(partial(_heard, key))
    transaction.on_commit(partial(door_news.tell, key))
