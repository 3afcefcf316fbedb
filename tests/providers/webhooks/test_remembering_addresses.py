"""Addresses are remembered for seconds, and a change of one is in force at once."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.configurations import delete_configuration, save_configuration
from messaging.models import SmsConfiguration
from providers import door_news, doors
from providers.doors import NoSuchAddress, find_door
from tenants.endpoints import token_hash
from tenants.models import Tenant, Trunk


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tokens that the database was asked for."""
    asked: list[str] = []
    find = doors.find_endpoint

    def count(token: str) -> Any:
        asked.append(token)
        return find(token)

    monkeypatch.setattr(doors, "find_endpoint", count)
    return asked


@pytest.fixture
def token(acme_configuration: SmsConfiguration) -> str:
    return acme_configuration.webhook_url.rsplit("/", 1)[-1]


def test_an_address_is_looked_up_once(token: str, lookups: list[str]) -> None:
    assert find_door("bandwidth", token) is find_door("bandwidth", token)
    assert lookups == [token]
    with pytest.raises(NoSuchAddress):
        find_door("twilio", token)


def test_no_password_is_remembered(token: str) -> None:
    assert "cb-Canary" not in repr(find_door("bandwidth", token))
    (pair,) = find_door("bandwidth", token).credentials
    assert not hasattr(pair, "password")


def test_an_unknown_address_is_looked_up_once_and_forgotten_before_memory_fills(
    db: None, lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "_unknown", doors._Memory(most=2))
    for token in ("x", "x", "y", "z", "z", "x"):
        with pytest.raises(NoSuchAddress):
            find_door("bandwidth", token)
    assert lookups == ["x", "y", "z", "x"]


def test_a_change_is_in_force_at_once_and_told_to_others(
    token: str,
    acme: Tenant,
    acme_configuration: SmsConfiguration,
    inside: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    told: list[bytes | None] = []
    monkeypatch.setattr(door_news, "tell", told.append)
    old = find_door("bandwidth", token).credentials
    with inside(acme), django_capture_on_commit_callbacks(execute=True):
        save_configuration(acme_configuration, callback_password="another")
        new = find_door("bandwidth", token).credentials
    assert new != old
    assert told == [token_hash(token)]
    with inside(acme), django_capture_on_commit_callbacks(execute=True):
        delete_configuration(acme_configuration)
    with pytest.raises(NoSuchAddress):
        find_door("bandwidth", token)
    assert told == [token_hash(token)] * 2


def test_a_trunk_of_another_carrier_closes_its_addresses(token: str, trunk: Trunk) -> None:
    find_door("bandwidth", token)
    trunk.provider = "memory"
    trunk.save()
    with pytest.raises(NoSuchAddress):
        find_door("bandwidth", token)


def test_what_changed_while_it_was_looked_up_is_not_remembered(
    token: str, lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = doors.find_endpoint

    def slow(asked: str) -> Any:
        found = find(asked)
        doors.forget(token_hash(asked))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(doors, "find_endpoint", slow)
        find_door("bandwidth", token)
    find_door("bandwidth", token)
    assert lookups == [token, token]


def test_what_changed_just_before_it_is_kept_is_not_remembered(
    token: str, lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = doors._known.keep

    def late(*entry: Any) -> None:
        doors.forget(token_hash(token))
        keep(*entry)

    with monkeypatch.context() as patch:
        patch.setattr(doors._known, "keep", late)
        find_door("bandwidth", token)
    find_door("bandwidth", token)
    assert lookups == [token, token]


@pytest.mark.parametrize(
    ("data", "key"), [("0aff", b"\x0a\xff"), ("*", None), ("odd", None)], ids=str
)
def test_news_name_an_address_or_all(data: str, key: bytes | None) -> None:
    assert door_news._key_of(data) == key
